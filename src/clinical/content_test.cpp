#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json_elements.h"
#include "clinical/members.h"
#include "clinical/test_faults.h"
#include "clinical/visit.h"

namespace wardbook::clinical {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Visit visit_of(std::string_view body, const Visit* before = nullptr) {
  std::vector<Fault> faults;
  Visit out = parse(json::parse(body).as_object(), before, {}, faults);
  EXPECT_THAT(pointers(faults), IsEmpty());
  return out;
}

constexpr std::string_view kHead =
    R"({"patient_id":1,"visit_date":"2026-03-04","visit_type":"procedure")";

Visit with(const std::string& rest, const Visit* before = nullptr) {
  return visit_of(std::string(kHead) + "," + rest + "}", before);
}

TEST(VisitTest, GathersTheFaultsOfAllItsParts) {
  std::vector<Fault> faults;
  (void)parse(json::parse(R"({"patient_id":0,"visit_type":"party","status":"finalized",
    "vital_signs":{"pulse_bpm":5},"prescriptions":[{"dosage":1}],"lab_results":{},"notes":1,
    "colour":"blue","diagnosis":"a\u0007"})")
                  .as_object(),
              nullptr, {"status"}, faults);
  EXPECT_THAT(pointers(faults),
              ElementsAre("/patient_id", "/visit_date", "/visit_type", "/diagnosis",
                          "/prescriptions/0/dosage", "/vital_signs/pulse_bpm", "/lab_results",
                          "/notes", "/status", "/colour"));
}

TEST(VisitTest, AFollowUpWithoutADayIsIncomplete) {
  EXPECT_THAT(pointers(incomplete(with(R"("follow_up_required":true)"))),
              ElementsAre("/follow_up_date"));
  const auto visit = with(R"("follow_up_required":true,"follow_up_date":"2026-04-01")");
  EXPECT_THAT(pointers(incomplete(visit)), IsEmpty());
}

TEST(VisitTest, WhatIsIncompleteIsToldFromTheContentToo) {
  for (const std::string rest :
       {R"("notes":"all is said")", R"("follow_up_required":true)",
        R"("prescriptions":[{"medication":"A"}],"lab_results":[{"value":1},{"test":"K"}])",
        R"("prescriptions":[{"medication":"A","dosage":"1","frequency":"daily"}])"}) {
    const auto visit = with(rest);
    const std::string content = canonical(visit, kContentFormat);
    const auto told = json::parse(incomplete_json(members_of(content))).as_array();
    std::vector<std::string> at;
    for (const auto& each : told) at.emplace_back(each.at("pointer").as_string());
    EXPECT_EQ(at, pointers(incomplete(visit))) << rest;
  }
}

// ---- content ------------------------------------------------------------------------------------

TEST(ContentTest, DoesNotDependOnTheSpelling) {
  const auto one = visit_of(R"({"patient_id":1,"visit_date":"2026-03-04T06:06:07+01:00",
    "visit_type":"consultation","vital_signs":{"temperature_c":37.0,"pulse_bpm":72},
    "lab_results":[{"test":"K","value":4.50,"taken_at":"2026-03-04T00:00:00-01:00"}]})");
  const auto other = visit_of(R"({"lab_results":[{"value":45e-1,"test":"\u004b",
    "taken_at":"2026-03-04T01:00:00.000Z"}],"notes":null,"prescriptions":[],
    "vital_signs":{"pulse_bpm":7.2e1,"temperature_c":3.7E+1,"weight_kg":null},
    "visit_type":"consultation","visit_date":"2026-03-04T05:06:07Z","patient_id":1.0})");
  EXPECT_EQ(canonical(one, kContentFormat), canonical(other, kContentFormat));
  EXPECT_EQ(one, other);
}

