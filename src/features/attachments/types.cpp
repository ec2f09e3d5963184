#include <archive.h>
#include <archive_entry.h>
#include <magic.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "base/json.h"
#include "base/text.h"
#include "features/attachments/attachments.h"
#include "net/message.h"

namespace wardbook::attachments {
namespace {

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

struct Type {
  std::string_view extension;
  Kind kind;
  std::string_view media;  ///< the usual media type
  std::string_view other;  ///< another one that means the same; empty: none
  bool text;
  bool compressible;
};

// Media types: IANA's registry; HL7 v2's from RFC 6838 practice (application/hl7-v2).
constexpr std::array kTypes{
    Type{"pdf", Kind::pdf, "application/pdf", "", false, true},
    Type{"jpg", Kind::jpeg, "image/jpeg", "", false, false},
    Type{"jpeg", Kind::jpeg, "image/jpeg", "", false, false},
    Type{"png", Kind::png, "image/png", "", false, false},
    Type{"tif", Kind::tiff, "image/tiff", "", false, false},
    Type{"tiff", Kind::tiff, "image/tiff", "", false, false},
    Type{"webp", Kind::webp, "image/webp", "", false, false},
    Type{"heic", Kind::heic, "image/heic", "image/heif", false, false},
    Type{"heif", Kind::heic, "image/heic", "image/heif", false, false},
    Type{"dcm", Kind::dicom, "application/dicom", "", false, false},
    Type{"dicom", Kind::dicom, "application/dicom", "", false, false},
    Type{"doc", Kind::doc, "application/msword", "", false, true},
    Type{"docx", Kind::docx,
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "", false,
         false},
    Type{"rtf", Kind::rtf, "application/rtf", "text/rtf", false, true},
    Type{"txt", Kind::txt, "text/plain", "", true, true},
    Type{"csv", Kind::csv, "text/csv", "", true, true},
    Type{"xml", Kind::xml, "application/xml", "text/xml", true, true},
    Type{"json", Kind::json, "application/json", "", true, true},
    Type{"hl7", Kind::hl7, "application/hl7-v2", "x-application/hl7-v2+er7", true, true},
};

const Type* type_of(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  const std::string extension = lower_case(file_name.substr(dot + 1));
  const auto* found = std::ranges::find(kTypes, extension, &Type::extension);
  return found == kTypes.end() ? nullptr : found;
}

/// UTF-8 (or plain ASCII) without NUL and without control characters but white space and ESC-free;
/// a character cut off at the end of the first bytes does not count against it.
bool is_text(std::string_view head, bool whole) {
  std::size_t i = 0;
  while (i < head.size()) {
    const auto c = static_cast<unsigned char>(head[i]);
    if (c < 0x80) {
      const bool control = c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' &&
                           c != '\v' && c != 0x1c && c != 0x1d && c != 0x1e && c != 0x1f;
      if (control || c == 0x7f) return false;
      ++i;
      continue;
    }
    const std::size_t length = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
    if (length == 0 || c > 0xf4) return false;
    if (i + length > head.size()) return !whole;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(head[i + k]) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

std::string_view without_mark_and_space(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  const auto from = head.find_first_not_of(" \t\r\n");
  return from == std::string_view::npos ? std::string_view() : head.substr(from);
}

/// An ISO base media file (ISO/IEC 14496-12) with one of HEIF's brands (ISO/IEC 23008-12).
bool is_heic(std::string_view head) {
  if (head.size() < 16 || head.substr(4, 4) != "ftyp") return false;
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(head[2])) << 8 |
                    static_cast<unsigned char>(head[3]);
  constexpr std::array<std::string_view, 8> kBrands{"heic", "heix", "heim", "heis",
                                                    "hevc", "hevx", "mif1", "msf1"};
  for (std::size_t at = 8; at + 4 <= std::min({head.size(), size, std::size_t{256}}); at += 4) {
    if (at != 12 && std::ranges::find(kBrands, head.substr(at, 4)) != kBrands.end()) return true;
  }
  return false;
}

/// A zip whose entries are those of a Word document (ECMA-376, part 2).
bool is_docx(std::string_view head) {
  if (!head.starts_with("PK\x03\x04")) return false;
  std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), &archive_read_free);
  archive_read_support_format_zip_streamable(reader.get());
  if (archive_read_open_memory(reader.get(), head.data(), head.size()) != ARCHIVE_OK) return false;
  archive_entry* entry = nullptr;
  constexpr int kMostEntries = 200;
  for (int i = 0; i < kMostEntries; ++i) {
    const int code = archive_read_next_header(reader.get(), &entry);
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return false;
    const char* name = archive_entry_pathname(entry);
    if (name != nullptr && std::string_view(name).starts_with("word/")) return true;
  }
  return false;
}

struct MagicCloser {
  void operator()(magic_set* set) const { magic_close(set); }
};

/// What libmagic makes of it; empty when its database cannot be loaded. One cookie a thread.
std::string magic_type(std::string_view head) {
  thread_local const std::unique_ptr<magic_set, MagicCloser> cookie = [] {
    std::unique_ptr<magic_set, MagicCloser> made(magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_TAR));
    if (made && magic_load(made.get(), nullptr) != 0) made.reset();
    return made;
  }();
  if (!cookie) return {};
  const char* type = magic_buffer(cookie.get(), head.data(), head.size());
  return type != nullptr ? type : "";
}

