#pragma once

#include <string_view>
#include <vector>

namespace wardbook {

/// The elements of a JSON array that this program wrote without white space, as members_of
/// (base/json_text.h) does it for objects: nothing is copied or checked.
[[nodiscard]] std::vector<std::string_view> elements_of(std::string_view array);

}  // namespace wardbook