TEST(ContentTest, OfFormat1) {
  Visit visit = with(R"("notes":"a","prescriptions":[{"medication":"b","dosage":"c"}],
    "lab_results":[{"test":"d","value":1.5,"reference_high":1}],"doctor_id":2,
    "vital_signs":{"weight_kg":80,"height_cm":180},"follow_up_date":"2026-04-01")");
  visit.diagnoses.push_back({DiagnosisId(4), "E11.9", "Diabetes", "primary", "active", {}});
  settle(visit, {}, 3);
  EXPECT_EQ(
      canonical(visit, 1),
      R"({"chief_complaint":null,"diagnoses":[{"diagnosis_name":"Diabetes","diagnosis_type":)"
      R"("primary","icd_code":"E11.9","id":4,"notes":null,"status":"active"}],"diagnosis":null,)"
      R"("doctor_id":2,"follow_up_date":"2026-04-01","follow_up_instructions":null,)"
      R"("follow_up_required":false,"history_of_present_illness":null,"lab_results":[{)"
      R"("changed_in_version":3,"flag":"high","id":2,"reference_high":1,"test":"d","value":1.5}],)"
      R"("last_item_id":2,"notes":"a","patient_id":1,"physical_examination":null,)"
      R"("prescriptions":[{"changed_in_version":3,"dosage":"c","id":1,"medication":"b"}],)"
      R"("treatment_plan":null,"visit_date":"2026-03-04","visit_type":"procedure","vital_signs":)"
      R"({"bmi":24.7,"height_cm":180,"weight_kg":80}})");
}

TEST(ContentTest, IsCanonicalAndReadBackAsItWas) {
  Visit visit = with(R"("chief_complaint":"\u00e4\ud83e\ude7a \"stark\"\n\tx \u2028",
    "prescriptions":[{"medication":"A","quantity":1e2,"refills":0},{"quantity":"10 \u00b5g"}],
    "vital_signs":{"temperature_c":37.05,"pain_score":0},"follow_up_required":true,
    "lab_results":[{"test":"TSH","value":0.0000001},{"value":-1e12,"taken_at":"2026-03-04"}])");
  visit.diagnoses.push_back({DiagnosisId(4), "E11.9", "D", "primary", "active", "note"});
  settle(visit, {}, 1);
  const std::string content = canonical(visit, kContentFormat);
  EXPECT_EQ(canonical_json(json::parse(content)), content);
  EXPECT_EQ(read(content), visit);
}

/// A visit as a later version of the program might have it: with one field more.
struct LaterVisit : Visit {
  MaybeText pain_location;
};
std::vector<Field<LaterVisit>> later_fields() {
  std::vector<Field<LaterVisit>> out;
  const auto carry_over = [](const auto place) -> Place<LaterVisit> { return place; };
  for (const auto& field : kVisitFields) {
    out.push_back(
        {.name = field.name, .place = std::visit(carry_over, field.place), .since = field.since});
  }
  out.push_back(text_field("pain_location", &LaterVisit::pain_location, kShort).from_format(2));
  return out;
}

TEST(ContentTest, AFieldOfALaterFormatLeavesTheEarlierOneAlone) {
  LaterVisit later;
  static_cast<Visit&>(later) = with(R"("notes":"a")");
  later.pain_location = "left knee";
  const auto fields = later_fields();
  const auto written = [&](int format) {
    return canonical_of(std::span<const Field<LaterVisit>>(fields), later, format);
  };
  EXPECT_EQ(written(1), canonical(later, 1));
  EXPECT_THAT(written(2), ::testing::HasSubstr(R"("pain_location":"left knee")"));
}

TEST(ContentTest, ItsMembersAreFoundInTheText) {
  const std::string text = R"({"a":"x\"},{","b":[{"c":[]},"]"],"d":{},"e":-1.5e3,"f":null})";
  const JsonMembers expected{{"a", R"("x\"},{")"},
                             {"b", R"([{"c":[]},"]"])"},
                             {"d", "{}"},
                             {"e", "-1.5e3"},
                             {"f", "null"}};
  EXPECT_EQ(members_of(text), expected);
  EXPECT_THAT(members_of("{}"), IsEmpty());
  EXPECT_THAT(elements_of(R"([{"a":"],\\"},[1,2],"x",3])"),
              ElementsAre(R"({"a":"],\\"})", "[1,2]", R"("x")", "3"));
  EXPECT_THAT(elements_of("[]"), IsEmpty());
  EXPECT_EQ(member(expected, "e"), "-1.5e3");
  EXPECT_EQ(member(expected, "missing"), "null");
}

// ---- items --------------------------------------------------------------------------------------

Visit first_version() {
  Visit visit = with(R"("prescriptions":[{"medication":"A","dosage":"1"},{"medication":"B"}],
    "lab_results":[{"test":"K","value":7,"reference_high":5}])");
  settle(visit, {}, 1);
  return visit;
}

