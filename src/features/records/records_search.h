#pragma once

#include <string>
#include <vector>

#include "features/records/records.h"
#include "text/document.h"

namespace wardbook::records {

/// Every text of a record that is searched, one by one: those that count most, and the others, the
/// short ones first, since a document has an end. Highlights are cut from the same.
[[nodiscard]] text::Searched searched_texts(const RecordInput& data,
                                            const std::vector<Diagnosis>& diagnoses,
                                            std::string record_number);

/// A record's search document, as its row has it beside text::kSearchFormat.
[[nodiscard]] std::string search_document(const RecordInput& data,
                                          const std::vector<Diagnosis>& diagnoses,
                                          std::string record_number);

}  // namespace wardbook::records
