#pragma once

#include <string>

#include "clinical/visit.h"
#include "text/document.h"

namespace wardbook::records {

/// A record's search document, as its row has it beside text::kSearchFormat.
[[nodiscard]] std::string search_document(const clinical::Visit& visit, std::string record_number);

}  // namespace wardbook::records
