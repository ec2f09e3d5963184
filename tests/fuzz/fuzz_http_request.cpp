// Raw bytes through all that a request meets before its handler: the scanner for its end, the
// strict check with Beast's parser behind it, the chunked body. However the bytes are cut, the
// result must be the same, and what is accepted must leave no doubt about where the message ends.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/chunked.h"
#include "net/request_check.h"
#include "net/response_check.h"

namespace {

using namespace wardbook::net;  // NOLINT(google-build-using-namespace)

void require(bool condition) {
  if (!condition) std::abort();
}

struct Scan {
  HeadScanner::Result result = HeadScanner::Result::incomplete;
  std::size_t length = 0;
};

Scan scan(std::string_view bytes, std::size_t piece) {
  HeadScanner scanner;
  Scan scan;
  for (std::size_t end = 0; scan.result == HeadScanner::Result::incomplete && end < bytes.size();) {
    end = std::min(end + piece, bytes.size());
    scan.result = scanner.scan(bytes.substr(0, end));
  }
  if (scan.result == HeadScanner::Result::complete) scan.length = scanner.length();
  return scan;
}

struct Decoded {
  std::string body;
  std::size_t consumed = 0;
  bool done = false;
  bool malformed = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, std::size_t in, std::size_t out) {
  ChunkDecoder decoder;
  Decoded decoded;
  std::string room(out, '\0');
  while (decoded.consumed < bytes.size() && !decoder.done() && !decoder.malformed()) {
    const auto step = decoder.decode(bytes.substr(decoded.consumed, in), room);
    require(step.consumed > 0 && step.produced <= out);
    decoded.consumed += step.consumed;
    decoded.body.append(room, 0, step.produced);
  }
  decoded.done = decoder.done();
  decoded.malformed = decoder.malformed();
  return decoded;
}

void check_accepted(const CheckedRequest& request) {
  const auto& head = request.head;
  require(head.target.starts_with('/') && is_token(head.method));
  require(head.target.find_first_of(std::string_view(" \r\n\t\0", 5)) == std::string::npos);
  for (const auto& [name, value] : head.headers.all()) {
    require(is_token(name) && is_field_value(value));
    require(value.empty() || (value.front() != ' ' && value.back() != ' '));
  }
  const auto lengths = head.headers.count("Content-Length");
  const auto codings = head.headers.count("Transfer-Encoding");
  require(lengths + codings <= 1 && head.headers.count("Host") <= 1);
  require(head.http_1_0 || head.headers.count("Host") == 1);
  require(request.framing.content_length.has_value() == (codings == 0));
  (void)percent_decode(head.raw_path());
  (void)parse_query(head.raw_query());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = scan(bytes, bytes.size() + 1);
  const auto pieces = scan(bytes, 3);
  require(whole.result == pieces.result && whole.length == pieces.length);
  // The check stands on its own: what the scanner refuses, it refuses.
  const auto checked_all = check_request_head(bytes);
  if (whole.result != HeadScanner::Result::complete) {
    require(std::holds_alternative<wardbook::Failure>(checked_all));
    return 0;
  }
  const auto head = bytes.substr(0, whole.length);
  const auto body = bytes.substr(whole.length);
  const auto checked = check_request_head(head);
  if (const auto* request = std::get_if<CheckedRequest>(&checked)) {
    check_accepted(*request);
    if (!request->framing.content_length) {
      const auto decoded = decode(body, body.size() + 1, 4096);
      require(decoded == decode(body, 1, 7));
    }
  }
  (void)check_response_head(head, false);
  return 0;
}
