#pragma once

// Inside of the slice: what both ways of uploading share.

#include <optional>
#include <string>
#include <vector>

#include "api/write.h"
#include "features/attachments/verify.h"

namespace wardbook::attachments {

inline constexpr std::size_t kNameMost = 255;
inline constexpr std::size_t kDescriptionMost = 500;

/// What a client declares of a file.
struct Declared {
  std::string file_name;
  std::string file_type;
  std::int64_t file_size = 0;
  std::int64_t stored_size = 0;
  std::optional<std::string> content_encoding;
  std::optional<std::string> stored_sha256;
  std::optional<std::string> description;
  std::optional<std::string> charset;      ///< a parameter of the declared type
  std::optional<std::int64_t> part_bytes;  ///< of an upload in parts
  std::optional<std::vector<std::string>> part_sha256;
};

/// From what a client says, parameters and all; behind the name.
void set_type(Declared& declared, std::string_view said);
void check_name_and_type(const Declared& declared, std::vector<Fault>& faults);

/// The pending row; the caller commits.
[[nodiscard]] Task<Attachment> insert_pending(App& app, api::Write& w, const api::Request& req,
                                              RecordId record, Declared declared, std::string mode);

/// The whole file in one request through the service (streamed.cpp).
Task<api::Response> upload_through(App& app, api::Request req);

}  // namespace wardbook::attachments
