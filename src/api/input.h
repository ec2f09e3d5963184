#pragma once

#include <string_view>

#include "base/json_text.h"
#include "text/input.h"

/// What handlers read bodies and write answers with, under one name.
namespace wardbook::api {

using text::Input;
using text::kFirstYear;
using text::kLastYear;
using text::kNameMost;
using text::name_fault;
using wardbook::canonical_json;
using wardbook::merge_patch;
using wardbook::ObjectWriter;
using wardbook::parse_json;
using wardbook::quoted;

/// Whether it has the form of an address: something, one @, something, nothing that cannot be seen,
/// at most 254 bytes.
[[nodiscard]] bool is_email(std::string_view text);

}  // namespace wardbook::api
