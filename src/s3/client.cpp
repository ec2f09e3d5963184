#include "s3/client.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "base/hash.h"
#include "base/text.h"
#include "s3/call.h"

namespace wardbook::s3 {
namespace {

/// An error document is some hundred bytes.
constexpr std::size_t kMaxError = 64 * 1024;

std::uint64_t random_seed() {
  const auto bytes = random_bytes(sizeof(std::uint64_t));
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof(seed));
  return seed;
}

net::ClientOptions client_options(const StoreOptions& options, const Endpoint& endpoint,
                                  std::size_t max_per_owner = 0) {
  net::ClientOptions out;
  out.host = endpoint.host;
  out.port = endpoint.port;
  out.tls = endpoint.tls;
  out.max_connections = options.max_connections;
  out.max_per_owner = max_per_owner;
  out.connect_timeout = options.connect_timeout;
  out.response_timeout = options.response_timeout;
  out.io_timeout = options.io_timeout;
  return out;
}

S3Failure transport_failure(const net::TransportError& error) {
  S3Failure failure;
  failure.error = S3Error::unavailable;
  failure.message = error.what();
  failure.maybe_done = error.sent();
  switch (error.kind()) {
    case net::TransportError::Kind::connect:
      failure.code = "CannotConnect";
      break;
    case net::TransportError::Kind::timeout:
      failure.code = "Timeout";
      break;
    case net::TransportError::Kind::closed:
      failure.code = "ConnectionClosed";
      break;
    case net::TransportError::Kind::protocol:
      failure.code = "UnintelligibleAnswer";
      break;
    case net::TransportError::Kind::busy:
      failure.code = kBusy;
      break;
    case net::TransportError::Kind::taken:
      failure.code = "ConnectionTaken";
      break;
    case net::TransportError::Kind::too_large:
      failure.error = S3Error::rejected;
      failure.code = "EntityTooLarge";
      break;
  }
  return failure;
}

std::optional<std::chrono::seconds> retry_after_of(const net::Headers& headers) {
  const auto text = headers.get("retry-after").value_or("");
  const auto seconds = parse_number<int>(text);
  if (!seconds || *seconds < 0) return std::nullopt;
  return std::chrono::seconds{*seconds};
}

/// A body in memory, piece by piece, so that the deadline is looked at in between.
Task<std::string> read_body(net::ClientResponse& response, std::size_t limit, Deadline deadline) {
  std::string out;
  std::string buffer(16 * 1024, '\0');
  for (;;) {
    const std::size_t count = co_await response.read_some(buffer);
    if (count == 0) co_return out;
    if (out.size() + count > limit) {
      throw net::TransportError(net::TransportError::Kind::too_large, true, "answer too large");
    }
    out.append(buffer, 0, count);
    if (std::chrono::steady_clock::now() > deadline) {
      throw net::TransportError(net::TransportError::Kind::timeout, true, "deadline passed");
    }
  }
}

struct HeldBody {
  std::string bytes;
  std::size_t at = 0;
};

Task<std::size_t> take_from(std::shared_ptr<HeldBody> body, std::span<char> into) {
  const auto count = body->bytes.copy(into.data(), into.size(), body->at);
  body->at += count;
  co_return count;
}

net::BodySource source_of(std::string bytes) {
  auto body = std::make_shared<HeldBody>();
  body->bytes = std::move(bytes);
  return [body](std::span<char> into) { return take_from(body, into); };
}

Task<std::size_t> read_counted(std::shared_ptr<BodyProgress> progress, net::BodySource source,
                               std::span<char> into) {
  progress->touched = true;
  const std::size_t count = co_await source(into);
  progress->count += count;
  progress->ended = count == 0;
  co_return count;
}

/// Notes what was read, which decides whether and how the body may be repeated.
net::BodySource counted(net::BodySource source, std::shared_ptr<BodyProgress> progress) {
  return [source = std::move(source), progress = std::move(progress)](std::span<char> into) {
    return read_counted(progress, source, into);
  };
}

}  // namespace

