#include <archive.h>
#include <archive_entry.h>

#include <cctype>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <stdexcept>

#include "base/hash.h"
#include "base/text.h"
#include "base/utf8.h"
#include "features/icd10/icd10.h"

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
constexpr std::size_t kMostRows = 500'000;

/// An entry's name without folders.
std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// `icd10cm_order_2026.txt`, with or without `-` for `_`; the addenda are not it.
bool is_order_file(std::string_view name) {
  const auto lower = lower_case(base_name(name));
  return lower.find("order") != std::string::npos && lower.find("addenda") == std::string::npos &&
         lower.ends_with(".txt");
}

/// The four digits behind `order`: other numbers in the name (a date of download) are not it.
int year_in(std::string_view name) {
  static const std::regex form("order[-_ ]?(20[0-9]{2})[^0-9]", std::regex::icase);
  static const std::regex other("icd10cm.*(addenda|codes|tabular|index).*20[0-9]{2}",
                                std::regex::icase);
  const std::string base(base_name(name));
  std::smatch found;
  if (std::regex_search(base, found, other)) {
    throw std::runtime_error(base + " is not the order file (such as icd10cm_order_2026.txt), " +
                             "which has the headers and both titles");
  }
  if (std::regex_search(base, found, form)) return std::stoi(found[1]);
  throw std::runtime_error(
      "the file's name does not say its fiscal year (such as icd10cm_order_2026.txt): " + base);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::string out;
  std::string buffer(1 << 20, '\0');
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    out.append(buffer, 0, static_cast<std::size_t>(in.gcount()));
    if (out.size() > kMostBytes) throw std::runtime_error(path + " is larger than 64 MiB");
  }
  return out;
}

struct Entry {
  std::string name;
  std::string text;
};

std::string read_entry(archive* zip, const std::string& path) {
  std::string out;
  std::string buffer(1 << 20, '\0');
  while (true) {
    const auto got = archive_read_data(zip, buffer.data(), buffer.size());
    if (got < 0) throw std::runtime_error(path + " is a broken zip file");
    if (got == 0) return out;
    out.append(buffer, 0, static_cast<std::size_t>(got));
    if (out.size() > kMostBytes) throw std::runtime_error(path + " unpacks to over 64 MiB");
  }
}

Entry order_file_in_zip(const std::string& bytes, const std::string& path) {
  std::unique_ptr<archive, int (*)(archive*)> zip(archive_read_new(), &archive_read_free);
  archive_read_support_format_zip(zip.get());
  if (archive_read_open_memory(zip.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    throw std::runtime_error(path + " is a broken zip file");
  }
  std::optional<Entry> out;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(zip.get(), &entry) == ARCHIVE_OK) {
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr || !is_order_file(name)) continue;
    if (out) {
      throw std::runtime_error(path + " holds several order files: " + out->name + ", " + name);
    }
    out = Entry{name, read_entry(zip.get(), path)};
  }
  if (out) return std::move(*out);
  throw std::runtime_error(path + " holds no order file (icd10cm_order_YYYY.txt)");
}

}  // namespace

std::optional<OrderRow> parse_order_line(std::string_view line) {
  constexpr std::size_t kLongTitleAt = 77;
  line = trimmed_end(line, kWhiteSpace);
  if (line.size() <= kLongTitleAt) return std::nullopt;
  OrderRow row;
  const auto order = parse_number<decltype(row.order)>(line.substr(0, 5));
  if (!order) return std::nullopt;
  row.order = *order;
  row.code = std::string(trimmed_end(line.substr(6, 7)));
  const char flag = line[14];
  if (row.code.size() < 3 || (flag != '0' && flag != '1')) return std::nullopt;
  for (const char c : row.code) {
    if (!(is_upper(c) || is_digit(c))) return std::nullopt;
  }
  row.billable = flag == '1';
  row.short_title = std::string(trimmed_end(line.substr(16, 60)));
  row.long_title = std::string(line.substr(kLongTitleAt));
  if (row.short_title.empty() || row.long_title.empty()) return std::nullopt;
  return row;
}

namespace {

/// Adds the row of a line. Throws with what is wrong with it.
void add_row(ReleaseFile& out, std::set<std::string>& codes, std::string_view line) {
  if (!valid_utf8(line)) throw std::runtime_error("is not UTF-8");
  auto row = parse_order_line(line);
  if (!row) throw std::runtime_error("is no row of an order file");
  if (out.rows.size() >= kMostRows) throw std::runtime_error("is one row too many: over 500,000");
  if (!out.rows.empty() && row->order != out.rows.back().order + 1) {
    throw std::runtime_error("does not follow on number " + std::to_string(out.rows.back().order));
  }
  if (!codes.insert(row->code).second) {
    throw std::runtime_error("has a code that was there before: " + row->code);
  }
  out.rows.push_back(std::move(*row));
}

}  // namespace

ReleaseFile read_release(const std::string& path) {
  Entry entry{path, read_file(path)};
  const bool zip = entry.text.starts_with("PK\x03\x04") || entry.text.starts_with("PK\x05\x06");
  if (zip) entry = order_file_in_zip(entry.text, path);
  ReleaseFile out;
  out.sha256 = to_hex(sha256(entry.text));
  out.fiscal_year = year_in(entry.name);
  out.name = "ICD-10-CM " + std::to_string(out.fiscal_year);
  std::string_view rest = entry.text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  std::set<std::string> codes;
  std::size_t number = 0;
  while (!rest.empty()) {
    ++number;
    try {
      const auto end = rest.find('\n');
      if (end == std::string_view::npos) throw std::runtime_error("is not ended: the file is cut");
      const auto line = rest.substr(0, end);
      rest = rest.substr(end + 1);
      if (!trimmed(line).empty()) add_row(out, codes, line);
    } catch (const std::runtime_error& wrong) {
      throw std::runtime_error("line " + std::to_string(number) + " of " +
                               std::string(base_name(entry.name)) + " " + wrong.what());
    }
  }
  if (out.rows.empty()) throw std::runtime_error(path + " holds no codes");
  return out;
}

}  // namespace wardbook::icd10
