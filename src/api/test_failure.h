#pragma once

#include <optional>

#include "base/failure.h"

namespace wardbook::api {

/// The code that a call fails with; nullopt when it does not.
template <class Call>
std::optional<Code> failure_of(Call call) {
  try {
    (void)call();
  } catch (const Failure& failure) {
    return failure.code();
  }
  return std::nullopt;
}

}  // namespace wardbook::api