TEST(ItemTest, KeepItsIdAsLongAsItIsSentBack) {
  const Visit first = first_version();
  EXPECT_EQ(first.last_item_id, 3);
  Visit second = with(R"("prescriptions":[{"medication":"C"},{"id":2,"medication":"B"},
      {"id":1,"medication":"A","dosage":"2","changed_in_version":1}])",
                      &first);
  settle(second, first, 2);
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> versions;
  for (const auto& item : second.prescriptions) {
    ids.push_back(item.id);
    versions.push_back(item.changed_in_version);
  }
  EXPECT_THAT(ids, ElementsAre(4, 2, 1));
  EXPECT_THAT(versions, ElementsAre(2, 1, 2));
}

TEST(ItemTest, AnIdIsNeverGivenAgain) {
  const Visit first = first_version();
  Visit second = with(R"("notes":"all gone")", &first);
  settle(second, first, 2);
  Visit third = with(R"("lab_results":[{"test":"Na"}])", &second);
  settle(third, second, 3);
  EXPECT_EQ(third.lab_results.at(0).id, 4);
}

TEST(ItemTest, UnknownIdsAreRefused) {
  const Visit first = first_version();
  const auto faults_of = [](const std::string& items, const Visit* before) {
    std::vector<Fault> faults;
    (void)parse(json::parse(std::string(kHead) + R"(,"prescriptions":)" + items + "}").as_object(),
                before, {}, faults);
    return pointers(faults);
  };
  EXPECT_THAT(faults_of(R"([{"id":9}])", &first), ElementsAre("/prescriptions/0/id"));
  EXPECT_THAT(faults_of(R"([{"id":3}])", &first), ElementsAre("/prescriptions/0/id"))
      << "of another list";
  EXPECT_THAT(faults_of(R"([{"id":1},{"id":1}])", &first), ElementsAre("/prescriptions/1/id"));
  EXPECT_THAT(faults_of(R"([{"id":"1"}])", &first), ElementsAre("/prescriptions/0/id"));
  EXPECT_THAT(faults_of(R"([{"id":1}])", nullptr), ElementsAre("/prescriptions/0/id"));
  EXPECT_THAT(faults_of(R"([{"id":1,"changed_in_version":2}])", &first),
              ElementsAre("/prescriptions/0/changed_in_version"));
  EXPECT_THAT(faults_of(R"([{"changed_in_version":1}])", &first),
              ElementsAre("/prescriptions/0/changed_in_version"));
}

TEST(ItemTest, AFlagThatIsSentBackIsDerivedAnew) {
  const Visit first = first_version();
  const auto visit = with(
      R"("lab_results":[{"id":3,"test":"K","value":4,"reference_high":5,"flag":"high"}])", &first);
  EXPECT_EQ(visit.lab_results.at(0).flag, "normal");
}

TEST(ItemTest, WhatIsWritableCanBeSentBack) {
  Visit first = first_version();
  first.vital_signs.weight_kg = 80;
  first.vital_signs.bmi = 20;
  std::vector<Fault> faults;
  const Visit again = parse(writable(first), &first, {}, faults);
  EXPECT_THAT(pointers(faults), IsEmpty());
  EXPECT_EQ(again.prescriptions, first.prescriptions);
  EXPECT_EQ(again.lab_results, first.lab_results);
  EXPECT_EQ(again.last_item_id, first.last_item_id);
}

// ---- differences --------------------------------------------------------------------------------

/// "pointer: before -> after" of each.
std::vector<std::string> told(const Visit& before, const Visit& after) {
  std::vector<std::string> out;
  for (const auto& change : differences(canonical(before, 1), canonical(after, 1))) {
    out.push_back(std::string(change.at("pointer").as_string()) + ": " +
                  json::serialize(change.at("before")) + " -> " +
                  json::serialize(change.at("after")));
  }
  return out;
}