Store::Store(boost::asio::io_context& reactor, StoreOptions options, const Clock& clock)
    : reactor_(reactor),
      options_(std::move(options)),
      clock_(clock),
      credentials_{options_.access_key, options_.secret_key, options_.session_token},
      address_(Endpoint::parse(options_.endpoint), options_.bucket, options_.path_style),
      client_(reactor, client_options(options_, Endpoint::parse(options_.endpoint))),
      // A body cannot be begun anew while its client sends it, so its connection cannot be taken.
      uploads_(reactor, client_options(options_, Endpoint::parse(options_.endpoint),
                                       std::max<std::size_t>(1, options_.max_connections / 4))),
      downloads_(reactor, client_options(options_, Endpoint::parse(options_.endpoint))),
      presigner_(Endpoint::parse(options_.public_endpoint.empty() ? options_.endpoint
                                                                  : options_.public_endpoint),
                 options_.bucket, options_.path_style, options_.region, credentials_),
      backoff_(options_.retry, random_seed()) {}

Store::~Store() = default;

std::string Store::presign(const PresignRequest& request) {
  return presigner_.url(request, clock_.now());
}

Store::Call Store::object_call(std::string_view method, std::string_view key) {
  Call call;
  call.method = method;
  call.path = address_.path_prefix + net::percent_encode(key, true);
  if (options_.owner_of) call.owner = options_.owner_of(key);
  return call;
}

Store::Call Store::bucket_call(std::string_view method) {
  Call call;
  call.method = method;
  call.path = address_.path_prefix;
  if (call.path.size() > 1) call.path.pop_back();
  return call;
}

/// Signed anew for every attempt: the date must be fresh.
net::ClientRequest Store::signed_request(Call& call) {
  std::string target = call.path;
  for (std::size_t i = 0; i < call.params.size(); ++i) {
    target += i == 0 ? '?' : '&';
    target += net::percent_encode(call.params[i].first);
    target += '=';
    target += net::percent_encode(call.params[i].second);
  }
  SigningOptions signing;
  signing.time = clock_.now();
  signing.region = options_.region;
  if (!call.stream) signing.payload_hash = payload_hash(call.body);
  auto headers = call.headers;
  headers.set("Host", address_.host);
  auto done = sign_by_header(call.method, target, std::move(headers), credentials_, signing, keys_);

  net::ClientRequest request;
  request.owner = call.owner;
  request.method = call.method;
  request.target = std::move(done.target);
  request.headers = std::move(done.headers);
  for (const auto& [name, value] : call.unsigned_headers.all()) request.headers.add(name, value);
  if (call.stream) {
    if (call.progress->touched) {
      call.stream->source = call.stream->reopen();
      *call.progress = {};
    }
    request.source = counted(call.stream->source, call.progress);
    request.source_length = call.stream->length;
  } else if (call.idempotent) {
    request.body = call.body;
  } else {
    // The connection pool repeats by itself what failed on a kept connection, but not a source.
    request.source_length = call.body.size();
    request.source = source_of(call.body);
  }
  return request;
}

Task<Store::Attempt> Store::attempt(Call& call, Deadline deadline) {
  Attempt out;
  try {
    auto request = signed_request(call);
    auto& client = call.stream ? uploads_ : call.stream_answer ? downloads_ : client_;
    auto response = co_await client.send(std::move(request));
    const int status = response->status();
    Answer answer;
    answer.status = status;
    answer.headers = response->headers();
    answer.content_length = response->content_length();
    const bool good = status >= 200 && status < 300;
    if (good && call.stream_answer) {
      answer.response = std::move(response);
      out.answer = std::move(answer);
      co_return out;
    }
    const std::size_t limit = good ? kMaxDocument : kMaxError;
    answer.body = co_await read_body(*response, limit, deadline);
    const auto error = good && !call.error_in_200 ? std::nullopt : parse_error_xml(answer.body);
    if (good && !error) {
      out.answer = std::move(answer);
      co_return out;
    }
    // An error that follows a 200 is one of the server's, as if it had come with 500.
    const int effective = good ? 500 : status;
    const std::string code = error ? error->code : "";
    const auto verdict = classify(effective, code);
    out.failure = {verdict.error, status, code, error ? error->message : "",
                   verdict.retry == Retry::if_idempotent};
    out.retry = verdict.retry;
    out.retry_after = retry_after_of(answer.headers);
  } catch (const net::TransportError& error) {
    out.failure = transport_failure(error);
    const bool hopeless = error.kind() == net::TransportError::Kind::too_large;
    out.retry = hopeless ? Retry::no : error.sent() ? Retry::if_idempotent : Retry::yes;
    // It has waited already, and more who try again would not make it shorter.
    if (error.kind() == net::TransportError::Kind::busy) out.retry = Retry::no;
    if (call.stream && call.progress->ended && call.progress->count < call.stream->length) {
      out.failure = {S3Error::mismatch, 0, "IncompleteBody", "the source ended early", false};
      out.retry = Retry::no;
    }
  }
  co_return out;
}

