// Results, problems and follow-ups as objects: what waits for too long becomes everybody's, and
// whoever gets past the service is noticed by `audit verify`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/clinic.h"

namespace wardbook {
namespace {

namespace json = boost::json;
using testing::Clinic;
using ::testing::HasSubstr;
using testing::run;

class ChartObjectsTest : public ::testing::Test {
 protected:
  testing::Outcome post(const char* what, json::value body) {
    return clinic_.call(clinic_.doctor, "POST", std::string("/patients/{id}/") + what, patient_, 0,
                        std::move(body));
  }
  std::string fault(objects::Kind kind) {
    audit::Verdict verdict;
    run(clinic_.reactor, objects::verify(clinic_.db, clinic_.tenant, kind, verdict));
    return verdict.first_fault.value_or("none");
  }
  Task<std::int64_t> waiting(AccountId doctor) {
    db::Tx tx = co_await clinic_.db.begin(clinic_.tenant);
    co_return co_await results::critical_waiting(tx, doctor);
  }
  std::int64_t critical(AccountId doctor) { return run(clinic_.reactor, waiting(doctor)); }

  Clinic clinic_;
  std::int64_t patient_ = clinic_.new_patient();
};

TEST_F(ChartObjectsTest, ACriticalResultThatWaitsForAnHourIsEverybodys) {
  const auto made = post("results", {{"test", "Potassium"},
                                     {"value", 7.1},
                                     {"unit", "mmol/L"},
                                     {"doctor_id", clinic_.doctor.account.value}});
  ASSERT_EQ(made.status, 201) << made.code;
  const AccountId other(clinic_.doctor.account.value + 1'000'000);
  EXPECT_EQ(critical(clinic_.doctor.account), 1);
  EXPECT_EQ(critical(other), 0);
  auto intruder = Clinic::as_intruder();
  intruder.script("UPDATE " + clinic_.in("chart_objects") +
                  " SET updated_at = now() - interval '61 minutes'");
  EXPECT_EQ(critical(other), 1);
}

TEST_F(ChartObjectsTest, ATamperedObjectIsNoticed) {
  ASSERT_EQ(post("results", {{"test", "CRP"}, {"value", 7}}).status, 201);
  ASSERT_EQ(post("problems", {{"name", "Reflux"}}).status, 201);
  ASSERT_EQ(post("follow-ups", {{"what_for", "Check"}, {"due", "2026-04-01"}}).status, 201);
  auto intruder = Clinic::as_intruder();
  for (const auto& kind : {results::kResult, problems::kProblem, follow_ups::kFollowUp}) {
    ASSERT_EQ(fault(kind), "none") << kind.resource;
    intruder.script("UPDATE " + clinic_.in("chart_objects") +
                    " SET content = content || '{\"forged\": true}' WHERE resource = '" +
                    std::string(kind.resource) + "'");
    EXPECT_THAT(fault(kind), HasSubstr("is not what the version says")) << kind.resource;
  }
}

TEST_F(ChartObjectsTest, AnObjectChangesByItsNextVersionOnlyAndIsNeverDeleted) {
  ASSERT_EQ(post("results", {{"test", "CRP"}, {"value", 7}}).status, 201);
  auto role = clinic_.as_role();
  const std::string table = clinic_.in("chart_objects");
  EXPECT_EQ(testing::sqlstate_of(role, "UPDATE " + table + " SET content = '{\"a\": 1}'"), "WB003");
  EXPECT_EQ(testing::sqlstate_of(role, "DELETE FROM " + table), testing::kRefused);
}

/// The list of follow-ups is what the objects and the drafts say, whoever writes them.
TEST_F(ChartObjectsTest, TheListOfFollowUpsIsKeptWithItsObjects) {
  auto role = clinic_.as_role();
  const auto listed = [&] {
    return role
        .value(
            "SELECT string_agg(concat_ws(' ', due, object_id IS NULL), ', ' ORDER BY due) FROM " +
            clinic_.in("follow_ups"))
        .value_or("");
  };
  const auto made = post(
      "follow-ups", {{"what_for", "Check"}, {"due", "2026-04-01"}, {"due_until", "2026-04-10"}});
  ASSERT_EQ(made.status, 201) << made.code;
  EXPECT_EQ(listed(), "2026-04-10 f");
  const auto record = clinic_.new_record(patient_);
  const auto asked = clinic_.call(clinic_.doctor, "PATCH", "/records/{id}", record, 1,
                                  {{"follow_up_required", true}, {"follow_up_date", "2026-05-01"}});
  ASSERT_EQ(asked.status, 200) << asked.code;
  EXPECT_EQ(listed(), "2026-04-10 f, 2026-05-01 t");
  ASSERT_EQ(clinic_.finalize(record, asked.version).status, 200);
  EXPECT_EQ(listed(), "2026-04-10 f, 2026-05-01 f");
  const auto closed = clinic_.call(clinic_.doctor, "PATCH", "/follow-ups/{id}",
                                   made.body.at("id").as_int64(), 1, {{"outcome", "died"}});
  ASSERT_EQ(closed.status, 200) << closed.code;
  EXPECT_EQ(listed(), "2026-05-01 f");
}

}  // namespace
}  // namespace wardbook
