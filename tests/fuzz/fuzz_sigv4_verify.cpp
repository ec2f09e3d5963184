// A request's head through all that the object store does with it before it lets anybody in: what
// is accepted must carry a signature that cannot have been made without the secret.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "base/utf8.h"
#include "net/request_check.h"
#include "objectd/auth.h"
#include "objectd/body.h"
#include "objectd/error.h"
#include "objectd/request.h"

namespace {

using namespace wardbook;  // NOLINT(google-build-using-namespace)

void verify(const net::RequestHead& head) {
  static const ManualClock clock(s3::parse_amz_date("20260301T101112Z").value());
  static objectd::Authenticator auth("OWNER", "a-secret-no-fuzzer-knows", "us-east-1", clock);
  try {
    (void)auth.verify(head);
    std::abort();
  } catch (const objectd::S3Error& error) {
    const auto answer = objectd::render_error(error, head.raw_path(), "1");
    if (answer.status < 400) std::abort();
  }
}

/// What follows for those who do know it.
void read(const net::RequestHead& head) {
  const auto claim = s3::parse_claim(head);
  if (!claim) return;
  const s3::SigningKey key("secret", claim->scope);
  const auto expected = s3::expected_signature(head, *claim, key);
  if (expected.signature.size() != 64) std::abort();
  try {
    const auto effective = objectd::with_query_headers(head);
    const auto request = objectd::parse_request(effective);
    if (request.key.size() > objectd::kMaxKeyBytes || !valid_utf8(request.key)) {
      std::abort();
    }
    (void)objectd::stored_headers(effective.headers);
    (void)objectd::put_condition(effective.headers);
    (void)objectd::plan_body(effective, *claim, key, 100);
  } catch (const objectd::S3Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto checked = net::check_request_head(text);
  if (auto* request = std::get_if<net::CheckedRequest>(&checked)) {
    verify(request->head);
    read(request->head);
  }
  return 0;
}
