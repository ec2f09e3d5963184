#include "api/input.h"
#include "api/write.h"
#include "base/hash.h"
#include "base/text.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/headers.h"
#include "features/attachments/packing.h"
#include "features/attachments/part_sink.h"
#include "features/attachments/uploads.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {
namespace {

/// A client's body as it comes: what was sent, hashed, and taken out of its encoding.
class Incoming {
 public:
  Incoming(net::Exchange& exchange, bool gzip, std::int64_t most, Digests digests)
      : exchange_(exchange),
        left_(exchange.content_length().value_or(0)),
        digests_(std::move(digests)) {
    if (gzip) decoder_.emplace(static_cast<std::uint64_t>(most));
  }

  /// The next bytes of the file, perhaps none; nullopt at the end. Fails with payload_too_large,
  /// upload_mismatch, and as the exchange does.
  Task<std::optional<std::string>> next() {
    if (read_.empty()) {
      if (left_ == 0) co_return std::nullopt;
      const std::span<char> into(buffer_);
      const auto got = co_await exchange_.read_some(into);
      if (got == 0) throw Failure(Code::bad_request, "The body ended before its length.");
      left_ -= got;
      read_ = std::string_view(buffer_).substr(0, got);
      if (digests_.sha256) hash_.update(read_);
      if (digests_.md5) md5_.update(read_);
    }
    std::string piece;
    if (!decoder_) {
      piece = std::exchange(read_, {});
      co_return piece;
    }
    const auto state = decoder_->feed(read_.substr(0, kUnpackStep), piece);
    read_.remove_prefix(std::min(read_.size(), kUnpackStep));
    if (state == GzipDecoder::State::too_large) throw Failure(Code::payload_too_large);
    if (decoder_->refused()) fault_ = gzip_fault(state);
    if (fault_) co_return std::nullopt;
    co_return piece;
  }

  /// At the end, once: what is wrong with what was sent.
  std::optional<std::string> fault() {
    const bool cut = decoder_ && decoder_->state() != GzipDecoder::State::done;
    if (!fault_ && cut) fault_ = gzip_fault(decoder_->state());
    const bool other = (digests_.md5 && *digests_.md5 != to_hex(md5_.finish())) ||
                       (digests_.sha256 && *digests_.sha256 != to_hex(hash_.finish()));
    if (!fault_ && other) fault_ = "it is not what its digest says";
    return fault_;
  }

