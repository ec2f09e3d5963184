#include "api/subject.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace wardbook::api {

void Subjects::add(const Subject& subject) {
  const Subject* known = find(subject.resource);
  if (known == &subject) return;
  if (known != nullptr) {
    throw std::logic_error("two subjects are called " + std::string(subject.resource));
  }
  all_.push_back(&subject);
}

const Subject* Subjects::find(std::string_view resource) const {
  const auto found = std::ranges::find(all_, resource, &Subject::resource);
  return found == all_.end() ? nullptr : *found;
}

}  // namespace wardbook::api
