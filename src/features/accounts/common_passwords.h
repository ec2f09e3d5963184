#pragma once

#include <span>
#include <string_view>

namespace wardbook::accounts {

/// Passwords of twelve and more characters that are tried first, by text::key, in order.
[[nodiscard]] std::span<const std::string_view> common_passwords();

}  // namespace wardbook::accounts
