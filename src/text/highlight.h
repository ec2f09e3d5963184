#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/query.h"

namespace wardbook::text {

/// Why a record was found: of each text that has a word of the query one extract, the words between
/// <mark> and </mark> as they are written there, the rest escaped for HTML. At most eight; where
/// the words are farther apart than an extract is long, an extract has two parts. `number` is the
/// record's own, which is shown only if nothing else is. Never empty: what no word explains is
/// explained by the beginning of the first text. The words of a phrase are marked where they are
/// one; only where no text has anything of the query so, wherever they are.
[[nodiscard]] std::vector<std::string> highlight(const std::vector<std::string>& texts,
                                                 std::string_view number, const Query& query);

}  // namespace wardbook::text
