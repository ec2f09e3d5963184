#pragma once

#include <algorithm>
#include <array>
#include <string_view>

/// What an audit entry can say happened. A new action is a row here and a word in docs/audit.md,
/// which a test compares with this table.
namespace wardbook::audit {

inline constexpr std::array kActions = std::to_array<std::string_view>({
    // Patients.
    "patient.create",
    "patient.update",
    "patient.read",
    "patient.list",
    "patient.search",
    "patient.timeline",
    "patient.vitals",
    "patient.labs",
    // Visits.
    "record.create",
    "record.update",
    "record.diagnose",
    "record.finalize",
    "record.amend",
    "record.reopen",
    "record.void",
    "record.read",
    "record.list",
    "record.search",
    "record.versions",
    "record.version",
    "record.diagnoses",
    "record.files",
    // Files.
    "attachment.start",
    "attachment.resume",
    "attachment.complete",
    "attachment.publish",
    "attachment.quarantine",
    "attachment.infected",
    "attachment.abort",
    "attachment.reject",
    "attachment.abandon",
    "attachment.delete",
    "attachment.restore",
    "attachment.purge",
    "attachment.altered",
    "attachment.lost",
    "attachment.restore_archive",
    "attachment.unarchived",
    "attachment.read",
    "attachment.versions",
    "attachment.download",
    "attachment.download_url",
    // People.
    "account.invite",
    "account.renew_code",
    "account.join",
    "account.create",
    "account.update",
    "account.disable",
    "account.enable",
    "account.reset_code",
    "account.reset_password",
    "account.release",
    // Signing in.
    "auth.login",
    "auth.refresh",
    "auth.logout",
    "auth.lock",
    "auth.unlock",
    "auth.end_session",
    "auth.password",
    "auth.confirm",
    "auth.accept",
    // Holds and erasures.
    "hold.list",
    "hold.place",
    "hold.release",
    "erasure.request",
    "erasure.read",
    "erasure.refuse",
    "erasure.complete",
    // Templates.
    "template.create",
    "template.update",
    "template.remove",
    // The log itself.
    "audit.list",
    "audit.read",
    // Whatever was asked for.
    "access.refused",
    "access.failed",
    "access.replayed",
    // Hospitals, in the platform's log.
    "tenant.create",
    "tenant.update",
    "tenant.suspend",
    "tenant.resume",
});

/// Not constexpr, so that a constant expression which reaches it does not compile.
inline void this_action_is_not_in_the_table() {}

/// One of the table's names. Made from a literal while compiling: another name does not compile.
class Action {
 public:
  // Implicit, so that an entry says `.action = "patient.read"`.
  consteval Action(const char* name) : name_(name) {  // NOLINT(google-explicit-constructor)
    if (std::ranges::find(kActions, name_) == kActions.end()) this_action_is_not_in_the_table();
  }
  [[nodiscard]] constexpr std::string_view name() const { return name_; }
  friend constexpr bool operator==(Action, Action) = default;

 private:
  std::string_view name_;
};

}  // namespace wardbook::audit
