#include "demo/generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <cmath>
#include <map>
#include <set>

#include "clinical/visit.h"
#include "demo/catalog.h"
#include "demo/conditions.h"
#include "demo/demo.h"
#include "demo/files.h"
#include "demo/names.h"
#include "demo/narrative.h"
#include "demo/person.h"
#include "features/allergies/allergies.h"
#include "features/patients/patients.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Date kAnchor{std::chrono::year(2026), std::chrono::month(3), std::chrono::day(15)};

GeneratorOptions options() {
  GeneratorOptions o;
  o.anchor = kAnchor;
  return o;
}

/// Made once: every test reads the same six hospitals.
const std::map<std::string_view, DemoHospital>& hospitals() {
  static const auto all = [] {
    std::map<std::string_view, DemoHospital> made;
    for (const HospitalPlan& plan : hospital_plans()) made[plan.id] = generate(plan, options());
    return made;
  }();
  return all;
}

std::string_view text(const json::object& body, std::string_view key) {
  const auto* value = body.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_string()) return {};
  return {value->as_string().data(), value->as_string().size()};
}

double sign(const DemoRecord& record, const char* key) {
  const auto* value = record.body.at("vital_signs").as_object().if_contains(key);
  return value == nullptr ? NAN : value->to_number<double>();
}

Time visit_of(const DemoRecord& record) {
  return parse_rfc3339(text(record.body, "visit_date")).value();
}

std::string whole(const DemoHospital& hospital) {
  std::string all;
  for (const auto& p : hospital.patients) all += json::serialize(p.body);
  for (const auto& r : hospital.records) {
    all += json::serialize(r.body) + format_rfc3339(r.created_at) + format_rfc3339(r.finalized_at);
    for (const auto& d : r.diagnoses) all += d.icd_code + d.status;
  }
  return all;
}

TEST(Generator, SameOptionsSameHospital) {
  const HospitalPlan& plan = hospital_plans().front();
  EXPECT_EQ(whole(generate(plan, options())), whole(hospitals().at(plan.id)));
  GeneratorOptions other = options();
  other.seed += 1;
  EXPECT_NE(whole(generate(plan, other)), whole(hospitals().at(plan.id)));
}

TEST(Generator, SixHospitalsOfTheRightSize) {
  EXPECT_THAT(hospitals(), testing::SizeIs(6));
  EXPECT_TRUE(hospitals().contains("demo_hospital_001"));
  EXPECT_TRUE(hospitals().contains("tenant_1762083064503"));
  std::set<std::string> all;
  for (const auto& [id, hospital] : hospitals()) {
    EXPECT_TRUE(TenantId::parse(id)) << id;
    EXPECT_EQ(hospital.patients.size(), 200U);
    EXPECT_EQ(hospital.records.size(), 1500U);
    all.insert(whole(hospital));
  }
  EXPECT_EQ(all.size(), 6U);
}

TEST(Generator, EverythingPassesTheChecksOfTheApi) {
  for (const auto& [id, hospital] : hospitals()) {
    std::vector<Fault> faults;
    for (const auto& patient : hospital.patients) {
      (void)patients::parse_patient(patient.body, kAnchor, nullptr, faults);
    }
    for (const auto& record : hospital.records) {
      json::object body = record.body;
      body["patient_id"] = 1;
      body["doctor_id"] = 1;
      const auto visit = clinical::parse(body, nullptr, {}, faults);
      for (auto& missing : clinical::incomplete(visit)) faults.push_back(std::move(missing));
    }
    for (const Fault& fault : faults) ADD_FAILURE() << id << fault.pointer << fault.message;
  }
}

TEST(Generator, EverybodyComesAndNobodyBeforeBirthOrAfterTheAnchor) {
  for (const auto& [id, hospital] : hospitals()) {
    std::vector<int> visits(hospital.patients.size());
    for (const auto& record : hospital.records) {
      ++visits.at(record.patient);
      const auto born = parse_date(text(hospital.patients[record.patient].body, "date_of_birth"));
      EXPECT_GT(visit_of(record), std::chrono::sys_days(*born));
      EXPECT_GE(record.created_at, visit_of(record));
      EXPECT_LT(record.created_at, Time(std::chrono::sys_days(kAnchor)));
      EXPECT_GT(visit_of(record), std::chrono::sys_days(kAnchor) - std::chrono::days(733));
      EXPECT_LE(hospital.patients[record.patient].registered_at, record.created_at);
    }
    for (const int count : visits) EXPECT_GE(count, 1);
  }
}

