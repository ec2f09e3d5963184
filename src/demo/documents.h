#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "demo/hospitals.h"

/// Files for the demo's charts, made from the records that they belong to. The same record gives
/// the same bytes, on any machine.
namespace wardbook::demo {

enum class Paper { lab_report, ecg, radiograph, instructions };

struct Document {
  std::string file_name;
  std::string file_type;  ///< media type
  std::string description;
  std::string author;  ///< the account's mailbox; few of them, as each has to sign in
  std::string bytes;
};

/// Which record, as an index, gets what.
struct Assignment {
  std::size_t record;
  Paper paper;
};

/// At most 50 of these records (as GET /records gives them), each what suits it; of every kind at
/// least one if there are enough records.
[[nodiscard]] std::vector<Assignment> assign_papers(const boost::json::array& records);

/// The file itself. `record` is one of GET /records. Throws std::runtime_error if a library fails.
[[nodiscard]] Document make_document(Paper paper, const HospitalPlan& plan,
                                     const boost::json::object& record);

// ---- the kinds; `record` as above

/// A PDF of a page or more: who, when, and the record's results as a table.
[[nodiscard]] std::string lab_report_pdf(const HospitalPlan& plan,
                                         const boost::json::object& record);
/// A PNG that looks like a scanned rhythm strip: ten seconds of lead II at this rate.
[[nodiscard]] std::string ecg_png(std::uint64_t seed, double beats_per_minute);
/// A DICOM Part 10 file (PS3.10): explicit VR little endian, one frame of 8-bit grey, a chest.
[[nodiscard]] std::string radiograph_dicom(const HospitalPlan& plan,
                                           const boost::json::object& record, std::uint64_t seed);
/// What the patient takes home, as UTF-8 text.
[[nodiscard]] std::string instructions_text(const HospitalPlan& plan,
                                            const boost::json::object& record);

/// A text field; empty for null or none.
[[nodiscard]] std::string text_of(const boost::json::object& object, std::string_view name);
/// `2026-03-04` of a time in UTC.
[[nodiscard]] std::string date_part(const std::string& time);
/// `Last, First`.
[[nodiscard]] std::string patient_name(const boost::json::object& record);

}  // namespace wardbook::demo
