#include "features/records/records_search.h"

#include <utility>

namespace wardbook::records {

std::string search_document(const clinical::Visit& visit, std::string record_number) {
  return text::document(clinical::searched_texts(visit, std::move(record_number)));
}

}  // namespace wardbook::records
