#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace wardbook {

/// Everything that can end a request, by its stable public name. `describe` gives name, HTTP status
/// and title; failure.cpp is the only place that knows them. Names never change once released.
enum class Code {
  // 400: the request cannot be understood
  bad_request,
  invalid_json,
  invalid_parameter,
  // 401
  unauthenticated,
  invalid_credentials,
  token_expired,
  session_locked,
  // 403
  forbidden,
  tenant_mismatch,
  tenant_suspended,
  wrong_password,
  origin_not_allowed,
  // 404
  not_found,
  patient_not_found,
  record_not_found,
  version_not_found,
  diagnosis_not_found,
  attachment_not_found,
  template_not_found,
  tenant_not_found,
  user_not_found,
  session_not_found,
  hold_not_found,
  erasure_not_found,
  audit_entry_not_found,
  // 405
  method_not_allowed,
  // 408
  request_timeout,
  // 409: right request, wrong state
  conflict,
  tenant_required,
  tenant_exists,
  user_exists,
  patient_number_taken,
  record_finalized,
  record_not_finalized,
  record_voided,
  record_was_signed,
  primary_diagnosis_exists,
  idempotency_in_progress,
  upload_not_finished,
  attachment_not_available,
  attachment_not_removable,
  attachment_altered,
  attachment_lost,
  archived,
  legal_hold,
  // 412, 413, 415, 416, 417
  version_conflict,
  payload_too_large,
  unsupported_media_type,
  range_not_satisfiable,
  expectation_failed,
  // 422
  invalid_fields,
  idempotency_key_reused,
  upload_mismatch,
  // 428, 429, 431
  if_match_required,
  too_many_requests,
  account_locked,
  headers_too_large,
  // 5xx
  internal,
  not_implemented,
  database_unavailable,
  store_unavailable,
  overloaded,
  timeout,
};

struct CodeInfo {
  std::string_view name;   ///< snake_case, as in problem+json's `code`
  int status;              ///< HTTP status
  std::string_view title;  ///< short, English, the same for every occurrence (RFC 9457, 3.1.4)
};

/// Never fails: every Code has a row.
[[nodiscard]] const CodeInfo& describe(Code code) noexcept;

/// One fault of an input: where (JSON pointer, RFC 6901; "" is the whole document) and what.
/// Messages name limits, never the value that was sent.
struct Fault {
  std::string pointer;
  std::string message;
};
/// No answer names more: a client that sends many has no use for the rest, and memory is held while
/// it reads.
inline constexpr std::size_t kMostFaults = 100;

/// Ends the request that throws it. `what()` is the public message and is sent to the client as
/// `detail`; `log_detail` goes to the log only. Neither may hold patient data, SQL values or
/// secrets.
class Failure : public std::exception {
 public:
  explicit Failure(Code code, std::string message = {}, std::string log_detail = {});
  /// 422 with the faults found, the first kMostFaults of them.
  static Failure invalid(std::vector<Fault> faults);

  [[nodiscard]] Code code() const noexcept { return code_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const std::string& log_detail() const noexcept { return log_detail_; }
  [[nodiscard]] const std::vector<Fault>& faults() const noexcept { return faults_; }
  /// Seconds for Retry-After; 0 when there is nothing to say.
  [[nodiscard]] int retry_after_s() const noexcept { return retry_after_s_; }

  Failure& retry_after(int seconds) {
    retry_after_s_ = seconds;
    return *this;
  }
  /// A member that is added to the problem document beside the standard ones, as JSON text.
  Failure& extension(std::string name, std::string json);
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& extensions()
      const noexcept {
    return extensions_;
  }

 private:
  Code code_;
  std::string message_;
  std::string log_detail_;
  std::vector<Fault> faults_;
  std::vector<std::pair<std::string, std::string>> extensions_;
  int retry_after_s_ = 0;
};

}  // namespace wardbook
