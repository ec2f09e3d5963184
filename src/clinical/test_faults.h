#pragma once

#include <string>
#include <vector>

#include "base/failure.h"

namespace wardbook::clinical {

/// Where the faults are, in their order.
inline std::vector<std::string> pointers(const std::vector<Fault>& faults) {
  std::vector<std::string> out;
  out.reserve(faults.size());
  for (const auto& fault : faults) out.push_back(fault.pointer);
  return out;
}

}  // namespace wardbook::clinical
