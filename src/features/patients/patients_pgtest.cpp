#include <gtest/gtest.h>

#include "support/clinic.h"

namespace wardbook::patients {
namespace {

namespace json = boost::json;
using wardbook::testing::Clinic;
using wardbook::testing::Outcome;
using wardbook::testing::sqlstate_of;

class PatientNumbersTest : public ::testing::Test {
 protected:
  Outcome create(const std::string& number) {
    return clinic_.call(clinic_.doctor, "POST", "/patients", 0, 0,
                        {{"patient_number", number},
                         {"first_name", "Ada"},
                         {"last_name", "North"},
                         {"date_of_birth", "1980-02-29"},
                         {"sex", "female"}});
  }
  Outcome patch(std::int64_t id, json::value body) {
    const auto now = clinic_.call(clinic_.doctor, "GET", "/patients/{id}", id);
    return clinic_.call(clinic_.doctor, "PATCH", "/patients/{id}", id, now.version,
                        std::move(body));
  }
  /// As there were before one number was one in whatever case.
  std::int64_t from_before(const std::string& number, bool shared) {
    auto intruder = Clinic::as_intruder();
    return std::stoll(
        intruder
            .value("INSERT INTO " + clinic_.in("patients") +
                   " (patient_number, first_name, last_name, date_of_birth, sex, email, created_by,"
                   " number_shared) VALUES ('" +
                   number + "', 'Old', 'One', '1950-01-01', 'male', 'a b@c', " +
                   std::to_string(clinic_.doctor.account.value) + ", " +
                   (shared ? "true" : "false") + ") RETURNING id")
            .value());
  }

  Clinic clinic_;
};

TEST_F(PatientNumbersTest, ThoseFromBeforeStayAsTheyAre) {
  const auto first = from_before("X-17", false);
  const auto second = from_before("x-17", true);
  const auto blank = from_before(" X-17", false);
  for (const auto id : {first, second, blank}) {
    EXPECT_EQ(patch(id, {{"phone", "1"}}).status, 200) << "neither number nor email is new";
    EXPECT_EQ(patch(id, {{"email", "a b@d"}}).status, 422);
  }
  EXPECT_EQ(create("X-17").code, "patient_number_taken");
  EXPECT_EQ(patch(first, {{"patient_number", "y-1"}}).status, 200);
  EXPECT_EQ(create("X-17").code, "patient_number_taken") << "the second still has it";
  EXPECT_EQ(patch(first, {{"patient_number", "X-17"}}).code, "patient_number_taken");
  EXPECT_EQ(patch(second, {{"patient_number", "X-17"}}).status, 200) << "its own";
  EXPECT_EQ(patch(first, {{"patient_number", "x-17"}}).code, "patient_number_taken");
}

TEST_F(PatientNumbersTest, OnesGivenOutPassBySuchAsWereChosen) {
  EXPECT_EQ(create("p-000001").status, 201);
  const auto id = clinic_.new_patient();
  const auto given = clinic_.call(clinic_.doctor, "GET", "/patients/{id}", id);
  EXPECT_EQ(given.body.at("patient_number"), "P-000002");
}

TEST_F(PatientNumbersTest, TheMarkIsNobodysToSet) {
  EXPECT_EQ(create("z-1").status, 201);
  auto role = clinic_.as_role();
  const std::string table = clinic_.in("patients");
  EXPECT_EQ(sqlstate_of(role, "UPDATE " + table + " SET number_shared = true"), "");
  EXPECT_EQ(role.value("SELECT bool_or(number_shared)::text FROM " + table), "false");
}

}  // namespace
}  // namespace wardbook::patients
