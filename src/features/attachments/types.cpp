#include "features/attachments/types.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "features/attachments/attachments.h"

namespace wardbook::attachments {
namespace {

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
    Type{"ima", Kind::dicom, "application/dicom", "", false, false},
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

/// What browsers and old programs say instead.
struct Alias {
  std::string_view said;
  std::string_view usual;
};
constexpr std::array kAliases{
    Alias{"image/jpg", "image/jpeg"},
    Alias{"image/pjpeg", "image/jpeg"},
    Alias{"image/x-png", "image/png"},
    Alias{"image/tif", "image/tiff"},
    Alias{"image/x-tiff", "image/tiff"},
    Alias{"image/heic-sequence", "image/heic"},
    Alias{"image/heif-sequence", "image/heif"},
    Alias{"application/x-pdf", "application/pdf"},
    Alias{"application/x-rtf", "application/rtf"},
    Alias{"application/vnd.ms-excel", "text/csv"},  // Windows, where Excel is installed
    Alias{"application/csv", "text/csv"},
    Alias{"text/x-csv", "text/csv"},
    Alias{"text/comma-separated-values", "text/csv"},
    Alias{"text/json", "application/json"},
    Alias{"application/x-hl7", "application/hl7-v2"},
    Alias{"application/dicom+octet-stream", "application/dicom"},
};

}  // namespace

bool has_extension(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  return dot != std::string_view::npos && !all_digits(file_name.substr(dot + 1));
}

const Type* type_of(std::string_view file_name) {
  const auto find = [](std::string_view extension) {
    const auto* found = std::ranges::find(kTypes, extension, &Type::extension);
    return found == kTypes.end() ? nullptr : found;
  };
  if (file_name.empty()) return nullptr;
  if (!has_extension(file_name)) return find("dcm");
  return find(lower_case(file_name.substr(file_name.rfind('.') + 1)));
}

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

std::string usual_type(std::string_view file_name, std::string_view declared) {
  std::string media = lower_case(trimmed(declared.substr(0, declared.find(';'))));
  const Type* type = type_of(file_name);
  if (type == nullptr) return media;
  const auto is = [&](const Alias& alias) {
    return alias.said == media && (alias.usual == type->media || alias.usual == type->other);
  };
  const auto* found = std::ranges::find_if(kAliases, is);
  return found == kAliases.end() ? media : std::string(found->usual);
}

std::string charset_parameter(std::string_view declared) {
  const auto parts = split(declared, ";");
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto part = trimmed(parts[i]);
    constexpr std::string_view kName = "charset=";
    if (!starts_with_ignoring_case(part, kName)) continue;
    auto value = trimmed(part.substr(kName.size()));
    if (value.starts_with('"')) value = unquoted(value);
    return std::string(value);
  }
  return {};
}

std::optional<std::string> type_fault(std::string_view file_name, std::string_view file_type) {
  const Type* type = type_of(file_name);
  const std::string media = usual_type(file_name, file_type);
  const auto is = [&media](std::string_view other) { return !other.empty() && media == other; };
  const bool named = type != nullptr && (has_extension(file_name) || is(type->media));
  if (!named) return "has no extension of an allowed type";
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