/// An OLE compound file that libmagic does not take for another office program's.
bool is_doc(std::string_view head) {
  if (!head.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) return false;
  const std::string type = magic_type(head);
  return type != "application/vnd.ms-excel" && type != "application/vnd.ms-powerpoint" &&
         type != "application/x-msi";
}

bool is_tiff(std::string_view head) {
  using namespace std::string_view_literals;
  return head.starts_with("II*\0"sv) || head.starts_with("MM\0*"sv) ||
         head.starts_with("II+\0"sv) || head.starts_with("MM\0+"sv);
}

bool is_hl7(std::string_view head) {
  const auto start = without_mark_and_space(head.substr(0, 64));
  // Minimal lower layer protocol frames a message with 0x0b (HL7 v2, appendix C).
  const auto body = start.starts_with('\x0b') ? start.substr(1) : start;
  return body.starts_with("MSH|") || body.starts_with("FHS|") || body.starts_with("BHS|");
}

/// RFC 8259; of a beginning only that it can go on as JSON.
bool is_json(std::string_view head, bool whole) {
  return looks_like_json(without_mark_and_space(head), whole);
}

bool matches(Kind kind, std::string_view head, bool whole) {
  switch (kind) {
    case Kind::pdf:
      return head.substr(0, 1'024).find("%PDF-") != std::string_view::npos;
    case Kind::jpeg:
      return head.starts_with("\xff\xd8\xff");
    case Kind::png:
      return head.starts_with("\x89PNG\r\n\x1a\n");
    case Kind::tiff:
      return is_tiff(head);
    case Kind::webp:
      return head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP";
    case Kind::heic:
      return is_heic(head);
    case Kind::dicom:
      return head.size() >= 132 && head.substr(128, 4) == "DICM";
    case Kind::doc:
      return is_doc(head);
    case Kind::docx:
      return is_docx(head);
    case Kind::rtf:
      return head.starts_with("{\\rtf");
    case Kind::txt:
    case Kind::csv:
      return is_text(head, whole);
    case Kind::xml:
      return is_text(head, whole) && without_mark_and_space(head).starts_with('<');
    case Kind::json:
      return is_text(head, whole) && is_json(head, whole);
    case Kind::hl7:
      return is_hl7(head);
  }
  return false;
}

}  // namespace

std::vector<std::string_view> allowed_types() {
  std::vector<std::string_view> out;
  for (const auto& type : kTypes) {
    for (const auto media : {type.media, type.other}) {
      if (!media.empty() && std::ranges::find(out, media) == out.end()) out.push_back(media);
    }
  }
  return out;
}

std::vector<std::string_view> compressible_types() {
  std::vector<std::string_view> out;
  for (const auto& type : kTypes) {
    if (type.compressible && std::ranges::find(out, type.media) == out.end()) {
      out.push_back(type.media);
    }
  }
  return out;
}

std::optional<std::string> type_fault(std::string_view file_name, std::string_view file_type) {
  const Type* type = type_of(file_name);
  if (type == nullptr) return "has no extension of an allowed type";
  const auto is = [file_type](std::string_view media) {
    return !media.empty() && equal_ignoring_case(file_type, media);
  };
  if (is(type->media) || is(type->other) || (type->text && is("text/plain"))) return std::nullopt;
  return "does not go with the file name's extension";
}

bool gzip_pays(std::string_view file_name) {
  const Type* type = type_of(file_name);
  return type != nullptr && type->compressible;
}

std::int64_t most_bytes(std::string_view file_name, const Settings::Attachments& settings) {
  const Type* type = type_of(file_name);
  const bool dicom = type != nullptr && type->kind == Kind::dicom;
  return dicom ? settings.dicom_max_bytes : settings.max_bytes;
}

std::optional<std::string> content_fault(std::string_view file_name, std::string_view head,
                                         bool whole) {
  const Type* type = type_of(file_name);
  if (type == nullptr) return "the extension is not allowed";
  if (head.empty()) return "the file is empty";
  if (matches(type->kind, head, whole)) return std::nullopt;
  return "the content is not " + std::string(type->media);
}

std::string safe_name(std::string_view file_name) {
  constexpr std::size_t kMost = 200;
  std::string out;
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    const char c = file_name[i];
    if ((c & 0xc0) == 0x80) continue;  // the rest of a character that became one '_'
    out += is_letter_or_digit(c) || c == '.' || c == '-' ? c : '_';
  }
  // "." and ".." are no names, and a leading dot would hide the file.
  if (out.empty() || out.front() == '.') out.insert(0, "_");
  if (out.size() > kMost) {
    const auto dot = out.rfind('.');
    const std::string extension = dot != std::string::npos ? out.substr(dot) : "";
    const std::size_t keep = extension.size() < 20 ? kMost - extension.size() : kMost;
    out = out.substr(0, keep) + (extension.size() < 20 ? extension : "");
  }
  return out;
}

std::string object_key(const TenantId& tenant, Time upload, RecordId record, std::string_view name,
                       std::int64_t version) {
  const std::string date = format_rfc3339(upload);
  std::string file(name);
  if (version > 1) {
    const auto dot = file.rfind('.');
    const std::string mark = ".v" + std::to_string(version);
    file.insert(dot == std::string::npos || dot == 0 ? file.size() : dot, mark);
  }
  return tenant.str() + "/medical-records/" + date.substr(0, 4) + "/" + date.substr(5, 2) + "/" +
         std::to_string(record.value) + "/" + file;
}

}  // namespace wardbook::attachments
