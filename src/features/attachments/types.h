#pragma once

// Inside of the slice: what a file's name says of its kind, and whether its bytes agree.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"

namespace wardbook::s3 {
class Store;
}

namespace wardbook::attachments {

enum class Kind {
  pdf,
  jpeg,
  png,
  tiff,
  webp,
  heic,
  dicom,
  doc,
  docx,
  rtf,
  txt,
  csv,
  xml,
  json,
  hl7
};

/// A row of the table in types.cpp.
struct Type {
  std::string_view extension;
  Kind kind;
  std::string_view media;  ///< the usual media type
  std::string_view other;  ///< another one that means the same; empty: none
  bool text;
  bool compressible;
};

/// nullptr for a name that no allowed type has. One without an extension is a DICOM file's: CDs and
/// PACS have such (PS3.12), and numbers behind dots are part of a UID.
[[nodiscard]] const Type* type_of(std::string_view file_name);
/// Whether the name tells the kind by an extension.
[[nodiscard]] bool has_extension(std::string_view file_name);
/// How the type that a client declared is kept: without parameters, in lower case, and by its usual
/// name where browsers say it otherwise (`image/jpg`).
[[nodiscard]] std::string usual_type(std::string_view file_name, std::string_view declared);
/// The parameter `charset` of a declared type; empty: none.
[[nodiscard]] std::string charset_parameter(std::string_view declared);

/// HL7 version 2 (2.5.1, section 2.5): separators, and nothing but segments.
[[nodiscard]] bool is_hl7(std::string_view utf8, bool whole);
/// DICOM (PS3.10), with or without the preamble. One that a system would run is refused.
[[nodiscard]] bool is_dicom(std::string_view head, bool whole);
/// What is wrong with a Word document that is all here; nullopt: nothing.
[[nodiscard]] std::optional<std::string> docx_fault(std::string_view file);
/// The same of one at the store, of which the directory and one part are read.
[[nodiscard]] Task<std::optional<std::string>> docx_fault(s3::Store& store, std::string key,
                                                          std::string etag, std::uint64_t size);

}  // namespace wardbook::attachments
