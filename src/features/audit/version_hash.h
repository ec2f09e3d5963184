#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

namespace wardbook::audit {

/// Sixteen random bytes, as the text of a UUID.
[[nodiscard]] std::string new_salt();

/// SHA-256 (32 bytes) over what a lawful erasure removes: the salt (a UUID's text), the reason and
/// the content, whose format does not matter here.
[[nodiscard]] std::string content_digest(std::string_view salt,
                                         const std::optional<std::string>& reason,
                                         std::string_view content);

/// What of a version never goes.
struct VersionHead {
  std::int64_t content_format = 0;
  std::string_view resource;
  std::int64_t id = 0;
  std::int64_t version = 0;
  std::int64_t revision = 0;
  std::string_view kind;
  std::string_view status = "-";
  std::optional<std::int64_t> patient{};
  std::optional<std::int64_t> author{};
  Time begun{};
  Time changed{};
};
/// SHA-256 (hex) over the head and the digest of the content. Triggers take it too (see the control
/// migrations), so it is the same for every content format.
[[nodiscard]] std::string version_hash(const VersionHead& head, std::string_view digest);

}  // namespace wardbook::audit