Task<Result<Store::Answer>> Store::perform(Call call) {
  if (call.stream) call.progress = std::make_shared<BodyProgress>();
  const auto deadline = std::chrono::steady_clock::now() + options_.deadline;
  bool maybe_done = false;
  for (int number = 1;; ++number) {
    auto result = co_await attempt(call, deadline);
    if (result.answer) co_return std::move(*result.answer);
    // Once an attempt may have been carried out, a later refusal does not undo it.
    maybe_done = maybe_done || result.failure.maybe_done;
    result.failure.maybe_done = maybe_done;

    bool again =
        result.retry == Retry::yes || (result.retry == Retry::if_idempotent && call.idempotent);
    if (call.stream && call.progress->touched && !call.stream->reopen) again = false;
    const auto wait = again ? backoff_.wait_after(number, result.retry_after) : std::nullopt;
    if (!wait || (!call.stream && std::chrono::steady_clock::now() + *wait > deadline)) {
      co_return std::move(result.failure);
    }
    co_await pause(*wait);
  }
}

std::size_t Store::waiting() const {
  return client_.waiting() + uploads_.waiting() + downloads_.waiting();
}

Task<> Store::pause(std::chrono::milliseconds wait) {
  boost::asio::steady_timer timer(reactor_, wait);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

// Objects -----------------------------------------------------------------------------------------

Task<Result<std::string>> Store::put_call(Call call) {
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  co_return std::string(unquoted(answer->headers.get("etag").value_or("")));
}

namespace {

S3Failure invalid_header() {
  return {S3Error::rejected, 0, "InvalidHeader", "a header value has control characters", false};
}

S3Failure changed(int status) {
  return {S3Error::changed, status, "PreconditionFailed", "another object than was named", false};
}

}  // namespace

Task<Result<std::string>> Store::put(std::string key, std::string body, PutOptions options) {
  auto call = object_call("PUT", key);
  if (!add_put_headers(options, call.headers)) co_return invalid_header();
  call.body = std::move(body);
  call.idempotent = !options.if_none_match;
  co_return co_await put_call(std::move(call));
}

Task<Result<std::string>> Store::put(std::string key, BodyStream body, PutOptions options) {
  auto call = object_call("PUT", key);
  if (!add_put_headers(options, call.headers)) co_return invalid_header();
  call.stream = std::move(body);
  call.idempotent = !options.if_none_match;
  co_return co_await put_call(std::move(call));
}

Task<Result<Store::Answer>> Store::open(std::string key, std::optional<ByteRange> range,
                                        std::string if_match) {
  auto call = object_call("GET", key);
  call.stream_answer = true;
  if (range) {
    call.headers.set("Range", "bytes=" + std::to_string(range->first) + "-" +
                                  (range->last ? std::to_string(*range->last) : ""));
  }
  if (!if_match.empty()) call.headers.set("If-Match", "\"" + if_match + "\"");
  auto answer = co_await perform(std::move(call));
  if (!answer && answer.error().status == 412) {
    auto cause = std::move(answer).error();
    cause.error = S3Error::changed;
    co_return std::move(cause);
  }
  co_return std::move(answer);
}

Task<Result<ObjectStream>> Store::get(std::string key, std::optional<ByteRange> range,
                                      std::string if_match) {
  auto answer = co_await open(key, range, if_match);
  if (!answer) co_return std::move(answer).error();
  ObjectStream stream(*this, key);
  auto info = object_info(answer->headers, answer->content_length);
  if (!info) co_return unintelligible(answer->status, "an object without a size");
  // A store may ignore If-Match; what it says of itself counts.
  if (!if_match.empty() && info->etag != if_match) co_return changed(answer->status);
  stream.info_ = std::move(*info);
  stream.end_ = stream.info_.size;
  if (range) {
    // A store that ignores the range must not pass the object's beginning off as its middle.
    const auto got = parse_content_range(answer->headers.get("content-range").value_or(""));
    if (answer->status != 206 || !got || got->first != range->first ||
        (range->last && got->last > *range->last)) {
      co_return unintelligible(answer->status, "not the range that was asked for");
    }
    stream.begin_ = stream.at_ = got->first;
    stream.end_ = got->last + 1;
  }
  if (answer->content_length && *answer->content_length != stream.length()) {
    co_return unintelligible(answer->status, "length and range disagree");
  }
  stream.response_ = std::move(answer->response);
  stream.lend();
  co_return std::move(stream);
}

Task<Result<std::size_t>> ObjectStream::read(std::span<char> into) {
  if (at_ == end_ || into.empty()) co_return std::size_t{0};
  for (;;) {
    std::optional<S3Failure> failure;
    if (response_ != nullptr) {
      try {
        const std::size_t count = co_await response_->read_some(into);
        if (count > 0 && count <= end_ - at_) {
          at_ += count;
          if (at_ == end_) response_.reset();
          co_return count;
        }
        failure = unintelligible(200, "the body has another length than announced");
      } catch (const net::TransportError& error) {
        failure = transport_failure(error);
        if (error.kind() == net::TransportError::Kind::taken) released_ = true;
      }
      response_.reset();
    }
    if (!std::exchange(released_, false)) {
      const auto wait = store_->backoff_.wait_after(++failures_);
      if (!wait || info_.etag.empty()) {
        co_return failure ? std::move(*failure) : unintelligible(0, "read after a failure");
      }
      co_await store_->pause(*wait);
    }
    const ByteRange rest{at_, end_ - 1};
    auto answer = co_await store_->open(key_, rest, info_.etag);
    if (!answer) {
      auto cause = std::move(answer).error();
      if (cause.status == 404) cause.error = S3Error::changed;  // removed under the reader
      co_return std::move(cause);
    }
    const auto got = parse_content_range(answer->headers.get("content-range").value_or(""));
    if (answer->status != 206 || !got || got->first != at_ || got->last + 1 != end_) {
      co_return unintelligible(answer->status, "not the range that was asked for");
    }
    response_ = std::move(answer->response);
    lend();
  }
}

void ObjectStream::lend() {
  // Without an ETag nobody could tell whether the rest is of the same object.
  if (response_ != nullptr && !info_.etag.empty()) response_->lend();
}

void ObjectStream::release() {
  if (response_ == nullptr || info_.etag.empty()) return;
  response_.reset();
  released_ = true;
}

Task<Result<std::string>> Store::get_all(std::string key, std::size_t limit) {
  auto stream = co_await get(std::move(key));
  if (!stream) co_return std::move(stream).error();
  if (stream->length() > limit) {
    co_return S3Failure{S3Error::rejected, 200, "EntityTooLarge", "larger than expected", false};
  }
  std::string out(stream->length(), '\0');
  std::size_t at = 0;
  for (;;) {
    auto count = co_await stream->read(std::span(out).subspan(at));
    if (!count) co_return std::move(count).error();
    at += *count;
    if (at == out.size()) break;
  }
  co_return std::move(out);
}

Task<Result<ObjectInfo>> Store::head(std::string key) {
  auto call = object_call("HEAD", key);
  call.headers.set("x-amz-checksum-mode", "ENABLED");  // otherwise the checksum is kept back
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  auto info = object_info(answer->headers, answer->content_length);
  if (!info) co_return unintelligible(answer->status, "an object without a size");
  co_return std::move(*info);
}

Task<Result<void>> Store::remove(std::string key) {
  auto call = object_call("DELETE", key);
  auto answer = co_await perform(std::move(call));
  // AWS and Ceph answer 204 for a missing object; other stores say so.
  if (!answer && answer.error().error != S3Error::not_found) co_return std::move(answer).error();
  co_return Result<void>{};
}

Task<Result<std::string>> Store::copy(std::string from, std::string to, CopyOptions options) {
  auto call = object_call("PUT", to);
  call.error_in_200 = true;
  if (options.replace) {
    if (!add_put_headers(*options.replace, call.headers)) co_return invalid_header();
    call.headers.set("x-amz-metadata-directive", "REPLACE");
    call.idempotent = !options.replace->if_none_match;
  }
  if (!options.storage_class.empty()) {
    call.headers.set("x-amz-storage-class", options.storage_class);
  }
  if (!options.server_side_encryption.empty()) {
    call.headers.set("x-amz-server-side-encryption", options.server_side_encryption);
  }
  call.headers.set("x-amz-copy-source", "/" + net::percent_encode(options_.bucket) + "/" +
                                            net::percent_encode(from, true));
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  auto etag = parse_etag_xml(answer->body);
  if (!etag) co_return unintelligible(answer->status, "not a CopyObjectResult");
  co_return std::move(*etag);
}

}  // namespace wardbook::s3
