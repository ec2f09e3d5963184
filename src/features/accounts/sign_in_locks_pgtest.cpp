// One hospital's locked audit log, and everybody else who signs in, refreshes or uses a code.
#include <deque>
#include <ranges>

#include "features/accounts/accounts.h"
#include "features/accounts/sign_in_pgtest.h"

namespace wardbook::accounts {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::Field;

class SignInLocksTest : public SignInTest {};

/// Requests that are on their way while a hospital's log is locked.
class Waiting {
 public:
  Waiting(Clinic& clinic, const TenantId& tenant) : clinic_(clinic) {
    owner_.script("BEGIN; LOCK TABLE \"" + tenant.str() + "\".audit_log IN ACCESS EXCLUSIVE MODE");
  }
  void start(api::Handler handler, const api::Request& request) {
    boost::asio::co_spawn(clinic_.reactor,
                          perform_into(clinic_.app, handler, request, answers_.emplace_back()),
                          boost::asio::detached);
  }
  /// Until so many of them wait for it, each on a connection.
  void wait_for(int locks) {
    const auto stuck = [] {
      return std::stoi(Clinic::as_owner()
                           .value("SELECT count(*) FROM pg_locks WHERE NOT granted")
                           .value_or("0"));
    };
    while (stuck() < locks) clinic_.reactor.run_one();
  }
  [[nodiscard]] bool answered() const {
    return std::ranges::none_of(answers_, [](const Seen& one) { return one.status == 0; });
  }
  std::deque<Seen>& finish() {
    owner_.script("ROLLBACK");
    while (!answered()) clinic_.reactor.run_one();
    return answers_;
  }

 private:
  Clinic& clinic_;
  db::SyncConnection owner_ = Clinic::as_owner();
  std::deque<Seen> answers_;
};

TEST_F(SignInLocksTest, TriesThatWaitForALockedLogLeaveConnectionsToOthers) {
  Waiting waiting(clinic_, *clinic_.doctor.tenant_id);
  // As many as there are connections of all kinds; each waits for the log or for one that does.
  // Some name a hospital in which the doctor is not.
  for (int i = 0; i < 24; ++i) {
    auto wrong = login_request(clinic_.doctor.email, "wrong");
    if (i % 3 > 0) wrong.body.as_object()["tenant"] = "elsewhere";
    waiting.start(&login, wrong);
  }
  waiting.wait_for(2);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(login_on(clinic_, unknown_address(), "wrong").status, 401);
  }
  EXPECT_FALSE(waiting.answered());
  waiting.finish();
}

TEST_F(SignInLocksTest, TriesThatNameNoneOfSeveralHospitalsHoldNoSharedConnection) {
  const TenantId second = PgCluster::get().new_tenant("second");
  NewAccount account{clinic_.doctor.email, "Doctor", ""};
  run(clinic_.reactor, add_member(clinic_.db, {}, second, account, api::Role::doctor));
  Waiting waiting(clinic_, *clinic_.doctor.tenant_id);
  auto named = login_request(clinic_.doctor.email, kClinicPassword);
  named.body.as_object()["tenant"] = clinic_.doctor.tenant_id->str();
  waiting.start(&login, named);
  waiting.wait_for(1);
  for (int i = 0; i < 24; ++i) {
    waiting.start(&login, login_request(clinic_.doctor.email, i % 2 == 0 ? kClinicPassword : "x"));
  }
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(login_on(clinic_, unknown_address(), "wrong").status, 401);
  }
  const ::testing::Matcher<std::string> expected =
      AnyOf("", "tenant_required", "invalid_credentials", "account_locked", "overloaded");
  EXPECT_THAT(waiting.finish(), Each(Field(&Seen::code, expected)));
}

TEST_F(SignInLocksTest, RefreshesThatWaitForALockedLogHoldNoSharedConnection) {
  const auto session = sign_in(kClinicPassword);
  Waiting waiting(clinic_, *clinic_.doctor.tenant_id);
  waiting.start(&login, login_request(clinic_.doctor.email, "wrong"));
  waiting.start(&login, login_request(clinic_.doctor.email, kClinicPassword));
  waiting.wait_for(2);
  for (int i = 0; i < 24; ++i) {
    waiting.start(&refresh, request({{"refresh_token", refresh_token(session)}}));
  }
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(login_on(clinic_, unknown_address(), "wrong").status, 401);
  }
  EXPECT_FALSE(waiting.answered());
  waiting.finish();
}

TEST_F(SignInLocksTest, ChangesOfAMemberThatWaitForALockedLogHoldNoSharedConnection) {
  Waiting waiting(clinic_, clinic_.tenant);
  auto change = request({{"display_name", "Another Name"}});
  change.caller = clinic_.admin;
  change.path_params = {{"id", std::to_string(clinic_.nurse.account.value)}};
  for (int i = 0; i < 24; ++i) waiting.start(&patch_user, change);
  waiting.wait_for(2);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(login_on(clinic_, unknown_address(), "wrong").status, 401);
  }
  EXPECT_FALSE(waiting.answered());
  waiting.finish();
}

TEST_F(SignInLocksTest, CodesThatWaitForALockedLogHoldNoSharedConnection) {
  const auto invitee = unknown_address();
  auto invitation = request({{"email", invitee}, {"display_name", "Dana"}, {"role", "nurse"}});
  invitation.caller = clinic_.admin;
  invitation.retry_secret = "secret of the service";
  const auto invited = run(clinic_.reactor, perform(clinic_.app, &create_user, invitation));
  ASSERT_EQ(invited.status, 201) << invited.code;
  const std::string code = text(invited, "code");
  // The first group is what finds it; the rest is wrong.
  std::string wrong = code;
  for (auto& c : wrong | std::views::drop(code.find('-') + 1)) {
    if (c != '-') c = '0';
  }
  Waiting waiting(clinic_, clinic_.tenant);
  for (int i = 0; i < 24; ++i) {
    waiting.start(&accept, request({{"email", invitee},
                                    {"code", i % 2 == 0 ? wrong : code},
                                    {"password", "tulip over nine cranes"}}));
  }
  waiting.wait_for(2);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(login_on(clinic_, unknown_address(), "wrong").status, 401);
  }
  EXPECT_FALSE(waiting.answered());
  waiting.finish();
}

TEST_F(SignInLocksTest, AnOperatorsCodeForAnAccountOfSeveralHospitalsHoldsNoSharedConnection) {
  const TenantId second = PgCluster::get().new_tenant("second");
  NewAccount account{clinic_.doctor.email, "Doctor", ""};
  run(clinic_.reactor, add_member(clinic_.db, {}, second, account, api::Role::doctor));
  const std::string unusable = impossible_hash(clinic_.settings.auth);
  const auto issued = run(clinic_.reactor, reset_by_operator(clinic_.db, {}, clinic_.doctor.account,
                                                             unusable, clinic_.clock.now()));
  Waiting waiting(clinic_, *clinic_.doctor.tenant_id);
  for (int i = 0; i < 24; ++i) {
    waiting.start(&accept, request({{"email", clinic_.doctor.email},
                                    {"code", issued.code},
                                    {"password", "tulip over nine cranes"}}));
  }
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(login_on(clinic_, unknown_address(), "wrong").status, 401);
  }
  const ::testing::Matcher<std::string> expected = AnyOf("", "invalid_credentials", "overloaded");
  EXPECT_THAT(waiting.finish(), Each(Field(&Seen::code, expected)));
}

}  // namespace
}  // namespace wardbook::accounts
