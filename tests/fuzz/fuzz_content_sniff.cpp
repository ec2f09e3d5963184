// What a stranger may upload: any name, any declared type, any bytes. The first line is the name,
// the second the type, the rest the content. Nothing may throw or read beyond its end, and a name
// becomes a plain file name whatever it was.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "features/attachments/attachments.h"

namespace {

using namespace wardbook;  // NOLINT(google-build-using-namespace)

void require(bool condition) {
  if (!condition) std::abort();
}

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  const auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

void check_name(std::string_view name) {
  const std::string safe = attachments::safe_name(name);
  require(!safe.empty() && safe.size() <= 200 && safe.front() != '.');
  require(std::ranges::all_of(safe, plain));
  require(attachments::safe_name(safe) == safe);
  const auto tenant = TenantId::parse("fuzzed_hospital");
  const std::string first = attachments::object_key(*tenant, Time{}, RecordId(1), safe, 1);
  const std::string second = attachments::object_key(*tenant, Time{}, RecordId(1), safe, 2);
  require(first != second && std::ranges::count(first, '/') == 5);
  require(std::ranges::count(second, '/') == 5);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto name = take_line(rest);
  const auto type = take_line(rest);
  check_name(name);
  (void)attachments::type_fault(name, type);
  // A string of its own, so that reading beyond it is seen.
  const std::string content(rest.substr(0, attachments::kSniffBytes));
  (void)attachments::content_fault(name, content, true);
  const bool cut = !attachments::content_fault(name, content, false);
  // All kinds see the same bytes; what is whole and right is right as a beginning as well.
  for (const std::string_view extension : {"pdf", "jpg", "png", "tif", "webp", "heic", "dcm", "doc",
                                           "docx", "rtf", "txt", "csv", "xml", "json", "hl7"}) {
    const std::string other = "x." + std::string(extension);
    const bool whole = !attachments::content_fault(other, content, true);
    require(!whole || !attachments::content_fault(other, content, false));
    require(!whole || !content.empty());
  }
  require(!cut || !content.empty());
  return 0;
}
