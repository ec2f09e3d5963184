#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clinical/members.h"
#include "clinical/test_faults.h"
#include "clinical/visit.h"

namespace wardbook::clinical {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Parsed {
  Visit visit;
  json::value value;  ///< of the one member that was sent
  std::vector<Fault> faults;
};

/// A visit with one member beside what is required.
Parsed with(std::string_view name, json::value member) {
  Parsed out;
  json::object body{{"patient_id", 1}, {"visit_date", "2026-03-04"}, {"visit_type", "procedure"}};
  body[json::string_view(name.data(), name.size())] = std::move(member);
  out.visit = parse(body, nullptr, {}, out.faults);
  out.value = json::parse(canonical(out.visit, kContentFormat))
                  .at(json::string_view(name.data(), name.size()));
  return out;
}
Parsed vitals(json::object body) {
  return with("vital_signs", std::move(body));
}
Parsed labs(std::string_view items) {
  return with("lab_results", json::parse(items));
}
Parsed prescribed(std::string_view items) {
  return with("prescriptions", json::parse(items));
}
struct Sign {
  const char* key;
  double least;
  double most;
  double below;
  double above;
};
constexpr std::array kSigns{
    Sign{"systolic_mmhg", 20, 370, 19.9, 370.1}, Sign{"diastolic_mmhg", 5, 360, 4.9, 360.1},
    Sign{"pulse_bpm", 10, 350, 9.9, 350.1},      Sign{"respiratory_rate_per_min", 1, 120, 0, 121},
    Sign{"temperature_c", 11, 47, 10.9, 47.1},   Sign{"spo2_percent", 10, 100, 9.9, 100.1},
    Sign{"weight_kg", 0.2, 650, 0.19, 650.1},    Sign{"height_cm", 20, 275, 19.9, 275.1},
    Sign{"pain_score", 0, 10, -1, 11},           Sign{"glucose_mg_dl", 5, 2700, 4.9, 2700.1},
};

TEST(VitalSignsTest, HaveTheBoundsOfTheLiving) {
  for (const auto& sign : kSigns) {
    const std::string at = std::string("/vital_signs/") + sign.key;
    for (const double good : {sign.least, sign.most}) {
      EXPECT_THAT(vitals({{sign.key, good}}).faults, IsEmpty()) << at << good;
    }
    for (const double bad : {sign.below, sign.above, -sign.most, 1e300}) {
      EXPECT_THAT(pointers(vitals({{sign.key, bad}}).faults), ElementsAre(at)) << bad;
    }
    EXPECT_THAT(pointers(vitals({{sign.key, "80"}}).faults), ElementsAre(at));
    EXPECT_THAT(pointers(vitals({{sign.key, true}}).faults), ElementsAre(at));
    EXPECT_THAT(vitals({{sign.key, nullptr}}).faults, IsEmpty());
  }
}

TEST(VitalSignsTest, TakeNothingElse) {
  EXPECT_THAT(pointers(vitals({{"pain_score", 4.5}}).faults),
              ElementsAre("/vital_signs/pain_score"));
  EXPECT_THAT(pointers(vitals({{"temperature_f", 98.6}}).faults),
              ElementsAre("/vital_signs/temperature_f"));
  const auto sent = vitals({{"bmi", 22}});
  ASSERT_EQ(sent.faults.size(), 1U);
  EXPECT_EQ(sent.faults[0].message, "is read-only");
}

TEST(VitalSignsTest, DeriveTheBodyMassIndex) {
  EXPECT_EQ(vitals({{"weight_kg", 80}, {"height_cm", 180}}).value.at("bmi"), 24.7);
  EXPECT_EQ(vitals({{"weight_kg", 64}, {"height_cm", 160}}).value.at("bmi"), 25);
  EXPECT_EQ(vitals({{"weight_kg", 3.5}, {"height_cm", 50}}).value.at("bmi"), 14);
  EXPECT_FALSE(vitals({{"weight_kg", 80}}).value.as_object().contains("bmi"));
  EXPECT_FALSE(vitals({{"height_cm", 180}}).value.as_object().contains("bmi"));
}

TEST(VitalSignsTest, DiastolicIsBelowSystolic) {
  EXPECT_THAT(vitals({{"systolic_mmhg", 120}, {"diastolic_mmhg", 119}}).faults, IsEmpty());
  for (const int diastolic : {120, 121}) {
    EXPECT_THAT(pointers(vitals({{"systolic_mmhg", 120}, {"diastolic_mmhg", diastolic}}).faults),
                ElementsAre("/vital_signs/diastolic_mmhg"));
  }
}

TEST(VitalSignsTest, EqualValuesHaveOneSpelling) {
  const auto parsed =
      with("vital_signs", json::parse(R"({"temperature_c":37.0,"pulse_bpm":7.2e1})"));
  EXPECT_EQ(canonical_json(parsed.value), R"({"pulse_bpm":72,"temperature_c":37})");
}

/// The flag that a single lab result ends with; empty when it has none.
std::string flag(std::string_view item) {
  const auto parsed = labs("[" + std::string(item) + "]");
  EXPECT_THAT(pointers(parsed.faults), IsEmpty()) << item;
  const auto& result = parsed.value.at(0).as_object();
  return result.contains("flag") ? std::string(result.at("flag").as_string()) : "";
}

TEST(LabResultsTest, DeriveTheFlagFromTheRange) {
  EXPECT_EQ(flag(R"({"test":"K","value":3.4,"reference_low":3.5,"reference_high":5})"), "low");
  EXPECT_EQ(flag(R"({"test":"K","value":3.5,"reference_low":3.5,"reference_high":5})"), "normal");
  EXPECT_EQ(flag(R"({"test":"K","value":5,"reference_low":3.5,"reference_high":5})"), "normal");
  EXPECT_EQ(flag(R"({"test":"K","value":5.1,"reference_low":3.5,"reference_high":5})"), "high");
  EXPECT_EQ(flag(R"({"test":"K","value":5.1,"reference_low":3.5})"), "normal");
  EXPECT_EQ(flag(R"({"test":"K","value":1,"reference_low":3.5})"), "low");
  EXPECT_EQ(flag(R"({"test":"K","value":7,"reference_high":5})"), "high");
  EXPECT_EQ(flag(R"({"test":"K","value":7})"), "") << "no range, no flag";
  EXPECT_EQ(flag(R"({"test":"HBsAg","value":"positive","reference_high":5})"), "");
}

TEST(LabResultsTest, AFlagOfATextThatIsANumber) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"2", "low"},    {"<3", "low"},        {"\u22642", "low"}, {"<=2", "low"}, {"\u22643", ""},
      {"\u22657", ""}, {"\u2265 8", "high"}, {">7", "high"},     {"\u2265", ""}, {"7,2", ""}};
  for (const auto& [value, expected] : cases) {
    EXPECT_EQ(flag(R"({"test":"K","reference_low":3,"reference_high":7,"value":")" + value + "\"}"),
              expected)
        << value;
  }
}