 private:
  net::Exchange& exchange_;
  std::uint64_t left_;
  std::optional<GzipDecoder> decoder_;
  Digests digests_;
  std::optional<std::string> fault_;
  Hasher hash_;
  Hasher md5_{Hasher::Kind::md5};
  std::string buffer_ = std::string(kReadBytes, '\0');
  std::string_view read_;
};

/// An upload on its way. Lives longer than what may fail while it is.
struct Passage {
  Passage(net::Exchange& exchange, bool gzip, std::int64_t most, bool pack, Digests digests)
      : incoming(exchange, gzip, most, std::move(digests)), packer(pack, most) {}
  Incoming incoming;
  Packer packer;
  Hasher md5{Hasher::Kind::md5};     ///< of what is stored by one PUT, as it is
  std::optional<PartSink> sink;      ///< of what is packed, or may be
  std::optional<std::string> fault;  ///< what is wrong with what was sent
};

/// What the store has of it.
struct Stored {
  Verdict verdict;
  bool certain = false;  ///< that these are the bytes which were sent
};

Declared declared_by_put(const api::Request& req, const Settings::Attachments& settings) {
  using Need = api::Input::Need;
  Declared d;
  std::vector<Fault> faults;
  boost::json::object given;
  for (const auto& [name, value] : req.query) {
    if (given.contains(name)) faults.push_back({"/" + name, "is given more than once"});
    given[name] = value;
  }
  api::Input in(given, "", faults);
  d.file_name = in.name("file_name", Need::required, kNameMost).value_or("");
  d.description = in.text("description", Need::optional, kDescriptionMost, true);
  in.finish();
  for (const auto* name : {"Content-Type", "Content-Encoding"}) {
    if (req.head.headers.count(name) > 1) {
      throw Failure(Code::bad_request,
                    "The header " + std::string(name) + " is given more than once.");
    }
  }
  set_type(d, req.head.headers.get("Content-Type").value_or(""));
  if (d.file_type.empty()) {
    throw Failure(Code::unsupported_media_type, "Send the file's type as Content-Type.");
  }
  const auto encoding = req.head.headers.get("Content-Encoding").value_or("identity");
  const bool gzip =
      equal_ignoring_case(encoding, "gzip") || equal_ignoring_case(encoding, "x-gzip");
  if (gzip && gzip_pays(d.file_name)) d.content_encoding = "gzip";
  if (!d.content_encoding && !equal_ignoring_case(encoding, "identity")) {
    throw Failure(Code::unsupported_media_type,
                  gzip ? "Send a file that is compressed already without an encoding."
                       : "Send the file itself, or with gzip.");
  }
  if (!d.file_name.empty()) check_name_and_type(d, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const auto length = req.exchange->content_length();
  if (!length) throw Failure(Code::bad_request, "Send the file's size as Content-Length.");
  if (*length == 0) throw Failure::invalid({{"", "the file is empty"}});
  if (*length > static_cast<std::uint64_t>(most_bytes(d.file_name, settings))) {
    throw Failure(Code::payload_too_large);
  }
  d.file_size = static_cast<std::int64_t>(*length);
  d.stored_size = d.file_size;
  return d;
}

Failure removed_because(const std::string& fault) {
  return Failure(Code::upload_mismatch, "The file was removed: " + fault + ".");
}

/// Fails with upload_mismatch when something is wrong with a body that has come to its end.
void check_received(const Attachment& a, Passage& passage) {
  const auto& head = passage.packer.head();
  passage.fault = passage.incoming.fault();
  if (!passage.fault) {
    passage.fault = content_fault(a.file_name, head, head.size() == passage.packer.size(),
                                  a.charset.value_or(""));
  }
  if (!passage.fault) return;
  throw removed_because(*passage.fault);
}

Verdict verdict_of(const Attachment& a, const Passage& passage) {
  Verdict out;
  const auto& head = passage.packer.head();
  const bool whole = head.size() == passage.packer.size();
  out.charset = text_charset(a.file_name, head, whole, a.charset.value_or(""));
  out.file_size = static_cast<std::int64_t>(passage.packer.size());
  out.sha256 = passage.packer.sha256();
  const bool packed = passage.packer.packed();
  out.blocks = passage.packer.blocks(packed);
  if (packed) out.content_encoding = "gzip";
  if (passage.sink) {
    out.stored_size = passage.sink->size();
    out.stored_sha256 = passage.sink->sha256();
    out.etag = passage.sink->etag();
  }
  return out;
}

s3::PutOptions put_options(App& app, const TenantId& tenant, const Attachment& a) {
  s3::PutOptions options = stored_with(a, tenant);
  options.if_none_match = app.settings.storage.conditional_put;
  return options;
}

Task<> write_some(App& app, TenantId tenant, Attachment a, Passage& passage, std::string bytes) {
  if (bytes.empty()) co_return;
  if (!passage.sink) {
    a.content_encoding.reset();
    if (passage.packer.packed()) a.content_encoding = "gzip";
    passage.sink.emplace(app.objects, a.s3_key, put_options(app, tenant, a));
  }
  co_await passage.sink->write(std::move(bytes));
}

/// A file that may be worth packing: how long it becomes is known at its end.
Task<Stored> receive(App& app, TenantId tenant, Attachment a, std::shared_ptr<Passage> passage) {
  std::string out;
  while (auto piece = co_await passage->incoming.next()) {
    out.clear();
    passage->packer.feed(*piece, out);
    co_await write_some(app, tenant, a, *passage, std::exchange(out, {}));
  }
  check_received(a, *passage);
  passage->packer.finish(out);
  co_await write_some(app, tenant, a, *passage, std::move(out));
  co_await passage->sink->finish();
  Stored stored;
  stored.verdict = verdict_of(a, *passage);
  stored.certain = passage->sink->is_certain();
  co_return stored;
}

Task<std::size_t> pass_on(std::shared_ptr<Passage> passage, std::shared_ptr<std::string> rest,
                          std::span<char> into) {
  while (rest->empty()) {
    auto piece = co_await passage->incoming.next();
    if (!piece) co_return 0;
    passage->packer.feed(*piece, *rest);
    passage->md5.update(*piece);
  }
  const std::size_t size = std::min(into.size(), rest->size());
  std::ranges::copy(std::string_view(*rest).substr(0, size), into.begin());
  rest->erase(0, size);
  co_return size;
}

/// A file that is stored as it comes, and whose length is known.
Task<Stored> stream_to_store(App& app, TenantId tenant, Attachment a,
                             std::shared_ptr<Passage> passage) {
  s3::BodyStream body;
  auto rest = std::make_shared<std::string>();
  body.source = [passage, rest](std::span<char> into) { return pass_on(passage, rest, into); };
  body.length = static_cast<std::uint64_t>(a.stored_size);
  auto etag = co_await app.objects.put(a.s3_key, std::move(body), put_options(app, tenant, a));
  if (!etag) throw store_failure(etag.error());
  check_received(a, *passage);
  passage->fault = co_await judge_content(app.objects, a, passage->packer.head(), *etag);
  if (passage->fault) throw removed_because(*passage->fault);
  std::string nothing;
  passage->packer.finish(nothing);
  Stored stored;
  stored.verdict = verdict_of(a, *passage);
  stored.verdict.stored_size = stored.verdict.file_size;
  stored.verdict.stored_sha256 = stored.verdict.sha256;
  stored.verdict.etag = *etag;
  // An ETag that is not the bytes' MD5 says nothing: it depends on the store's encryption.
  stored.certain = *etag == to_hex(passage->md5.finish());
  co_return stored;
}

/// Ends an upload that failed. Nothing of it stays, but what a store that is away is left with.
Task<> give_up(App& app, const api::Request& req, Attachment a, std::shared_ptr<Passage> passage,
               const Failure* failure) {
  const bool away = failure != nullptr && failure->code() == Code::store_unavailable;
  std::string why = passage->fault.value_or("the upload was not finished");
  if (away || (failure != nullptr && failure->code() == Code::internal)) {
    why = "the store did not take the file";
  }
  if (passage->sink && !away) co_await passage->sink->abandon();
  const Remains remains = away ? Remains::left_to_sweep : Remains::removed_now;
  co_await reject(app, req, std::move(a), std::move(why), remains);
}

/// What is certain, and what the store has after all when it is read back: it did not say, or said
/// something else. Fails with store_unavailable, also for other bytes: the client sent the right
/// ones.
Task<> make_certain(App& app, Attachment a, Stored stored) {
  if (stored.certain) co_return;
  a.file_size = stored.verdict.file_size;
  a.stored_size = stored.verdict.stored_size;
  a.content_encoding = stored.verdict.content_encoding;
  a.stored_sha256 = stored.verdict.stored_sha256;
  const Verdict found = co_await verify_object(app.objects, std::move(a));
  if (!found.fault) co_return;
  Failure changed(Code::store_unavailable, {}, "the store changed a file: " + *found.fault);
  changed.retry_after(2);
  throw changed;
}

/// A file whose beginning promised more than the rest held: packed it saves less than a tenth, so
/// it is stored once more as it is, under a key of its own.
Task<Stored> unpack(App& app, const api::Request& req, Attachment& a, Stored packed) {
  const std::string from = a.s3_key;
  auto object = co_await app.objects.get(from, std::nullopt, packed.verdict.etag);
  if (!object) throw store_failure(object.error());
  a.s3_key = co_await take_own_key(app, req, a.id);
  a.content_encoding.reset();
  PartSink sink(app.objects, a.s3_key, put_options(app, req.caller.tenant(), a));
  GzipDecoder decoder(static_cast<std::uint64_t>(packed.verdict.file_size));
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const std::span<char> into(buffer);
    auto got = co_await object->read(into);
    if (!got) throw store_failure(got.error());
    if (*got == 0) break;
    for (std::string_view rest(buffer.data(), *got); !rest.empty();
         rest.remove_prefix(std::min(rest.size(), kUnpackStep))) {
      std::string piece;
      decoder.feed(rest.substr(0, kUnpackStep), piece);
      co_await sink.write(std::move(piece));
    }
  }
  co_await sink.finish();
  if (sink.sha256() != packed.verdict.sha256) {
    throw Failure(Code::store_unavailable, {}, "the store changed a file while it was unpacked");
  }
  (void)co_await remove_leftover(app.objects, a.id, from);
  Stored out;
  out.certain = sink.is_certain();
  out.verdict = std::move(packed.verdict);
  out.verdict.content_encoding.reset();
  out.verdict.blocks.offsets.clear();
  out.verdict.stored_size = sink.size();
  out.verdict.stored_sha256 = sink.sha256();
  out.verdict.etag = sink.etag();
  co_return out;
}

/// All of it: from the client into the store, packed if that pays, and certain to be there.
Task<Verdict> take_in(App& app, const api::Request& req, Attachment& a,
                      std::shared_ptr<Passage> passage) {
  const TenantId tenant = req.caller.tenant();
  Stored stored;
  if (gzip_pays(a.file_name)) {
    stored = co_await receive(app, tenant, a, passage);
  } else {
    stored = co_await stream_to_store(app, tenant, a, passage);
  }
  const bool packed = stored.verdict.content_encoding.has_value();
  if (packed && !saves_enough(static_cast<std::uint64_t>(stored.verdict.stored_size),
                              static_cast<std::uint64_t>(stored.verdict.file_size))) {
    stored = co_await unpack(app, req, a, std::move(stored));
  }
  co_await make_certain(app, a, stored);
  co_return std::move(stored.verdict);
}

}  // namespace