TEST(DifferencesTest, FieldByField) {
  const auto before = with(R"("notes":"a","vital_signs":{"pulse_bpm":70,"pain_score":2})");
  const auto after = with(R"("diagnosis":"b","vital_signs":{"pulse_bpm":80,"spo2_percent":99},
    "follow_up_required":true)");
  EXPECT_THAT(
      told(before, after),
      ElementsAre(R"(/diagnosis: null -> "b")", "/vital_signs/pain_score: 2 -> null",
                  "/vital_signs/pulse_bpm: 70 -> 80", "/vital_signs/spo2_percent: null -> 99",
                  R"(/notes: "a" -> null)", "/follow_up_required: false -> true"));
  EXPECT_THAT(told(before, before), IsEmpty());
}

TEST(DifferencesTest, ItemsAreComparedByTheirIds) {
  const Visit first = first_version();
  Visit second = with(R"("prescriptions":[{"id":2,"medication":"B2"},{"medication":"C"}],
    "lab_results":[{"id":3,"test":"K","value":7,"reference_high":5}])",
                      &first);
  settle(second, first, 2);
  EXPECT_THAT(
      told(first, second),
      ElementsAre(
          R"(/prescriptions/0: {"changed_in_version":1,"dosage":"1","id":1,"medication":"A"} )"
          "-> null",
          R"(/prescriptions/0/medication: "B" -> "B2")",
          R"(/prescriptions/1: null -> {"changed_in_version":2,"id":4,"medication":"C"})"));
  const auto changes = differences(canonical(first, 1), canonical(second, 1));
  EXPECT_EQ(changes.at(1).at("item_id"), 2);
}

TEST(DifferencesTest, AnotherOrderIsOneDifference) {
  const Visit first = first_version();
  Visit second = first;
  std::swap(second.prescriptions[0], second.prescriptions[1]);
  EXPECT_THAT(told(first, second), ElementsAre("/prescriptions: [1,2] -> [2,1]"));
}

TEST(DifferencesTest, DiagnosesAreComparedByTheirIds) {
  Visit before = with(R"("notes":"a")");
  before.diagnoses.push_back({DiagnosisId(1), "E11.9", "D", "primary", "active", {}});
  before.diagnoses.push_back({DiagnosisId(2), "I10", "H", "secondary", "active", {}});
  Visit after = before;
  after.diagnoses.erase(after.diagnoses.begin());
  after.diagnoses[0].notes = "worse";
  EXPECT_THAT(told(before, after),
              ElementsAre(R"(/diagnoses/0: {"diagnosis_name":"D","diagnosis_type":"primary",)"
                          R"("icd_code":"E11.9","id":1,"notes":null,"status":"active"} -> null)",
                          R"(/diagnoses/0/notes: null -> "worse")"));
}

// ---- search and templates -----------------------------------------------------------------------

TEST(SearchedTextsTest, ShortOnesComeFirst) {
  Visit visit =
      with(R"("chief_complaint":"cough","diagnosis":"cold","notes":"n","treatment_plan":"t",
    "history_of_present_illness":"h","physical_examination":"p","follow_up_instructions":"f",
    "prescriptions":[{"medication":"A","frequency":"daily","route":"oral","dosage":"1"}],
    "lab_results":[{"test":"K","value":4},{"test":"HBsAg","value":"neg"}])");
  visit.diagnoses.push_back({DiagnosisId(1), "J20.9", "Bronchitis", "primary", "active", "new"});
  const auto texts = searched_texts(visit, "MR-1");
  EXPECT_THAT(texts.main, ElementsAre("cough", "cold", "J20.9 Bronchitis", "new"));
  EXPECT_THAT(texts.rest, ElementsAre("A 1 oral daily", "K", "HBsAg neg", "f", "t", "n", "h", "p"));
}

TEST(TemplateTest, FillsWhatIsNotOfOneVisit) {
  const auto faults_of = [](std::string_view content) {
    std::vector<Fault> faults;
    check_template(json::parse(content).as_object(), "/content", faults);
    return pointers(faults);
  };
  EXPECT_THAT(faults_of(R"({"notes":"a","follow_up_required":true,
    "prescriptions":[{"medication":"A"}]})"),
              IsEmpty());
  EXPECT_THAT(faults_of(R"({"patient_id":1,"visit_date":"x","follow_up_date":1,"colour":1,
    "prescriptions":[{"id":1}]})"),
              ElementsAre("/content/patient_id", "/content/visit_date", "/content/follow_up_date",
                          "/content/prescriptions/0/id", "/content/colour"));
}

}  // namespace
}  // namespace wardbook::clinical
