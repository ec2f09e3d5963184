#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "net/message.h"

/// Content codings of answers (RFC 9110, sections 8.4.1 and 12.5.3).
namespace wardbook::net {

enum class Coding { gzip, zstd };
[[nodiscard]] std::string_view to_string(Coding coding) noexcept;

/// What an Accept-Encoding field asks for: the coding with the higher weight, zstd when they are
/// equal. Nothing where it accepts neither, prefers the answer as it is, or is malformed.
[[nodiscard]] std::optional<Coding> preferred_coding(std::string_view accept_encoding) noexcept;

/// Smaller answers gain less than the coding costs.
inline constexpr std::size_t kLeastToCompress = 1024;
/// Larger ones would hold up the reactor, and the others who wait for it.
inline constexpr std::size_t kMostToCompress = 8 * 1024 * 1024;

/// Compresses the answer as the request asks, if it is JSON of such a size without a coding of its
/// own; names the coding, and in Vary that the answer depends on it. The entity tag stays: it names
/// a revision for If-Match, and answers with patient data are never cached (Cache-Control:
/// no-store).
void compress(Response& response, const RequestHead& request);

}  // namespace wardbook::net