TEST(Generator, VisitsAreSpreadOverTheTwoYears) {
  for (const auto& [id, hospital] : hospitals()) {
    std::map<int, int> quarters;
    for (const auto& record : hospital.records) {
      const auto before = std::chrono::sys_days(kAnchor) - visit_of(record);
      ++quarters[static_cast<int>(before / std::chrono::days(92))];
    }
    for (int q = 0; q < 7; ++q) EXPECT_GE(quarters[q], 80) << id << " quarter " << q;
  }
}

TEST(Generator, StagesFollowEachOther) {
  for (const auto& [id, hospital] : hospitals()) {
    std::map<Stage, int> stages;
    for (const auto& record : hospital.records) {
      ++stages[record.stage];
      if (record.stage == Stage::draft) continue;
      EXPECT_GT(record.finalized_at, record.created_at);
      EXPECT_LT(record.finalized_at, Time(std::chrono::sys_days(kAnchor)));
      if (record.stage == Stage::finalized) continue;
      EXPECT_GT(record.amended_at, record.finalized_at);
      EXPECT_LT(record.amended_at, Time(std::chrono::sys_days(kAnchor)));
      EXPECT_THAT(record.amendment_reason, Not(IsEmpty()));
      EXPECT_NE(record.amended_notes, text(record.body, "notes"));
    }
    EXPECT_GE(stages[Stage::draft], 5) << id;
    EXPECT_GE(stages[Stage::amended], 20) << id;
    EXPECT_GE(stages[Stage::finalized], 1300) << id;
  }
}

TEST(Generator, FollowUpsLieAfterTheVisitAndSomeAreDueSomeOverdue) {
  for (const auto& [id, hospital] : hospitals()) {
    std::vector<const DemoRecord*> last(hospital.patients.size());
    for (const auto& record : hospital.records) {
      const bool required = record.body.at("follow_up_required").as_bool();
      const auto day = parse_date(text(record.body, "follow_up_date"));
      EXPECT_EQ(required, day.has_value());
      if (day) {
        EXPECT_GT(std::chrono::sys_days(*day), visit_of(record) + std::chrono::hours(12));
      }
      last[record.patient] = &record;
    }
    int due = 0;
    int overdue = 0;
    for (const DemoRecord* record : last) {
      const auto day = parse_date(text(record->body, "follow_up_date"));
      if (day) ++(std::chrono::sys_days(*day) < std::chrono::sys_days(kAnchor) ? overdue : due);
    }
    EXPECT_GE(due, 10) << id;
    EXPECT_GE(overdue, 10) << id;
  }
}

TEST(Generator, DiagnosesAreCodedWithOnePrimary) {
  std::set<std::string> codes;
  for (const auto& [id, hospital] : hospitals()) {
    for (const auto& record : hospital.records) {
      int primary = 0;
      std::set<std::string> own;
      for (const auto& d : record.diagnoses) {
        primary += d.diagnosis_type == "primary" ? 1 : 0;
        EXPECT_TRUE(own.insert(d.icd_code).second) << "twice " << d.icd_code;
        codes.insert(d.icd_code);
        EXPECT_THAT(d.status, AnyOf("active", "resolved", "chronic", "ruled_out"));
      }
      EXPECT_EQ(primary, 1);
      EXPECT_THAT(std::string(text(record.body, "diagnosis")),
                  HasSubstr("(" + record.diagnoses.front().icd_code + ")"));
    }
  }
  EXPECT_GE(codes.size(), 40U);
}

TEST(Generator, AnAdultsHeightStaysAndWeightDriftsSlowly) {
  for (const auto& [id, hospital] : hospitals()) {
    std::map<std::size_t, std::pair<double, double>> before;  // height, weight
    for (const auto& record : hospital.records) {
      const auto born = *parse_date(text(hospital.patients[record.patient].body, "date_of_birth"));
      if (years_between(born, plus_days(kAnchor, -740)) < 18) continue;
      if (std::isnan(sign(record, "height_cm"))) continue;
      const auto found = before.find(record.patient);
      if (found != before.end()) {
        EXPECT_EQ(sign(record, "height_cm"), found->second.first);
        EXPECT_NEAR(sign(record, "weight_kg"), found->second.second, 14);
      }
      before[record.patient] = {sign(record, "height_cm"), sign(record, "weight_kg")};
    }
  }
}

