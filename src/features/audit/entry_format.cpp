#include "features/audit/entry_format.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "features/audit/audit_sql.h"

namespace wardbook::audit {
namespace {

std::string raw_sha256(std::string_view bytes) {
  const auto hash = sha256(bytes);
  return std::string(as_chars(hash));
}

/// The sixteen bytes of a UUID's text.
std::string salt_bytes(const EntryRow& entry) {
  std::string digits = entry.at(Column::salt).value_or("");
  std::erase(digits, '-');
  return from_hex(digits).value_or("");
}

void append_number(std::string& bytes, std::int64_t number) {
  append_field(bytes, std::to_string(number));
}

// ---- format 1

std::string content_1(const EntryRow& entry) {
  std::string bytes;
  for (const Column column : {Column::reason, Column::filters, Column::before, Column::after}) {
    append_field(bytes, entry.at(column));
  }
  return bytes;
}

std::string entry_1(const EntryRow& entry, std::string_view content_digest) {
  std::string bytes;
  append_number(bytes, entry.id);
  for (const Column column :
       {Column::at, Column::actor_id, Column::actor_role, Column::action, Column::resource,
        Column::resource_id, Column::patient_id, Column::patient_ids, Column::outcome,
        Column::request_id, Column::ip}) {
    append_field(bytes, entry.at(column));
  }
  append_field(bytes, to_hex(content_digest));
  return bytes;
}

// ---- format 2: the looks that a look into the log showed

std::string entry_2(const EntryRow& entry, std::string_view content_digest) {
  std::string bytes = entry_1(entry, content_digest);
  append_field(bytes, entry.at(Column::look_ids));
  return bytes;
}

constexpr std::array kKnown{Format{1, &content_1, &entry_1}, Format{2, &content_1, &entry_2}};
const Formats kFormats{kKnown, &kUnsealed, &kSealedEntries};

}  // namespace

EntryRow EntryRow::from_row(const db::RowView& r) {
  EntryRow row;
  row.id = r.int64(0);
  row.columns.reserve(static_cast<std::size_t>(r.columns()));
  for (int i = 1; i < r.columns(); ++i) row.columns.push_back(r.maybe_str(i));
  return row;
}

bool EntryRow::is_empty() const {
  constexpr std::array kContent{Column::salt, Column::reason, Column::filters, Column::before,
                                Column::after};
  return std::ranges::none_of(kContent, [&](Column column) { return at(column).has_value(); });
}

const Format* Formats::find(std::int64_t number) const {
  const auto found = std::ranges::find(known, number, &Format::number);
  return found == known.end() ? nullptr : &*found;
}

const Formats& shipped_formats() {
  return kFormats;
}

void append_field(std::string& bytes, const std::optional<std::string>& field) {
  if (field) {
    bytes += std::to_string(field->size()) + ':' + *field + ',';
  } else {
    bytes += "-,";
  }
}

std::string content_digest(const Format& format, const EntryRow& entry) {
  return raw_sha256(salt_bytes(entry) + format.content(entry));
}

std::string entry_hash(const Format& format, const EntryRow& entry,
                       std::string_view content_digest) {
  return raw_sha256(format.entry(entry, content_digest));
}

std::string genesis(const TenantId& tenant) {
  return raw_sha256("wardbook audit chain of " + tenant.str());
}

std::string link(std::string_view before, const SealHeader& header, std::string_view entry_hashes) {
  std::string bytes(before);
  append_number(bytes, header.entry_format);
  append_number(bytes, header.seq);
  append_number(bytes, header.epoch);
  append_field(bytes, header.previous_epoch ? std::optional(std::to_string(*header.previous_epoch))
                                            : std::nullopt);
  append_number(bytes, header.sealed_at);
  bytes += entry_hashes;
  return raw_sha256(bytes);
}

}  // namespace wardbook::audit
