#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wardbook::demo {

/// Given and family names as people of one background bear them.
struct Culture {
  std::string_view key;
  std::vector<std::string_view> female;
  std::vector<std::string_view> male;
  std::vector<std::string_view> family;
};

/// Fails with std::out_of_range for a key that is not there.
const Culture& culture(std::string_view key);

/// `text` in ASCII lower case for an e-mail address: accents dropped, all but letters and digits
/// left out.
std::string ascii_name(std::string_view text);

}  // namespace wardbook::demo
