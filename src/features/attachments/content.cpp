#include <magic.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/json.h"
#include "base/text.h"
#include "features/attachments/attachments.h"
#include "features/attachments/types.h"
#include "text/charset.h"

namespace wardbook::attachments {
namespace {

std::string_view without_space(std::string_view head) {
  const auto from = head.find_first_not_of(" \t\r\n");
  return from == std::string_view::npos ? std::string_view() : head.substr(from);
}

/// An ISO base media file (ISO/IEC 14496-12) with one of HEIF's brands (ISO/IEC 23008-12), in HEVC:
/// AV1 in the same container is AVIF.
bool is_heic(std::string_view head) {
  if (head.size() < 16 || head.substr(4, 4) != "ftyp") return false;
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(head[2])) << 8 |
                    static_cast<unsigned char>(head[3]);
  constexpr std::array<std::string_view, 8> kBrands{"heic", "heix", "heim", "heis",
                                                    "hevc", "hevx", "mif1", "msf1"};
  constexpr std::size_t kCoded = 6;  // the first of kBrands say how it is coded
  bool named = false;
  bool hevc = false;
  bool av1 = false;
  for (std::size_t at = 8; at + 4 <= std::min({head.size(), size, std::size_t{256}}); at += 4) {
    if (at == 12) continue;
    const auto brand = head.substr(at, 4);
    const auto* found = std::ranges::find(kBrands, brand);
    named = named || found != kBrands.end();
    hevc = hevc || found < kBrands.begin() + kCoded;
    av1 = av1 || brand == "avif" || brand == "avis";
  }
  return named && (hevc || !av1);
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

/// What `<?xml … encoding="…"?>` says, of a declaration in ASCII.
std::string_view xml_encoding(std::string_view head) {
  if (!head.starts_with("<?xml")) return {};
  head = head.substr(0, std::min(head.find("?>"), std::size_t{200}));
  const auto at = head.find("encoding");
  const auto from = head.find_first_of("\"'", at);
  if (at == std::string_view::npos || from == std::string_view::npos) return {};
  const auto to = head.find(head[from], from + 1);
  return to == std::string_view::npos ? std::string_view() : head.substr(from + 1, to - from - 1);
}

std::optional<std::string> charset_in(Kind kind, std::string_view head, bool whole,
                                      std::string_view declared) {
  if (kind == Kind::xml) {
    const auto named = xml_encoding(head);
    if (!named.empty()) declared = named;
  }
  // RFC 8259: JSON has no other encoding than Unicode's.
  auto charset = text::charset_of(head, whole, kind == Kind::json ? "" : declared);
  if (charset && kind == Kind::json && !charset->starts_with("UTF-")) charset.reset();
  return charset;
}

/// Text of this kind, in whatever encoding.
bool is_text_of(Kind kind, std::string_view head, bool whole, std::string_view declared) {
  // The bytes of a PDF are those of some encoding, too.
  if (head.starts_with("%PDF-")) return false;
  const auto charset = charset_in(kind, head, whole, declared);
  if (!charset) return false;
  if (kind == Kind::txt || kind == Kind::csv) return true;
  const std::string utf8 = text::to_utf8(head, *charset);
  const auto start = without_space(utf8);
  if (kind == Kind::xml) return start.starts_with('<');
  return kind == Kind::json ? looks_like_json(start, whole) : is_hl7(start, whole);
}

bool matches(Kind kind, std::string_view head, bool whole, std::string_view declared) {
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
      return is_dicom(head, whole);
    case Kind::doc:
      return is_doc(head);
    case Kind::docx:
      return whole ? !docx_fault(head) : head.starts_with("PK\x03\x04");
    case Kind::rtf:
      return head.starts_with("{\\rtf");
    case Kind::txt:
    case Kind::csv:
    case Kind::xml:
    case Kind::json:
    case Kind::hl7:
      return is_text_of(kind, head, whole, declared);
  }
  return false;
}

}  // namespace

std::optional<std::string> content_fault(std::string_view file_name, std::string_view head,
                                         bool whole, std::string_view declared) {
  const Type* type = type_of(file_name);
  if (type == nullptr) return "the extension is not allowed";
  if (head.empty()) return "the file is empty";
  if (matches(type->kind, head, whole, declared)) return std::nullopt;
  return "the content is not " + std::string(type->media);
}

std::optional<std::string> text_charset(std::string_view file_name, std::string_view head,
                                        bool whole, std::string_view declared) {
  const Type* type = type_of(file_name);
  if (type == nullptr || !type->text) return std::nullopt;
  return charset_in(type->kind, head, whole, declared);
}

}  // namespace wardbook::attachments
