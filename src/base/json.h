#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The only way in which text from outside becomes JSON. A parser that builds tables can be made to
/// work for seconds by members whose names collide, so everything is counted before the first
/// table is built.
namespace wardbook {

inline constexpr std::size_t kJsonMembers = 1'000;  ///< of one object
inline constexpr std::size_t kJsonValues = 50'000;  ///< of all kinds, in the whole document
inline constexpr std::size_t kJsonDepth = 32;

/// Strictly by RFC 8259: UTF-8, within the bounds above, no object with two members of one name.
/// Otherwise nullopt, and `why`, if given, says what is wrong in a sentence without the text.
[[nodiscard]] std::optional<boost::json::value> parse_bounded_json(std::string_view text,
                                                                   std::string* why = nullptr);

/// Whether it is JSON, or can go on as JSON if it is not the `whole`. Builds nothing, so it bounds
/// the depth only (1,000).
[[nodiscard]] bool looks_like_json(std::string_view text, bool whole);

}  // namespace wardbook
