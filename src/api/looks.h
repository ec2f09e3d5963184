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

/// What the first segment of a path is about, with the base path or without: `/records/5` is about
/// a `record`. `route` for whatever is in no list.
[[nodiscard]] std::string_view resource_of(std::string_view path);
/// Whether it is one that belongs to a patient.
[[nodiscard]] bool belongs_to_patient(std::string_view resource);

/// As they are kept beside the answer of a request with an Idempotency-Key: a JSON array.
[[nodiscard]] std::string to_json(const std::vector<Look>& looks);
/// Of what `to_json` wrote.
[[nodiscard]] std::vector<Look> parse_looks(std::string_view json);

}  // namespace wardbook::api