TEST(Generator, ChildrenDoNotShrink) {
  for (const auto& [id, hospital] : hospitals()) {
    std::map<std::size_t, double> height;
    for (const auto& record : hospital.records) {
      const double now = sign(record, "height_cm");
      if (std::isnan(now)) continue;
      EXPECT_GE(now, height[record.patient]) << id << " patient " << record.patient;
      height[record.patient] = now;
    }
  }
}

TEST(Generator, SignsAreThoseOfTheLiving) {
  for (const auto& [id, hospital] : hospitals()) {
    for (const auto& record : hospital.records) {
      const auto between = [&](const char* key, double low, double high) {
        const double value = sign(record, key);
        if (std::isnan(value)) return;
        EXPECT_GE(value, low) << key;
        EXPECT_LE(value, high) << key;
      };
      between("systolic_mmhg", 75, 215);
      between("diastolic_mmhg", 38, 125);
      between("pulse_bpm", 45, 210);
      between("temperature_c", 35.5, 40.6);
      between("spo2_percent", 84, 100);
      between("respiratory_rate_per_min", 10, 45);
      between("weight_kg", 8, 190);
      between("height_cm", 70, 205);
      if (!std::isnan(sign(record, "systolic_mmhg"))) {
        EXPECT_GE(sign(record, "systolic_mmhg") - sign(record, "diastolic_mmhg"), 15);
      }
    }
  }
}

/// The mean of a sign or result over the records whose primary diagnosis begins so.
double mean_sign(const char* key, std::string_view icd) {
  double sum = 0;
  int count = 0;
  for (const auto& [id, hospital] : hospitals()) {
    for (const auto& record : hospital.records) {
      if (!record.diagnoses.front().icd_code.starts_with(icd)) continue;
      if (record.diagnoses.front().status == "resolved" || std::isnan(sign(record, key))) continue;
      sum += sign(record, key);
      ++count;
    }
  }
  return sum / count;
}

TEST(Generator, ConditionsShowInTheSigns) {
  EXPECT_GT(mean_sign("temperature_c", "J18.9"), 37.5);
  EXPECT_LT(mean_sign("temperature_c", "I10"), 37.0);
  EXPECT_LT(mean_sign("spo2_percent", "J44.9"), 96);
  EXPECT_GT(mean_sign("spo2_percent", "M54"), 96.5);
  EXPECT_GT(mean_sign("systolic_mmhg", "I10"), mean_sign("systolic_mmhg", "G43") + 8);
  EXPECT_GT(mean_sign("pain_score", "N20"), 5);
}

TEST(Generator, TreatmentWorks) {
  std::map<std::string, std::vector<double>> series;  // of each person's HbA1c
  for (const auto& [id, hospital] : hospitals()) {
    for (const auto& record : hospital.records) {
      for (const auto& lab : record.body.at("lab_results").as_array()) {
        if (text(lab.as_object(), "loinc") != "4548-4") continue;
        series[std::string(id) + std::to_string(record.patient)].push_back(
            lab.as_object().at("value").to_number<double>());
      }
    }
  }
  int fell = 0;
  int rose = 0;
  for (const auto& [who, values] : series) {
    for (const double value : values) {
      EXPECT_GE(value, 5.0);
      EXPECT_LE(value, 12.0);
    }
    if (values.size() >= 3) ++(values.back() <= values.front() + 0.3 ? fell : rose);
  }
  EXPECT_GT(fell, 3 * rose);
  EXPECT_GT(fell, 20);
}

TEST(Generator, PrescriptionsFitTheDiagnosis) {
  for (const auto& [id, hospital] : hospitals()) {
    for (const auto& record : hospital.records) {
      const std::string drugs = json::serialize(record.body.at("prescriptions"));
      const std::string& icd = record.diagnoses.front().icd_code;
      if (icd == "E11.9") {
        EXPECT_THAT(drugs, HasSubstr("Metformin"));
      }
      if (icd == "E03.9") {
        EXPECT_THAT(drugs, HasSubstr("Levothyroxine"));
      }
      if (icd == "Z00.00") {
        EXPECT_EQ(drugs.find("cillin"), std::string::npos);
      }
    }
  }
}

