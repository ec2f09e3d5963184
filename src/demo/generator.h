#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "demo/hospitals.h"

namespace wardbook::demo {

struct GeneratorOptions {
  std::uint64_t seed = 1762083064503;
  Date anchor{};  ///< the day after the last visit; visits go back two years from it
  int patients = 200;
  int records = 1500;
};

struct DemoDiagnosis {
  std::string icd_code;
  std::string diagnosis_name;
  std::string diagnosis_type;  ///< primary, secondary, differential
  std::string status;          ///< active, resolved, chronic, ruled_out
};

/// A patient as a client would send it: the body of POST /patients, without a number.
struct DemoPatient {
  boost::json::object body;
  Time registered_at;
};

/// How far a record has come.
enum class Stage { draft, finalized, amended };

/// A visit as a client would send it: the body of POST /records, without the ids of patient and
/// doctor, which come from the indexes.
struct DemoRecord {
  std::size_t patient = 0;
  std::size_t doctor = 0;  ///< 0: doctor@demo.test; else the plan's doctors, from 1
  boost::json::object body;
  std::vector<DemoDiagnosis> diagnoses;
  Stage stage = Stage::finalized;
  Time created_at;
  Time finalized_at;             ///< unless a draft
  Time amended_at;               ///< if amended
  std::string amendment_reason;  ///< if amended
  std::string amended_notes;     ///< what `notes` become then
};

struct DemoHospital {
  std::vector<DemoPatient> patients;
  std::vector<DemoRecord> records;  ///< by time of visit
};

/// Everything of one hospital; the same for the same plan and options, on any machine.
[[nodiscard]] DemoHospital generate(const HospitalPlan& plan, const GeneratorOptions& options);

}  // namespace wardbook::demo
