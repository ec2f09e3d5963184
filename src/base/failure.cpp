#include "base/failure.h"

#include <array>
#include <utility>

namespace wardbook {
namespace {

struct Row {
  Code code;
  CodeInfo info;
};

constexpr std::array kRows{
    Row{Code::bad_request, {"bad_request", 400, "Malformed request"}},
    Row{Code::invalid_json, {"invalid_json", 400, "The body is not valid JSON"}},
    Row{Code::invalid_parameter, {"invalid_parameter", 400, "Invalid parameter"}},
    Row{Code::unauthenticated, {"unauthenticated", 401, "Not signed in"}},
    Row{Code::invalid_credentials, {"invalid_credentials", 401, "Wrong email or password"}},
    Row{Code::token_expired, {"token_expired", 401, "The token has expired"}},
    Row{Code::session_locked, {"session_locked", 401, "The session is locked"}},
    Row{Code::forbidden, {"forbidden", 403, "Your role does not allow this"}},
    Row{Code::tenant_mismatch, {"tenant_mismatch", 403, "The token belongs to another hospital"}},
    Row{Code::tenant_suspended, {"tenant_suspended", 403, "This hospital is suspended"}},
    Row{Code::wrong_password, {"wrong_password", 403, "Wrong password"}},
    Row{Code::origin_not_allowed,
        {"origin_not_allowed", 403, "The request comes from another site"}},
    Row{Code::not_found, {"not_found", 404, "Not found"}},
    Row{Code::patient_not_found, {"patient_not_found", 404, "Patient not found"}},
    Row{Code::record_not_found, {"record_not_found", 404, "Record not found"}},
    Row{Code::version_not_found, {"version_not_found", 404, "Version not found"}},
    Row{Code::diagnosis_not_found, {"diagnosis_not_found", 404, "Diagnosis not found"}},
    Row{Code::allergy_not_found, {"allergy_not_found", 404, "Allergy not found"}},
    Row{Code::medication_not_found, {"medication_not_found", 404, "Medication not found"}},
    Row{Code::attachment_not_found, {"attachment_not_found", 404, "File not found"}},
    Row{Code::template_not_found, {"template_not_found", 404, "Template not found"}},
    Row{Code::result_not_found, {"result_not_found", 404, "Result not found"}},
    Row{Code::problem_not_found, {"problem_not_found", 404, "Problem not found"}},
    Row{Code::follow_up_not_found, {"follow_up_not_found", 404, "Follow-up not found"}},
    Row{Code::tenant_not_found, {"tenant_not_found", 404, "Hospital not found"}},
    Row{Code::user_not_found, {"user_not_found", 404, "Account not found"}},
    Row{Code::session_not_found, {"session_not_found", 404, "Session not found"}},
    Row{Code::hold_not_found, {"hold_not_found", 404, "Legal hold not found"}},
    Row{Code::erasure_not_found, {"erasure_not_found", 404, "Erasure not found"}},
    Row{Code::audit_entry_not_found, {"audit_entry_not_found", 404, "Audit entry not found"}},
    Row{Code::method_not_allowed, {"method_not_allowed", 405, "Method not allowed"}},
    Row{Code::request_timeout, {"request_timeout", 408, "The request took too long to arrive"}},
    Row{Code::conflict, {"conflict", 409, "The request conflicts with the current state"}},
    Row{Code::tenant_required, {"tenant_required", 409, "Hospital required"}},
    Row{Code::tenant_exists, {"tenant_exists", 409, "The hospital already exists"}},
    Row{Code::user_exists, {"user_exists", 409, "The account already exists"}},
    Row{Code::patient_number_taken,
        {"patient_number_taken", 409, "Another patient has this number"}},
    Row{Code::record_finalized, {"record_finalized", 409, "The record is finalized"}},
    Row{Code::record_not_finalized, {"record_not_finalized", 409, "The record is still a draft"}},
    Row{Code::record_voided, {"record_voided", 409, "The record has been voided"}},
    Row{Code::record_was_signed, {"record_was_signed", 409, "The record has been signed before"}},
    Row{Code::primary_diagnosis_exists,
        {"primary_diagnosis_exists", 409, "The record already has a primary diagnosis"}},
    Row{Code::idempotency_in_progress,
        {"idempotency_in_progress", 409, "A request with this key is still in progress"}},
    Row{Code::upload_not_finished, {"upload_not_finished", 409, "The upload is not complete"}},
    Row{Code::attachment_not_available,
        {"attachment_not_available", 409, "The file is not available"}},
    Row{Code::attachment_not_removable,
        {"attachment_not_removable", 409, "The file belongs to a finalized record"}},
    Row{Code::attachment_altered,
        {"attachment_altered", 409, "The stored file is not the one that was verified"}},
    Row{Code::attachment_lost, {"attachment_lost", 409, "The store has lost the file"}},
    Row{Code::archived, {"archived", 409, "The file is archived"}},
    Row{Code::legal_hold, {"legal_hold", 409, "A legal hold is in force"}},
    Row{Code::version_conflict, {"version_conflict", 412, "It has been changed since you read it"}},
    Row{Code::payload_too_large, {"payload_too_large", 413, "The body is too large"}},
    Row{Code::unsupported_media_type,
        {"unsupported_media_type", 415, "The body's media type is not supported"}},
    Row{Code::range_not_satisfiable,
        {"range_not_satisfiable", 416, "The range is outside the file"}},
    Row{Code::expectation_failed, {"expectation_failed", 417, "Unsupported expectation"}},
    Row{Code::invalid_fields, {"invalid_fields", 422, "Some fields are invalid"}},
    Row{Code::idempotency_key_reused,
        {"idempotency_key_reused", 422, "The key was used for a different request"}},
    Row{Code::upload_mismatch, {"upload_mismatch", 422, "The file does not match its declaration"}},
    Row{Code::if_match_required, {"if_match_required", 428, "If-Match is required"}},
    Row{Code::too_many_requests, {"too_many_requests", 429, "Too many requests"}},
    Row{Code::account_locked, {"account_locked", 429, "Too many wrong passwords"}},
    Row{Code::headers_too_large, {"headers_too_large", 431, "The headers are too large"}},
    Row{Code::internal, {"internal", 500, "Internal error"}},
    Row{Code::not_implemented, {"not_implemented", 501, "Not supported"}},
    Row{Code::database_unavailable, {"database_unavailable", 503, "The database is unavailable"}},
    Row{Code::store_unavailable, {"store_unavailable", 503, "The object store is unavailable"}},
    Row{Code::overloaded, {"overloaded", 503, "The service is too busy"}},
    Row{Code::timeout, {"timeout", 503, "The request took too long"}},
};

constexpr bool rows_in_enum_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].code) != i) return false;
  }
  return kRows.size() == static_cast<std::size_t>(Code::timeout) + 1;
}
static_assert(rows_in_enum_order(), "describe() indexes by the enum's value");

}  // namespace

const CodeInfo& describe(Code code) noexcept {
  return kRows[static_cast<std::size_t>(code)].info;
}

Failure::Failure(Code code, std::string message, std::string log_detail)
    : code_(code),
      message_(message.empty() ? std::string(describe(code).title) : std::move(message)),
      log_detail_(std::move(log_detail)) {}

Failure Failure::invalid(std::vector<Fault> faults) {
  std::string message = "One field is invalid.";
  if (faults.size() >= kMostFaults) {
    faults.resize(kMostFaults);
    message = "The first " + std::to_string(kMostFaults) + " faults are named; there may be more.";
  } else if (faults.size() != 1) {
    message = std::to_string(faults.size()) + " fields are not valid.";
  }
  Failure failure(Code::invalid_fields, std::move(message));
  failure.faults_ = std::move(faults);
  return failure;
}

Failure& Failure::extension(std::string name, std::string json) {
  extensions_.emplace_back(std::move(name), std::move(json));
  return *this;
}

}  // namespace wardbook
