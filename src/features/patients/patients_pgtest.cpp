#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "features/patients/patients_reindex.h"
#include "features/patients/patients_search.h"
#include "support/clinic.h"
#include "text/key.h"

namespace wardbook::patients {
namespace {

namespace json = boost::json;
using wardbook::testing::Clinic;
using wardbook::testing::Outcome;
using wardbook::testing::run;
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
  /// A row that the service did not write, with keys of an older format.
  std::string row(const std::string& number, const std::string& key, const std::string& name) {
    return "INSERT INTO " + clinic_.in("patients") +
           " (patient_number, first_name, last_name, date_of_birth, sex, email, created_by,"
           " number_key) VALUES ('" +
           number + "', 'Old', '" + name + "', '1950-01-01', 'male', 'a b@c', " +
           std::to_string(clinic_.doctor.account.value) + ", " + key + ") RETURNING id";
  }
  std::int64_t from_before(const std::string& number, const std::string& name = "One") {
    auto intruder = Clinic::as_intruder();
    return std::stoll(intruder.value(row(number, "'" + text::key(number) + "'", name)).value());
  }

  Clinic clinic_;
};

TEST_F(PatientNumbersTest, WhatIsNotNewIsNotChecked) {
  const auto blank = from_before(" X-17");
  EXPECT_EQ(patch(blank, {{"phone", "1"}}).status, 200) << "neither number nor email is new";
  EXPECT_EQ(patch(blank, {{"email", "a b@d"}}).status, 422);
  EXPECT_EQ(create("X-17").code, "patient_number_taken");
}

TEST_F(PatientNumbersTest, OnesGivenOutPassBySuchAsWereChosen) {
  EXPECT_EQ(create("p-000001").status, 201);
  EXPECT_EQ(create("\uFF30-000002").status, 201) << "full width";
  const auto id = clinic_.new_patient();
  const auto given = clinic_.call(clinic_.doctor, "GET", "/patients/{id}", id);
  EXPECT_EQ(given.body.at("patient_number"), "P-000003");
}

TEST_F(PatientNumbersTest, WhatReadsTheSameIsOneNumber) {
  EXPECT_EQ(create("Stra\u00DFe-1").status, 201);
  for (const auto* same :
       {"STRASSE-1", "Stra\u00DFe-\uFF11", "Stra\u00ADsse-1", "stra\u00DFe\u200B-1"}) {
    EXPECT_EQ(create(same).code, "patient_number_taken") << same;
  }
  const auto other = clinic_.new_patient();
  EXPECT_EQ(patch(other, {{"patient_number", "strasse-1"}}).code, "patient_number_taken");
  EXPECT_EQ(create("Strase-1").status, 201);
}

TEST_F(PatientNumbersTest, TheDatabaseRefusesARowWithoutItsKey) {
  EXPECT_EQ(create("z-1").status, 201);
  auto role = clinic_.as_role();
  EXPECT_EQ(sqlstate_of(role, row("Z-2", "NULL", "One")), "23502");
  EXPECT_EQ(sqlstate_of(role, row("Z-2", "''", "One")), "23514");
  EXPECT_EQ(sqlstate_of(role, row("Z-1", "'z-1'", "One")), "23505");
  EXPECT_EQ(sqlstate_of(role, row("Z-2", "'z-2'", "One")), "");
}

class PatientKeysTest : public PatientNumbersTest {
 protected:
  Rekeyed rewrite(const std::function<void(std::int64_t)>& tell = [](std::int64_t) {}) {
    return run(clinic_.reactor, reindex(clinic_.app, clinic_.tenant, tell));
  }
  std::int64_t outdated() {
    return run(clinic_.reactor, count_outdated(clinic_.db, clinic_.tenant));
  }
  std::vector<std::int64_t> found(const std::string& q) {
    return run(clinic_.reactor, find(clinic_.db, clinic_.tenant, q));
  }

 private:
  static Task<std::vector<std::int64_t>> find(db::Pool& db, TenantId tenant, std::string q) {
    db::Tx tx = co_await db.begin(std::move(tenant));
    const auto page = co_await search(tx, parse_search(q), std::nullopt, 200, true);
    std::vector<std::int64_t> ids;
    for (const auto& row : page.rows) ids.push_back(row.id.value);
    EXPECT_EQ(page.total, static_cast<std::int64_t>(ids.size()));
    co_return ids;
  }
};

TEST_F(PatientKeysTest, OlderOnesAreRewrittenPageByPage) {
  constexpr int kPatients = 60;
  for (int i = 0; i < kPatients; ++i) {
    (void)from_before("OLD-" + std::to_string(100 + i), "M\u00FCller");
  }
  EXPECT_EQ(outdated(), kPatients);
  EXPECT_THAT(found("Mueller"), ::testing::IsEmpty());
  std::vector<std::int64_t> pages;
  const auto done = rewrite([&pages](std::int64_t page) { pages.push_back(page); });
  EXPECT_EQ(done.rewritten, kPatients);
  EXPECT_EQ(done.failed, 0);
  EXPECT_THAT(pages, ::testing::ElementsAre(50, 10));
  EXPECT_EQ(outdated(), 0);
  for (const auto* q : {"Mueller", "muller", "Old M\u00FCller", "OLD-1"}) {
    EXPECT_EQ(found(q).size(), kPatients) << q;
  }
  EXPECT_EQ(found("old 107").size(), 1U);
  EXPECT_EQ(rewrite().rewritten, 0);
}

TEST_F(PatientKeysTest, OneThatCannotBeRewrittenHoldsNobodyUp) {
  auto intruder = Clinic::as_intruder();
  EXPECT_EQ(create("x-1").status, 201);
  intruder.script(row("X-1", "'an older key'", "Twice"));
  const auto other = from_before("X-2", "Alone");
  const auto done = rewrite();
  EXPECT_EQ(done.rewritten, 1);
  EXPECT_EQ(done.failed, 1);
  EXPECT_THAT(found("Alone"), ::testing::ElementsAre(other));
  EXPECT_EQ(outdated(), 1);
}

TEST_F(PatientKeysTest, NamesOfAnyScriptAreFoundAndFollowAChange) {
  const auto id = clinic_.new_patient();
  const std::vector<std::pair<std::string, std::vector<std::string>>> names{
      {"\u0418\u0432\u0430\u043D\u043E\u0432",
       {"\u0438\u0432\u0430\u043D\u043E\u0432", "\u0438\u0432\u043D\u0430\u043E\u0432",
        "\u0418\u0412\u0410\u041D"}},
      {"\u674E\u5C0F\u9F99", {"\u674E\u5C0F\u9F99", "\u674E", "\u674E\u5C0F"}},
      {"\u0623\u062D\u0645\u062F", {"\u0627\u062D\u0645\u062F"}},
      {"\u0E2A\u0E21\u0E0A\u0E32\u0E22", {"\u0E2A\u0E21\u0E0A\u0E32\u0E22"}},
      {"O\u2019Brien", {"obrien", "O'Brien", "obrein"}},
  };
  std::string before = "North";
  for (const auto& [name, typed] : names) {
    EXPECT_EQ(patch(id, {{"last_name", name}}).status, 200);
    for (const auto& q : typed) EXPECT_THAT(found(q), ::testing::ElementsAre(id)) << q;
    EXPECT_THAT(found(before), ::testing::IsEmpty()) << before;
    before = name;
  }
}

}  // namespace
}  // namespace wardbook::patients