TEST(LabResultsTest, TakeAStrongerFlagOfTheSameSide) {
  const std::string low = R"({"test":"K","value":2,"reference_low":3.5,"flag":)";
  EXPECT_EQ(flag(low + R"("critical_low"})"), "critical_low");
  EXPECT_EQ(flag(low + R"("abnormal"})"), "abnormal");
  EXPECT_EQ(flag(low + R"("low"})"), "low");
  for (const std::string wrong : {"high", "normal", "critical_high"}) {
    EXPECT_THAT(pointers(labs("[" + low + "\"" + wrong + "\"}]").faults),
                ElementsAre("/lab_results/0/flag"))
        << wrong;
  }
  EXPECT_THAT(
      pointers(labs(R"([{"test":"K","value":4,"reference_low":3.5,"flag":"abnormal"}])").faults),
      ElementsAre("/lab_results/0/flag"));
  EXPECT_EQ(flag(R"({"test":"HBsAg","value":"positive","flag":"abnormal"})"), "abnormal");
}

TEST(LabResultsTest, NameEachFaultByItsItem) {
  const auto parsed = labs(R"([{"test":"K","value":4},7,
    {"test":"K","value":1,"reference_low":5,"reference_high":3},
    {"test":"K","value":"a","taken_at":"noon","loinc":1,"other":1}])");
  EXPECT_THAT(pointers(parsed.faults),
              ElementsAre("/lab_results/1", "/lab_results/2/reference_high", "/lab_results/3/loinc",
                          "/lab_results/3/taken_at", "/lab_results/3/other"));
}

TEST(LabResultsTest, SayWhatAValueMayBe) {
  for (const auto* value : {"true", "{}", "[]"}) {
    const auto parsed = labs(R"([{"test":"K","value":)" + std::string(value) + "}]");
    ASSERT_EQ(parsed.faults.size(), 1U) << value;
    EXPECT_EQ(parsed.faults[0].message, "must be a number or a string");
  }
}

TEST(PrescriptionsTest, AQuantitySaysItsBounds) {
  for (const auto* quantity : {"-1", "0", "1e13"}) {
    const auto parsed =
        prescribed(R"([{"medication":"a","dosage":"b","frequency":"c","quantity":)" +
                   std::string(quantity) + "}]");
    ASSERT_EQ(parsed.faults.size(), 1U) << quantity;
    EXPECT_EQ(parsed.faults[0].message, "must be more than 0 and at most 1000000000000");
  }
}

