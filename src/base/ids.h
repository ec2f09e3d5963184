#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wardbook {

/// An integer id of one kind of thing; ids of different kinds do not mix. 0 is never a stored id.
template <class Tag>
struct Id {
  std::int64_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(std::int64_t v) : value(v) {}
  auto operator<=>(const Id&) const = default;
};

using AccountId = Id<struct AccountTag>;
using PatientId = Id<struct PatientTag>;
using RecordId = Id<struct RecordTag>;
using DiagnosisId = Id<struct DiagnosisTag>;
using AttachmentId = Id<struct AttachmentTag>;
using TemplateId = Id<struct TemplateTag>;
using AuditId = Id<struct AuditTag>;
using SessionId = Id<struct SessionTag>;

/// The name of a tenant, which is also the name of its schema, its role's suffix and its storage
/// prefix. Only `parse` makes one, so whoever holds a TenantId holds a checked identifier:
/// `[a-z][a-z0-9_]{2,47}`, and none of public, wardbook, information_schema, pg_*.
class TenantId {
 public:
  /// nullopt when `text` is not a tenant id.
  static std::optional<TenantId> parse(std::string_view text);

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  /// The NOLOGIN role that may touch the tenant's schema, and nothing else.
  [[nodiscard]] std::string role() const { return "wbt_" + text_; }
  auto operator<=>(const TenantId&) const = default;

 private:
  explicit TenantId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace wardbook

template <class Tag>
struct std::hash<wardbook::Id<Tag>> {
  std::size_t operator()(wardbook::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
template <>
struct std::hash<wardbook::TenantId> {
  std::size_t operator()(const wardbook::TenantId& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
