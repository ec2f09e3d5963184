#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

/// What a request comes across of patients, so that no answer tells anything of one without an
/// entry in the audit log. A handler that succeeds writes its own entry; failures and the answers
/// to earlier requests are written down by the router (Hooks::looked).
namespace wardbook::api {

/// Something that belongs to a patient.
struct Look {
  std::string resource;  ///< `patient`, `record`, `diagnosis`, `attachment`
  std::int64_t id = 0;
  std::optional<PatientId> patient;  ///< absent: whoever it belongs to now
};

/// Those of one request, beside the one that its path names.
struct Looks {
  std::vector<Look> all;
  /// The handler has written an entry even though the answer is that of an earlier request.
  bool entered = false;
};

/// As they are kept beside the answer of a request with an Idempotency-Key: a JSON array.
[[nodiscard]] std::string to_json(const std::vector<Look>& looks);
/// Of what `to_json` wrote.
[[nodiscard]] std::vector<Look> parse_looks(std::string_view json);

}  // namespace wardbook::api
