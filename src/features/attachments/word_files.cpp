#include <algorithm>
#include <vector>

#include "base/gzip.h"
#include "base/text.h"
#include "features/attachments/types.h"
#include "features/attachments/verify.h"
#include "s3/client.h"

namespace wardbook::attachments {
namespace {

constexpr std::string_view kNoDocument = "it is no Word document";
constexpr std::string_view kContentTypes = "[Content_Types].xml";
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kMostComment = 65'535;
constexpr std::uint64_t kMostDirectory = 4ULL * 1024 * 1024;
constexpr std::uint64_t kMostTypes = 1024ULL * 1024;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = at + size; i > at; --i) {
    out = out << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return out;
}

/// Where a zip's directory is (APPNOTE.TXT 4.3.16). Archives of 4 GiB are not documents.
struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
std::optional<Directory> find_directory(std::string_view end) {
  if (end.size() < kEndBytes) return std::nullopt;
  for (std::size_t at = end.size() - kEndBytes + 1; at > 0; --at) {
    const auto record = end.substr(at - 1);
    if (!record.starts_with("PK\x05\x06")) continue;
    if (kEndBytes + number_at(record, 20, 2) != record.size()) continue;
    return Directory{number_at(record, 16, 4), number_at(record, 12, 4)};
  }
  return std::nullopt;
}

struct Entry {
  std::string name;
  std::uint64_t method = 0;
  std::uint64_t packed = 0;
  std::uint64_t offset = 0;
};
/// nullopt when it is broken.
std::optional<std::vector<Entry>> entries_of(std::string_view directory) {
  constexpr std::size_t kHead = 46;
  std::vector<Entry> out;
  while (!directory.empty()) {
    if (directory.size() < kHead || !directory.starts_with("PK\x01\x02")) return std::nullopt;
    const auto name = number_at(directory, 28, 2);
    const auto all = kHead + name + number_at(directory, 30, 2) + number_at(directory, 32, 2);
    if (all > directory.size()) return std::nullopt;
    out.push_back({std::string(directory.substr(kHead, name)), number_at(directory, 10, 2),
                   number_at(directory, 20, 4), number_at(directory, 42, 4)});
    directory.remove_prefix(all);
  }
  return out;
}

/// The bytes of a file in the archive, from its local head on; empty when it is broken.
std::string content_of(std::string_view bytes, const Entry& entry) {
  constexpr std::size_t kHead = 30;
  if (bytes.size() < kHead || !bytes.starts_with("PK\x03\x04")) return {};
  const auto skip = kHead + number_at(bytes, 26, 2) + number_at(bytes, 28, 2);
  if (skip > bytes.size()) return {};
  const auto packed = bytes.substr(skip, entry.packed);
  if (entry.method == 0) return std::string(packed);
  std::string out;
  GzipDecoder decoder(kMostTypes, GzipDecoder::From::mark);
  if (entry.method != 8 || decoder.feed(packed, out) != GzipDecoder::State::done) return {};
  return out;
}

/// By the names of its parts: a document, and no macros.
std::optional<std::string> names_fault(const std::vector<Entry>& entries) {
  const bool document = std::ranges::find(entries, kContentTypes, &Entry::name) != entries.end();
  const bool macros = std::ranges::any_of(entries, [](const Entry& entry) {
    return lower_case(entry.name).ends_with("vbaproject.bin");
  });
  if (macros) return "it has macros";
  return document ? std::nullopt : std::optional(std::string(kNoDocument));
}

/// By what it says of its parts (ECMA-376, part 2, section 10.1.2).
std::optional<std::string> types_fault(std::string_view types, const std::vector<Entry>& entries) {
  if (types.find("macroEnabled") != std::string_view::npos) return "it has macros";
  const bool main = types.find("wordprocessingml.document.main+xml") != std::string_view::npos ||
                    types.find("wordprocessingml.template.main+xml") != std::string_view::npos ||
                    std::ranges::find(entries, "word/document.xml", &Entry::name) != entries.end();
  return main ? std::nullopt : std::optional(std::string(kNoDocument));
}

/// How much of the archive has to be read from an entry's beginning on.
std::uint64_t wanted_of(const Entry& entry) {
  constexpr std::uint64_t kHeads = 4'096;  // the local head, a name and an extra field
  return std::min(entry.packed, kMostTypes) + kHeads;
}

Task<std::string> read_range(s3::Store& store, std::string key, std::string etag,
                             std::uint64_t first, std::uint64_t length) {
  const s3::ByteRange range{first, first + length - 1};
  auto object = co_await store.get(std::move(key), range, std::move(etag));
  if (!object) throw store_failure(object.error());
  std::string out(static_cast<std::size_t>(object->length()), '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const std::span<char> into(out.data() + at, out.size() - at);
    const auto got = co_await object->read(into);
    if (!got) throw store_failure(got.error());
    if (*got == 0) break;
    at += *got;
  }
  out.resize(at);
  co_return out;
}

}  // namespace

std::optional<std::string> docx_fault(std::string_view file) {
  const std::string fault(kNoDocument);
  if (!file.starts_with("PK\x03\x04")) return fault;
  const std::size_t end = std::min(file.size(), kEndBytes + kMostComment);
  const auto directory = find_directory(file.substr(file.size() - end));
  if (!directory || directory->offset + directory->size > file.size()) return fault;
  const auto entries = entries_of(file.substr(directory->offset, directory->size));
  if (!entries) return fault;
  if (auto found = names_fault(*entries)) return found;
  const auto types = std::ranges::find(*entries, kContentTypes, &Entry::name);
  if (types->offset > file.size()) return fault;
  return types_fault(content_of(file.substr(types->offset), *types), *entries);
}

Task<std::optional<std::string>> docx_fault(s3::Store& store, std::string key, std::string etag,
                                            std::uint64_t size) {
  const std::string fault(kNoDocument);
  const auto end = std::min<std::uint64_t>(size, kEndBytes + kMostComment);
  const std::string last = co_await read_range(store, key, etag, size - end, end);
  const auto directory = find_directory(last);
  const bool there = directory && directory->size > 0 && directory->size <= kMostDirectory &&
                     directory->offset + directory->size <= size;
  if (!there) co_return fault;
  const std::string listed =
      co_await read_range(store, key, etag, directory->offset, directory->size);
  const auto entries = entries_of(listed);
  if (!entries) co_return fault;
  if (auto found = names_fault(*entries)) co_return found;
  const auto types = std::ranges::find(*entries, kContentTypes, &Entry::name);
  if (types->offset >= size) co_return fault;
  const auto length = std::min(wanted_of(*types), size - types->offset);
  const std::string part = co_await read_range(store, key, etag, types->offset, length);
  co_return types_fault(content_of(part, *types), *entries);
}

}  // namespace wardbook::attachments