Task<api::Response> upload_through(App& app, api::Request req) {
  const Settings::Attachments& settings = app.settings.attachments;
  if (!settings.proxy) {
    throw Failure(Code::forbidden, "Files go straight to the store here: start an upload.");
  }
  Digests digests = digests_of(req.head.headers);
  const auto record = req.path_id<RecordId>(Code::record_not_found);
  Declared declared = declared_by_put(req, settings);
  const bool gzip = std::exchange(declared.content_encoding, std::nullopt).has_value();
  std::optional<Attachment> a;
  {
    api::Write w = co_await api::write(app, req);
    a = co_await insert_pending(app, w, req, record, std::move(declared), "proxy");
    co_await w.commit();
  }
  const auto most = gzip ? most_bytes(a->file_name, settings) : a->file_size;
  auto passage = std::make_shared<Passage>(*req.exchange, gzip, most, gzip_pays(a->file_name),
                                           std::move(digests));
  std::exception_ptr failed;
  std::optional<Failure> failure;
  Verified verified;
  try {
    verified.verdict = co_await take_in(app, req, *a, passage);
  } catch (const Failure& known) {
    failed = std::current_exception();
    failure = known;
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) {
    co_await give_up(app, req, *a, passage, failure ? &*failure : nullptr);
    std::rethrow_exception(failed);
  }
  verified.key = a->s3_key;
  api::Response response = co_await publish(app, req, a->id, std::move(verified));
  response.status = 201;
  const std::string location = "/api/v1/attachments/" + std::to_string(a->id.value);
  co_return std::move(response).header("Location", location);
}

}  // namespace wardbook::attachments
