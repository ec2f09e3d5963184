#include "features/attachments/scanning.h"

#include <utility>

#include "api/input.h"
#include "base/log.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/kept_files.h"
#include "features/attachments/outgoing.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {
namespace {

using ScanVerdict = net::ScanResult::Verdict;

Task<std::string> next_piece(std::shared_ptr<Outgoing> out, std::function<void()> before_step) {
  if (before_step) before_step();
  co_return co_await out->next();
}

/// What the scanner says of the original bytes.
Task<net::ScanResult> scan(db::Pool& db, s3::Store& store, std::shared_ptr<const Scanner> scanner,
                           TenantId tenant, Attachment a, std::function<void()> before_step) {
  net::ScanResult large;
  large.verdict = ScanVerdict::too_large;
  if (a.file_size > scanner->max_bytes) co_return large;
  const auto last = static_cast<std::uint64_t>(a.file_size) - 1;
  auto out = std::make_shared<Outgoing>(
      co_await Outgoing::open(db, store, std::move(tenant), std::move(a), 0, last));
  net::ScanSource source = [out, before_step] { return next_piece(out, before_step); };
  co_return co_await net::clamd_scan(scanner->reactor, scanner->address, std::move(source),
                                     scanner->timeout);
}

audit::Entry scanned_entry(const Attachment& a, audit::Action action, std::string after,
                           std::optional<std::string> reason) {
  audit::Entry entry{.action = action,
                     .resource = "attachment",
                     .resource_id = a.id.value,
                     .patient = a.patient_id,
                     .reason = std::move(reason),
                     .before = R"({"state":"quarantined"})",
                     .after = std::move(after)};
  return entry;
}

Task<audit::Entry> queue_release(db::Tx& tx, const Attachment& a, bool scanned) {
  tx.queue(kRelease, a.id, scanned ? "clean" : "not_scanned");
  std::optional<std::string> reason;
  if (!scanned) reason = "larger than the scanner takes";
  std::string after =
      R"({"state":"available","sha256":)" + api::quoted(a.sha256.value_or("")) + "}";
  audit::Entry entry = scanned_entry(a, "attachment.publish", std::move(after), std::move(reason));
  co_return co_await keep_file(tx, a.id, std::nullopt, std::move(entry));
}

}  // namespace

Task<std::optional<AttachmentId>> scan_next(db::Pool& db, s3::Store& store,
                                            std::shared_ptr<const Scanner> scanner, TenantId tenant,
                                            AttachmentId after, std::function<void()> before_step) {
  const Door door{db, store, tenant, audit::Actor{}, true};
  std::optional<Attachment> a;
  {
    db::Tx tx = co_await door.begin();
    a = co_await tx.maybe_one(kNextToScan, after, store.options().bucket);
    co_await tx.commit();
  }
  if (!a) co_return std::nullopt;
  const net::ScanResult result =
      co_await scan(db, store, std::move(scanner), tenant, *a, std::move(before_step));
  const bool infected = result.verdict == ScanVerdict::infected;
  db::Tx begun = co_await door.begin();
  api::Write w = api::write_over(audit::journal(), std::move(begun), door.actor);
  db::Tx& tx = w.tx();
  const auto now = co_await tx.maybe_one(kLockAny, a->id);
  if (!now || now->state != "quarantined" || now->s3_key != a->s3_key) co_return a->id;
  if (infected) {
    const std::string reason = "malware: " + result.signature.substr(0, 200);
    tx.queue(kInfected, a->id, reason);
    w.log_in(tenant, scanned_entry(*now, "attachment.infected", R"({"state":"rejected"})", reason));
  } else {
    const bool scanned = result.verdict == ScanVerdict::clean;
    audit::Entry entry = co_await queue_release(tx, *now, scanned);
    w.log_in(tenant, std::move(entry));
  }
  co_await w.commit();
  if (!infected) co_return a->id;
  log::warning("a file was rejected: the scanner found malware in it",
               {{"tenant", tenant.str()}, {"attachment", a->id.value}});
  a->upload_id.reset();
  co_await remove_rejected(door, *a);
  co_return a->id;
}

}  // namespace wardbook::attachments
