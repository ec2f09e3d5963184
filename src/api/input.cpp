#include "api/input.h"

#include "text/blank.h"

namespace wardbook::api {

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  if (text::holds_unseen(text) || text.find(' ') != std::string_view::npos) return false;
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() && text.size() <= 254 &&
         text.find('@', at + 1) == std::string_view::npos;
}

}  // namespace wardbook::api
