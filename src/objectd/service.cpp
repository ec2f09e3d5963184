#include "objectd/service.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/log.h"
#include "base/text.h"
#include "objectd/error.h"
#include "objectd/xml.h"

namespace wardbook::objectd {
namespace {

bool origin_allowed(const Options& options, std::string_view origin) {
  return std::ranges::any_of(options.allowed_origins, [&](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

/// The rules of the bucket that a path names.
std::shared_ptr<const BucketRules> rules_of(const Service& service, std::string_view raw_path) {
  const auto path = net::percent_decode(raw_path);
  if (!path || path->size() < 2) return nullptr;
  return service.store.rules(path->substr(1, path->find('/', 1) - 1));
}

/// What the bucket's own rules say of a preflight; nullopt: nothing.
std::optional<net::Response> preflight_by_rule(const Service& service, const net::RequestHead& head,
                                               std::string_view origin, std::string_view method) {
  const auto rules = rules_of(service, head.raw_path());
  const CorsRule* rule = rules ? find_cors_rule(rules->cors, origin, method) : nullptr;
  const auto asked = head.headers.get("access-control-request-headers").value_or("");
  if (rule == nullptr || !allows_headers(*rule, asked)) return std::nullopt;
  net::Response out;
  out.headers.set("Access-Control-Allow-Methods", joined(rule->methods, ", "));
  if (!asked.empty()) out.headers.set("Access-Control-Allow-Headers", asked);
  if (rule->max_age_s) {
    out.headers.set("Access-Control-Max-Age", std::to_string(*rule->max_age_s));
  }
  return out;
}

net::Response preflight(const Service& service, const net::RequestHead& head) {
  const auto origin = head.headers.get("origin");
  const auto method = head.headers.get("access-control-request-method");
  if (!origin || !method) {
    throw S3Error(errors::kInvalidRequest,
                  "Insufficient information. Origin request header needed.");
  }
  if (!origin_allowed(service.options, *origin)) {
    auto by_rule = preflight_by_rule(service, head, *origin, *method);
    if (by_rule) return std::move(*by_rule);
  }
  constexpr std::string_view kMethods = "GET, HEAD, PUT, POST, DELETE";
  if (!origin_allowed(service.options, *origin) || kMethods.find(*method) == kMethods.npos) {
    throw S3Error(errors::kAccessDenied, "CORSResponse: This CORS request is not allowed.");
  }
  net::Response out;
  out.headers.set("Access-Control-Allow-Methods", kMethods);
  if (const auto asked = head.headers.get("access-control-request-headers")) {
    out.headers.set("Access-Control-Allow-Headers", *asked);
  }
  out.headers.set("Access-Control-Max-Age", "3600");
  return out;
}

/// What is answered from the index alone; nullopt for everything else.
std::optional<net::Response> answer_at_once(Service& service, const S3Request& request) {
  using enum Operation;
  net::Response out;
  const auto setting = setting_of(request.operation);
  if (setting && row_of(request.operation).method == "GET") {
    return get_setting(service, request, *setting);
  }
  switch (request.operation) {
    case list_buckets:
      return objectd::list_buckets(service, request);
    case bucket_location:
      return objectd::bucket_location(service, request);
    case bucket_acl:
      service.store.check_bucket(request.bucket);
      return acl();
    case object_acl:
      (void)service.store.tags(request.bucket, request.key, request.version());
      return acl();
    case get_tagging:
      return objectd::get_tagging(service, request);
    case Operation::list_versions:
      return objectd::list_versions(service, request);
    case Operation::list_objects:
    case list_objects_v2:
      return objectd::list_objects(service, request);
    case list_uploads:
      return objectd::list_uploads(service, request);
    default:
      return std::nullopt;
  }
}

Task<net::Response> answer(Service& service, net::Exchange& exchange, Call call) {
  using enum Operation;
  auto at_once = answer_at_once(service, call.request);
  if (at_once) co_return std::move(*at_once);
  if (const auto setting = setting_of(call.request.operation)) {
    if (row_of(call.request.operation).method == "PUT") {
      co_return co_await put_setting(service, exchange, std::move(call), *setting);
    }
    co_return co_await delete_setting(service, std::move(call), *setting);
  }
  net::Response out;
  switch (call.request.operation) {
    case head_bucket:
      out = co_await objectd::head_bucket(service, std::move(call));
      break;
    case create_bucket:
      out = co_await objectd::create_bucket(service, exchange, std::move(call));
      break;
    case delete_bucket:
      out = co_await objectd::delete_bucket(service, std::move(call));
      break;
    case delete_objects:
      out = co_await objectd::delete_objects(service, exchange, std::move(call));
      break;
    case put_object:
      out = co_await objectd::put_object(service, exchange, std::move(call));
      break;
    case copy_object:
      out = co_await objectd::copy_object(service, std::move(call));
      break;
    case delete_object:
      out = co_await objectd::delete_object(service, std::move(call));
      break;
    case put_tagging:
      out = co_await objectd::put_tagging(service, exchange, std::move(call));
      break;
    case delete_tagging:
      out = co_await objectd::delete_tagging(service, std::move(call));
      break;
    case object_attributes:
      out = co_await objectd::object_attributes(service, std::move(call));
      break;
    case create_upload:
      out = co_await objectd::create_upload(service, std::move(call));
      break;
    case upload_part:
      out = co_await objectd::upload_part(service, exchange, std::move(call));
      break;
    case upload_part_copy:
      out = co_await objectd::upload_part_copy(service, std::move(call));
      break;
    case list_parts:
      out = co_await objectd::list_parts(service, std::move(call));
      break;
    case complete_upload:
      out = co_await objectd::complete_upload(service, exchange, std::move(call));
      break;
    case abort_upload:
      out = co_await objectd::abort_upload(service, std::move(call));
      break;
    default:
      throw std::logic_error("an operation that is answered elsewhere");
  }
  co_return out;
}

void log_fault(const net::Exchange& exchange, const char* what) {
  log::error("object store: a request failed",
             {{"request_id", exchange.id()}, {"method", exchange.head().method}, {"reason", what}});
}

/// Which S3 error stands for an exception; what clients may not know is logged here.
S3Error translate(const net::Exchange& exchange, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const S3Error& known) {
    return known;
  } catch (const CorruptFile& corrupt) {
    log_fault(exchange, corrupt.what());
    return S3Error(errors::kInternalError, "The stored data are damaged.");
  } catch (const Failure& failure) {
    if (failure.code() == Code::request_timeout) return S3Error(errors::kRequestTimeout);
    if (failure.code() == Code::payload_too_large) return S3Error(errors::kEntityTooLarge);
    return S3Error(errors::kInvalidRequest, failure.message());
  } catch (const std::system_error& system) {
    log_fault(exchange, system.what());
    const auto number = system.code().value();
    const bool full = system.code().category() == std::generic_category() &&
                      (number == ENOSPC || number == EDQUOT || number == EFBIG);
    return S3Error(full ? errors::kInsufficientStorage : errors::kInternalError);
  } catch (const std::exception& other) {
    log_fault(exchange, other.what());
    return S3Error(errors::kInternalError);
  }
}

Task<> perform(Service& service, net::Exchange& exchange) {
  const auto& head = exchange.head();
  // Who waits for a 100 with nothing to send gets the answer at once. botocore then misreads the
  // next answer on the same connection, so there must be none.
  if (exchange.content_length() == 0 && head.headers.get("expect")) exchange.close_after();
  net::Response response;
  if (head.method == "OPTIONS") {
    response = preflight(service, head);
  } else {
    auto who = service.auth.verify(head);
    const bool by_query = who.claim.kind == s3::Claim::Kind::query;
    auto effective = by_query ? with_query_headers(head) : head;
    auto request = parse_request(effective);
    const auto& row = row_of(request.operation);
    check_declared(row, head, effective, request.query, who.claim);
    drop_unkept(effective.headers, who.claim);
    if (!row.takes_body && exchange.content_length() != 0) {
      throw S3Error(errors::kInvalidRequest, std::string(row.name) + " takes no body");
    }
    Call call{std::move(request), std::move(who), std::move(effective)};
    const auto operation = call.request.operation;
    if (operation == Operation::get_object || operation == Operation::head_object) {
      co_await get_object(service, exchange, std::move(call));
      co_return;
    }
    response = co_await answer(service, exchange, std::move(call));
  }
  add_common_headers(service, head, exchange.id(), response.headers);
  co_await exchange.respond(std::move(response));
}

/// For an origin that the bucket's own rules allow.
void allow_by_rule(const Service& service, const net::RequestHead& request, std::string_view origin,
                   net::Headers& headers) {
  const bool asks = request.method == "OPTIONS";
  const auto method =
      asks ? request.headers.get("access-control-request-method").value_or("") : request.method;
  const auto rules = rules_of(service, request.raw_path());
  const CorsRule* rule = rules ? find_cors_rule(rules->cors, origin, method) : nullptr;
  if (rule == nullptr) return;
  headers.set("Access-Control-Allow-Origin", origin);
  if (!rule->exposed.empty()) {
    headers.set("Access-Control-Expose-Headers", joined(rule->exposed, ", "));
  }
}

}  // namespace

void add_common_headers(const Service& service, const net::RequestHead& request,
                        const std::string& request_id, net::Headers& headers) {
  headers.set("x-amz-request-id", request_id);
  headers.set("Server", "Wardbook");
  const auto origin = request.headers.get("origin");
  if (!origin) return;
  headers.set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  if (!origin_allowed(service.options, *origin)) {
    allow_by_rule(service, request, *origin, headers);
    return;
  }
  headers.set("Access-Control-Allow-Origin", *origin);
  headers.set("Access-Control-Expose-Headers",
              "ETag, Content-Length, Content-Range, Content-Encoding, Content-Disposition, "
              "Accept-Ranges, Last-Modified, x-amz-request-id, x-amz-checksum-sha256, "
              "x-amz-server-side-encryption, x-amz-storage-class");
}

Task<> serve(Service& service, net::Exchange& exchange) {
  std::exception_ptr error;
  try {
    co_await perform(service, exchange);
  } catch (const boost::system::system_error&) {
    throw;  // the client has gone
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return;
  const auto translated = translate(exchange, error);
  if (exchange.answered()) {
    exchange.close_after();  // cut off in the middle: the client must not take it for the whole
    std::rethrow_exception(error);
  }
  const auto& head = exchange.head();
  auto response = render_error(translated, head.raw_path(), exchange.id());
  if (translated.kind().status == 304) {
    for (const auto& [name, value] : translated.details()) response.headers.set(name, value);
  }
  if (translated.kind().status == 416) {
    for (const auto& [name, value] : translated.details()) {
      if (name == "ActualObjectSize") response.headers.set("Content-Range", "bytes */" + value);
    }
  }
  add_common_headers(service, head, exchange.id(), response.headers);
  co_await exchange.respond(std::move(response));
}

net::Response render_refusal(const Failure& failure, const std::string& request_id) {
  const auto& info = describe(failure.code());
  ErrorKind kind{"InvalidRequest", info.status, info.title};
  if (info.status == 408) kind.code = "RequestTimeout";
  if (info.status == 431) kind.code = "RequestHeaderSectionTooLarge";
  if (info.status == 501) kind.code = "NotImplemented";
  if (info.status == 500) kind.code = "InternalError";
  auto response = render_error(S3Error(kind), "", request_id);
  response.headers.set("x-amz-request-id", request_id);
  return response;
}

}  // namespace wardbook::objectd
