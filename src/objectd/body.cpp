#include "objectd/body.h"

#include <algorithm>

#include "base/text.h"
#include "objectd/error.h"

namespace wardbook::objectd {
namespace {

constexpr std::size_t kMaxChunkHead = 256;
constexpr std::size_t kMaxTrailer = 4096;
constexpr std::string_view kSignatureField = ";chunk-signature=";

std::uint64_t number_in(std::string_view text, std::string_view name, int base = 10) {
  const auto value = parse_number<std::uint64_t>(text, base);
  if (!value) throw S3Error(errors::kInvalidArgument, std::string(name) + " is not a number");
  return *value;
}

std::string digest_bytes(std::string_view base64, std::size_t bytes, const ErrorKind& otherwise) {
  auto raw = from_base64(base64);
  if (!raw || raw->size() != bytes) throw S3Error(otherwise);
  return std::move(*raw);
}

void plan_framing(BodyPlan& plan, const s3::Claim& claim, const s3::SigningKey& key,
                  const net::RequestHead& head) {
  const std::string_view declared = claim.payload_hash;
  if (!declared.starts_with("STREAMING-")) {
    if (declared != s3::kUnsignedPayload) plan.sha256_hex = declared;
    // A presigned request may bind the hash of its body by a signed header.
    const auto sent = head.headers.get("x-amz-content-sha256");
    if (sent && claim.kind == s3::Claim::Kind::query && *sent != s3::kUnsignedPayload) {
      plan.sha256_hex = std::string(*sent);
    }
    return;
  }
  plan.trailer = declared.ends_with("-TRAILER");
  if (declared == s3::kStreamingPayload || declared == s3::kStreamingPayloadTrailer) {
    plan.framing = BodyPlan::Framing::signed_chunks;
    plan.chunk_signer.emplace(key, claim.amz_date, claim.scope.str(), claim.signature);
  } else if (declared == s3::kStreamingUnsignedTrailer) {
    plan.framing = BodyPlan::Framing::unsigned_chunks;
  } else {
    throw S3Error(errors::kNotImplemented, "This x-amz-content-sha256 is not supported");
  }
}

void plan_length(BodyPlan& plan, const net::RequestHead& head,
                 std::optional<std::uint64_t> framed_length) {
  if (plan.framing == BodyPlan::Framing::plain) {
    if (!framed_length) throw S3Error(errors::kMissingContentLength);
    plan.length = *framed_length;
  } else {
    const auto declared = head.headers.get("x-amz-decoded-content-length");
    if (!declared) throw S3Error(errors::kMissingContentLength);
    plan.length = number_in(*declared, "x-amz-decoded-content-length");
  }
  if (plan.length > kMaxPutBytes) throw S3Error(errors::kEntityTooLarge);
}

void plan_checksum(BodyPlan& plan, const net::RequestHead& head) {
  if (const auto md5 = head.headers.get("content-md5")) {
    plan.md5 = digest_bytes(*md5, 16, errors::kInvalidDigest);
  }
  for (const auto kind : kChecksumKinds) {
    const auto value = head.headers.get(header_of(kind));
    if (!value) continue;
    if (plan.checksum) {
      throw S3Error(errors::kInvalidRequest, "Expecting a single x-amz-checksum- header");
    }
    plan.checksum = kind;
    plan.checksum_value = digest_bytes(*value, bytes_of(kind), errors::kBadDigest);
  }
  if (const auto names = head.headers.get("x-amz-trailer"); names && plan.trailer) {
    std::size_t at = 0;
    while (at <= names->size()) {
      const auto end = std::min(names->find(',', at), names->size());
      const auto name = lower_case(trimmed(names->substr(at, end - at)));
      at = end + 1;
      if (name.empty()) continue;
      plan.trailer_names.push_back(name);
      for (const auto kind : kChecksumKinds) {
        if (name == header_of(kind) && !plan.checksum) plan.checksum = kind;
      }
    }
  }
  for (const auto* name : {"x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"}) {
    const auto algorithm = head.headers.get(name);
    if (algorithm && !plan.checksum) plan.checksum = checksum_by_name(*algorithm);
  }
}

}  // namespace

BodyPlan plan_body(const net::RequestHead& head, const s3::Claim& claim, const s3::SigningKey& key,
                   std::optional<std::uint64_t> framed_length) {
  BodyPlan plan;
  plan_framing(plan, claim, key, head);
  plan_length(plan, head, framed_length);
  plan_checksum(plan, head);
  return plan;
}

BodyReceiver::BodyReceiver(BodyPlan plan) : plan_(std::move(plan)) {
  if (plan_.sha256_hex) sha256_.emplace(Hasher::Kind::sha256);
  if (plan_.checksum) sum_.emplace(*plan_.checksum);
}

void BodyReceiver::content(std::string_view data, const Sink& sink) {
  received_ += data.size();
  if (received_ > plan_.length) throw S3Error(errors::kIncompleteBody);
  md5_.update(data);
  if (sha256_) sha256_->update(data);
  if (sum_) sum_->update(data);
  sink(data);
}

void BodyReceiver::feed(std::string_view raw, const Sink& sink) {
  if (plan_.framing == BodyPlan::Framing::plain) {
    if (!raw.empty()) content(raw, sink);
    return;
  }
  while (!raw.empty()) {
    switch (state_) {
      case State::head:
        take_head(raw);
        break;
      case State::data:
        take_data(raw, sink);
        break;
      case State::data_end:
        take_data_end(raw);
        break;
      case State::trailer:
        line_.append(raw);
        raw = {};
        if (line_.size() > kMaxTrailer) throw S3Error(errors::kMalformedTrailer);
        break;
    }
  }
}

void BodyReceiver::take_head(std::string_view& raw) {
  const auto end = raw.find('\n');
  line_.append(raw.substr(0, end));
  if (line_.size() > kMaxChunkHead) {
    throw S3Error(errors::kInvalidRequest, "A chunk's head is too long");
  }
  if (end == std::string_view::npos) {
    raw = {};
    return;
  }
  raw.remove_prefix(end + 1);
  std::string_view line = line_;
  if (!line.ends_with('\r')) throw S3Error(errors::kInvalidRequest, "A chunk's head is malformed");
  line.remove_suffix(1);
  const auto semicolon = std::min(line.find(';'), line.size());
  const auto extension = line.substr(semicolon);
  chunk_left_ = number_in(line.substr(0, semicolon), "A chunk's size", 16);
  last_chunk_ = chunk_left_ == 0;
  if (plan_.framing == BodyPlan::Framing::signed_chunks) {
    if (!extension.starts_with(kSignatureField)) {
      throw S3Error(errors::kAccessDenied, "A chunk is not signed");
    }
    chunk_signature_ = extension.substr(kSignatureField.size());
    chunk_hash_.emplace(Hasher::Kind::sha256);
  } else if (!extension.empty()) {
    throw S3Error(errors::kInvalidRequest, "A chunk has an extension");
  }
  line_.clear();
  if (last_chunk_) {
    end_chunk();
    state_ = State::trailer;
  } else {
    state_ = State::data;
  }
}

void BodyReceiver::take_data(std::string_view& raw, const Sink& sink) {
  const auto piece = raw.substr(0, std::min<std::uint64_t>(chunk_left_, raw.size()));
  raw.remove_prefix(piece.size());
  if (chunk_hash_) chunk_hash_->update(piece);
  content(piece, sink);
  chunk_left_ -= piece.size();
  if (chunk_left_ == 0) {
    end_chunk();
    state_ = State::data_end;
  }
}

void BodyReceiver::take_data_end(std::string_view& raw) {
  const char expected = line_.empty() ? '\r' : '\n';
  if (raw.front() != expected) throw S3Error(errors::kInvalidRequest, "A chunk's end is malformed");
  raw.remove_prefix(1);
  if (expected == '\n') {
    line_.clear();
    state_ = State::head;
  } else {
    line_ = "\r";
  }
}

void BodyReceiver::end_chunk() {
  if (!chunk_hash_) return;
  const auto expected = plan_.chunk_signer->chunk(to_hex(chunk_hash_->finish()));
  chunk_hash_.reset();
  if (!constant_time_equal(expected, chunk_signature_)) {
    throw S3Error(errors::kSignatureDoesNotMatch, "A chunk's signature does not match");
  }
}

void BodyReceiver::check_trailer() {
  if (state_ != State::trailer) throw S3Error(errors::kIncompleteBody);
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<std::string> signature;
  std::string_view rest = line_;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !plan_.trailer) {
      throw S3Error(errors::kMalformedTrailer);
    }
    auto name = lower_case(trimmed(line.substr(0, colon)));
    std::string value(trimmed(line.substr(colon + 1)));
    if (name == "x-amz-trailer-signature") {
      signature = std::move(value);
    } else {
      fields.emplace_back(std::move(name), std::move(value));
    }
  }
  if (!plan_.trailer) return;
  std::ranges::sort(fields);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    // One that was not announced, or comes again, would not be looked at.
    const bool announced = std::ranges::count(plan_.trailer_names, fields[i].first) == 1;
    if (!announced || (i > 0 && fields[i].first == fields[i - 1].first)) {
      throw S3Error(errors::kMalformedTrailer);
    }
  }
  if (plan_.framing == BodyPlan::Framing::signed_chunks) {
    std::string canonical;
    for (const auto& [name, value] : fields) canonical += name + ":" + value + "\n";
    if (!signature || !constant_time_equal(plan_.chunk_signer->trailer(canonical), *signature)) {
      throw S3Error(errors::kSignatureDoesNotMatch, "The trailer's signature does not match");
    }
  }
  for (const auto& wanted : plan_.trailer_names) {
    const auto found = std::ranges::find(fields, wanted, [](const auto& f) { return f.first; });
    if (found == fields.end()) throw S3Error(errors::kMalformedTrailer);
    if (plan_.checksum && wanted == header_of(*plan_.checksum)) {
      plan_.checksum_value =
          digest_bytes(found->second, bytes_of(*plan_.checksum), errors::kBadDigest);
    }
  }
}

void BodyReceiver::check_digests() {
  const auto md5 = md5_.finish();
  md5_hex_ = to_hex(md5);
  if (plan_.md5 && *plan_.md5 != md5) throw S3Error(errors::kBadDigest);
  if (sha256_ && to_hex(sha256_->finish()) != *plan_.sha256_hex) {
    throw S3Error(errors::kXAmzContentSha256Mismatch);
  }
  if (!sum_) return;
  checksum_ = sum_->finish();
  if (plan_.checksum_value && *plan_.checksum_value != checksum_) {
    throw S3Error(errors::kBadDigest, "The " + std::string(name_of(*plan_.checksum)) +
                                          " you specified did not match what was received.");
  }
}

void BodyReceiver::finish() {
  if (plan_.framing != BodyPlan::Framing::plain) check_trailer();
  if (received_ != plan_.length) throw S3Error(errors::kIncompleteBody);
  check_digests();
}

}  // namespace wardbook::objectd
