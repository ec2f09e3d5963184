#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/json_text.h"
#include "clinical/fields.h"
#include "text/document.h"

/// What is done with a visit, all of it by the tables of clinical/fields.h. Pure: no database, no
/// HTTP.
namespace wardbook::clinical {

// ---- parsing ------------------------------------------------------------------------------------

/// Reads and checks a whole visit but for its diagnoses; gathers every fault. `before` is what the
/// record says so far, nullptr of a new one: an item with an id must be one of its items. What is
/// missing of a draft is no fault (`incomplete`). Members in `read_only` are refused as such.
[[nodiscard]] Visit parse(const boost::json::object& body, const Visit* before,
                          const std::vector<std::string_view>& read_only,
                          std::vector<Fault>& faults);

/// What must be added before the visit can be signed: pointers and messages as those of faults.
[[nodiscard]] std::vector<Fault> incomplete(const Visit& visit);

/// A template's content is checked as the visit that it would make; pointers begin with `pointer`.
/// What only a visit can say (kVisitFields: not_in_templates) is refused.
void check_template(const boost::json::object& content, const std::string& pointer,
                    std::vector<Fault>& faults);

/// Two fields that contradict each other: told at `pointer`, or at `other` if only that was sent.
struct CrossRule {
  std::string_view pointer, message;
  std::string_view other, other_message;
};
inline constexpr CrossRule kPressures{"/vital_signs/diastolic_mmhg", "must be below systolic_mmhg",
                                      "/vital_signs/systolic_mmhg", "must be above diastolic_mmhg"};
inline constexpr CrossRule kBodySize{"/vital_signs/weight_kg", "is implausible with this height_cm",
                                     "/vital_signs/height_cm",
                                     "is implausible with this weight_kg"};

// ---- content ------------------------------------------------------------------------------------

/// What a version says, as it is hashed and kept: RFC 8785 canonical JSON of the fields that
/// `format` has, the diagnoses, and last_item_id. A format's writer never changes.
[[nodiscard]] std::string canonical(const Visit& visit, int format);

/// Content of whatever format, read back. What an older format does not have is absent.
[[nodiscard]] Visit read(std::string_view content);

/// The writable fields as they would be sent, items with their ids: what a merge patch is merged
/// into.
[[nodiscard]] boost::json::object writable(const Visit& visit);

/// Gives new items their ids, and every item that is not as it was in `before` this version.
void settle(Visit& visit, const Visit& before, std::int64_t version);

// ---- answers ------------------------------------------------------------------------------------

/// Adds the fields to an answer, spliced from the content's members (`members_of`).
void append_fields(ObjectWriter& answer, const JsonMembers& content);
/// A member's text; "null" of what the content does not have.
[[nodiscard]] std::string_view member(const JsonMembers& content, std::string_view name);
/// `incomplete` as an answer has it, without reading more of the content than it takes.
[[nodiscard]] std::string incomplete_json(const JsonMembers& content);

/// What makes one content of another, of whatever formats: {pointer, before, after} field by field,
/// items and diagnoses by their ids (`item_id`), in whatever order they are listed. A pointer into
/// a list counts in `after`; for an item that is gone in `before`. Null stands for what was not or
/// is not there. An item that only has another place is none; if the order is another one, the list
/// has a difference of its own, the ids in their order.
[[nodiscard]] boost::json::array differences(std::string_view before, std::string_view after);

// ---- search -------------------------------------------------------------------------------------

/// Every text that is searched, one by one: those that count most, and the others, the short ones
/// first, since a document has an end. Highlights are cut from the same.
[[nodiscard]] text::Searched searched_texts(const Visit& visit, std::string record_number);

}  // namespace wardbook::clinical