TEST(PrescriptionsTest, NeedDrugDoseAndFrequency) {
  const auto good = prescribed(R"([{"medication":"Metformin","dosage":"500 mg",
    "frequency":"twice daily","route":"oral","duration":"90 days","quantity":180,"refills":3,
    "instructions":"with\nmeals","start_date":"2026-03-04","end_date":"2026-03-04"}])");
  EXPECT_THAT(pointers(good.faults), IsEmpty());
  EXPECT_EQ(good.value.at(0).at("quantity"), 180);
  EXPECT_THAT(pointers(incomplete(good.visit)), IsEmpty());
  const auto begun = prescribed(R"([{},{"medication":"a","dosage":"1","frequency":null}])");
  EXPECT_THAT(pointers(begun.faults), IsEmpty());
  EXPECT_THAT(pointers(incomplete(begun.visit)),
              ElementsAre("/prescriptions/0/medication", "/prescriptions/0/dosage",
                          "/prescriptions/0/frequency", "/prescriptions/1/frequency"));
  EXPECT_THAT(pointers(prescribed(R"([{"medication":" "}])").faults),
              ElementsAre("/prescriptions/0/medication"));
}

TEST(PrescriptionsTest, CheckTheRest) {
  const std::string start = R"([{"medication":"a","dosage":"b","frequency":"c",)";
  for (const auto& [rest, pointer] : std::vector<std::pair<std::string, std::string>>{
           {R"("refills":-1)", "refills"},
           {R"("refills":1.5)", "refills"},
           {R"("refills":100)", "refills"},
           {R"("start_date":"2026-02-30")", "start_date"},
           {R"("start_date":"2026-03-05","end_date":"2026-03-04")", "end_date"},
           {R"("quantity":{})", "quantity"},
           {R"("quantity":1e13)", "quantity"},
           {R"("colour":"blue")", "colour"}}) {
    EXPECT_THAT(pointers(prescribed(start + rest + "}]").faults),
                ElementsAre("/prescriptions/0/" + pointer))
        << rest;
  }
  EXPECT_EQ(prescribed(start + R"("quantity":"30 tablets"}])").value.at(0).at("quantity"),
            "30 tablets");
}

std::string flag(std::string_view value, std::string_view range) {
  const auto parsed =
      labs("[{\"test\":\"x\",\"value\":" + std::string(value) + "," + std::string(range) + "}]");
  EXPECT_THAT(parsed.faults, IsEmpty()) << value;
  const auto* found = parsed.value.at(0).as_object().if_contains("flag");
  return found == nullptr ? "" : std::string(found->as_string());
}

TEST(LabResultsTest, AResultSentAsTextHasAFlagWhereItIsANumber) {
  const std::string both = R"("reference_low":4,"reference_high":5.6)";
  const std::vector<std::array<std::string, 3>> cases{
      {R"("7.2")", both, "high"},
      {R"(" 5.6 ")", both, "normal"},
      {R"("+3.9")", both, "low"},
      {R"("<4")", both, "low"},
      {R"("<=4")", both, ""},
      {R"("< 5")", both, ""},
      {R"(">5.6")", both, "high"},
      {R"(">=5.6")", both, ""},
      {R"(">500")", both, "high"},
      {R"("<0.01")", R"("reference_high":0.04)", "normal"},
      {R"("<0.05")", R"("reference_high":0.04)", ""},
      {R"(">60")", R"("reference_low":60)", "normal"},
      {R"("positive")", both, ""},
      {R"("7,2")", both, ""},
      {R"("7.2 mmol")", both, ""},
      {R"("inf")", both, ""},
  };
  for (const auto& [value, range, expected] : cases) {
    EXPECT_EQ(flag(value, range), expected) << value;
  }
}

TEST(LabResultsTest, ATextThatIsANumberContradictsAsANumberDoes) {
  const auto parsed = labs(R"([{"test":"x","value":"7.2","reference_high":5.6,"flag":"low"}])");
  EXPECT_THAT(pointers(parsed.faults), ElementsAre("/lab_results/0/flag"));
}

TEST(LabResultsTest, LoincCodesHaveTheirForm) {
  for (const auto* good : {"4548-4", "1-8", "1234567-0"}) {
    EXPECT_THAT(labs(std::string(R"([{"test":"x","value":1,"loinc":")") + good + R"("}])").faults,
                IsEmpty())
        << good;
  }
  for (const auto* bad : {"nope!", "4548", "45484-", "-4", "12345678-9", "4548-44", "a548-4"}) {
    EXPECT_THAT(
        pointers(labs(std::string(R"([{"test":"x","value":1,"loinc":")") + bad + R"("}])").faults),
        ElementsAre("/lab_results/0/loinc"))
        << bad;
  }
}

TEST(PrescriptionsTest, AQuantityIsMoreThanNothing) {
  const std::string head = R"([{"medication":"x","dosage":"1","frequency":"daily","quantity":)";
  for (const auto* bad : {"0", "-5", "-0.5", "\"\"", "\" \"", "\"\u3000\""}) {
    EXPECT_THAT(pointers(prescribed(head + bad + "}]").faults),
                ElementsAre("/prescriptions/0/quantity"))
        << bad;
  }
  for (const auto* good : {"0.5", "30", "\"30 tablets\""}) {
    EXPECT_THAT(prescribed(head + good + "}]").faults, IsEmpty()) << good;
  }
}

}  // namespace
}  // namespace wardbook::clinical