TEST(Generator, NobodyGetsWhatTheyAreAllergicTo) {
  int allergic = 0;
  for (const auto& [id, hospital] : hospitals()) {
    for (const auto& record : hospital.records) {
      const auto& allergies = hospital.patients[record.patient].body.at("allergies").as_array();
      const std::string known = json::serialize(allergies);
      const std::string drugs = json::serialize(record.body.at("prescriptions"));
      allergic += allergies.empty() ? 0 : 1;
      std::vector<allergies::Prescribed> lines;
      for (const auto& line : record.body.at("prescriptions").as_array()) {
        lines.push_back({std::string(line.at("medication").as_string()), 0});
      }
      // A doctor may well give losartan after an angioedema under lisinopril.
      const auto warnings = json::parse(allergies::warnings_json(known, lines, ""));
      for (const auto& warning : warnings.as_array()) {
        EXPECT_EQ(warning.at("match"), "cross") << warnings;
        EXPECT_NE(warning.at("severity"), "interrupting") << warnings;
      }
      if (known.find("Penicillin") != std::string::npos) {
        EXPECT_THAT(drugs, Not(HasSubstr("Amoxi")));
      }
      if (known.find("Ibuprofen") != std::string::npos) {
        EXPECT_THAT(drugs, Not(AnyOf(HasSubstr("Ibuprofen"), HasSubstr("Naproxen"))));
      }
    }
  }
  EXPECT_GT(allergic, 1000);
}

TEST(Generator, TextReadsLikeAChart) {
  for (const auto& [id, hospital] : hospitals()) {
    std::set<std::string> histories;
    for (const auto& record : hospital.records) {
      for (const char* key : {"chief_complaint", "history_of_present_illness",
                              "physical_examination", "diagnosis", "treatment_plan"}) {
        const std::string said(text(record.body, key));
        EXPECT_THAT(said, Not(IsEmpty())) << key;
        EXPECT_THAT(said, Not(AnyOf(HasSubstr("{"), HasSubstr("}"), HasSubstr("  "),
                                    HasSubstr(".."), HasSubstr(" ."))))
            << said;
      }
      histories.insert(std::string(text(record.body, "history_of_present_illness")));
    }
    EXPECT_GT(histories.size(), 1200U) << id;
  }
}

TEST(Catalog, EveryConditionHasEverythingItNeeds) {
  std::set<std::string_view> codes;
  for (const auto* list : {&chronic_conditions(), &acute_conditions(), &planned_visits()}) {
    for (const Condition& one : *list) {
      EXPECT_TRUE(codes.insert(one.icd).second) << one.icd;
      EXPECT_EQ(&condition(one.icd), &one);
      for (const Phrases* phrases : {&one.complaints, &one.history, &one.later, &one.examination,
                                     &one.assessment, &one.plan}) {
        EXPECT_FALSE(phrases->empty()) << one.icd;
      }
      EXPECT_EQ(one.follow_up > 0, !one.instructions.empty()) << one.icd;
      if (one.follow_up > 0) {
        EXPECT_GE(one.follow_up_days_low, 2) << one.icd;
      }
      for (const Lab lab : one.labs) EXPECT_EQ(lab_test(lab).key, lab);
      for (const auto& step : one.treatments) {
        for (const Med med : step) EXPECT_EQ(medication(med).key, med);
      }
    }
  }
  EXPECT_GE(codes.size(), 45U);
  EXPECT_TRUE(is_lasting(condition("I10")));
  EXPECT_FALSE(is_lasting(condition("J06.9")));
}

TEST(Names, BecomeAddresses) {
  EXPECT_EQ(ascii_name("Łukasz"), "lukasz");
  EXPECT_EQ(ascii_name("Müller"), "mueller");
  EXPECT_EQ(ascii_name("O'Brien"), "obrien");
  for (const HospitalPlan& plan : hospital_plans()) {
    for (const auto& [key, share] : plan.cultures) {
      for (const auto* names : {&culture(key).female, &culture(key).male, &culture(key).family}) {
        for (const auto name : *names) EXPECT_THAT(ascii_name(name), Not(IsEmpty())) << name;
      }
    }
  }
}

TEST(Narrative, FillsPlacesWithACapitalAtTheStart) {
  EXPECT_EQ(fill("{side} eye. {side} of {he}.", {{"side", "left"}, {"he", "her"}}),
            "Left eye. Left of her.");
  EXPECT_EQ(listed({"a", "b", "c"}), "a, b and c");
}

TEST(Endpoint, IsHostAndPort) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(parse_endpoint("[::1]:0")->host, "::1");
  for (const char* bad : {"", "8080", ":8080", "a:", "a:65536", "a:-1", "::1:80", "a:80x"}) {
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
  }
}

TEST(Files, QuoteForTheShellAndMakeReadablePasswords) {
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(env_file({{"A", "b c"}}), "A='b c'\n");
  EXPECT_THAT(readable_password(), testing::MatchesRegex("([a-z2-9]{4}-){3}[a-z2-9]{4}"));
}

}  // namespace
}  // namespace wardbook::demo
