#include "base/hash.h"
#include "objectd/error.h"
#include "objectd/service.h"

namespace wardbook::objectd {

void Incoming::feed(std::string_view raw) {
  if (!writer) writer = begin();
  receiver.feed(raw, [this](std::string_view content) { writer->write(content); });
}

std::shared_ptr<Incoming> make_incoming(Service& service, BodyPlan plan,
                                        std::function<std::unique_ptr<ObjectWriter>()> begin) {
  auto drop = [&service](Incoming* incoming) {
    if (incoming->writer && !service.closing) {
      boost::asio::post(service.pool, [incoming] { delete incoming; });
    } else {
      delete incoming;
    }
  };
  return {new Incoming(std::move(plan), std::move(begin)), drop};
}

namespace {

/// A part of a body on its way to the disk; beyond kSmallPiece it has a slot.
struct Piece {
  std::string bytes;
  std::shared_ptr<Slots::Slot> slot;
};

/// Reads until there are `size` bytes or the body ends (false); `at_hand` only: or nothing is left
/// that has arrived.
Task<bool> read_up_to(net::Exchange& exchange, std::string& bytes, std::size_t size, bool at_hand) {
  std::size_t filled = bytes.size();
  bytes.resize(size);
  bool more = true;
  while (filled < size && more && (!at_hand || exchange.at_hand() > 0)) {
    const auto space = std::span(bytes).subspan(filled);
    const auto got = co_await exchange.read_some(space);
    more = got != 0;
    filled += got;
  }
  bytes.resize(filled);
  co_return more;
}

/// Waits for the client with little memory and without a slot. What has arrived beyond that is
/// taken at once, as far as there are slots; false: there is nothing more.
Task<bool> fill(Slots& slots, net::Exchange& exchange, Piece& piece,
                std::optional<std::uint64_t>& left) {
  const auto most = [&left](std::size_t size) {
    return left ? static_cast<std::size_t>(std::min<std::uint64_t>(*left, size)) : size;
  };
  bool more = co_await read_up_to(exchange, piece.bytes, most(kSmallPiece), false);
  if (more && most(kPieceBytes) > kSmallPiece && exchange.at_hand() > 0) {
    if (auto slot = slots.try_take()) {
      piece.slot = std::make_shared<Slots::Slot>(std::move(*slot));
      more = co_await read_up_to(exchange, piece.bytes, most(kPieceBytes), true);
    }
  }
  if (left) *left -= piece.bytes.size();
  co_return more && (!left || *left > 0);
}

}  // namespace

Task<net::Response> receive(Service& service, net::Exchange& exchange,
                            std::shared_ptr<Incoming> incoming,
                            std::function<net::Response(Incoming&)> finish) {
  auto left = exchange.content_length();
  Ahead<bool> writing;
  bool more = true;
  while (more) {
    Piece piece;
    more = co_await fill(service.transfers, exchange, piece, left);
    const auto bytes = std::make_shared<std::string>(std::move(piece.bytes));
    if (writing.started()) (void)co_await writing.get();
    if (!more) {
      auto last = [&incoming, &finish, bytes] {
        incoming->feed(*bytes);
        return finish(*incoming);
      };
      auto response = co_await run_on(service.pool, std::move(last));
      co_return response;
    }
    auto job = [incoming, bytes] {
      incoming->feed(*bytes);
      return true;
    };
    writing.start(service.pool, service.reactor, std::move(job), std::move(piece.slot));
  }
  throw std::logic_error("a body that never ends");
}

Task<std::string> read_document(net::Exchange& exchange, const Call& call, std::size_t limit) {
  BodyReceiver receiver(
      plan_body(call.head, call.who.claim, call.who.key, exchange.content_length()));
  if (receiver.plan().length > limit) throw S3Error(errors::kMalformedXml);
  // Chunks' heads and signatures come on top.
  const auto raw = co_await exchange.read_all(2 * limit);
  std::string out;
  receiver.feed(raw, [&out](std::string_view content) { out.append(content); });
  receiver.finish();
  co_return out;
}

Task<Copied> copy_range(Service& service, std::shared_ptr<ObjectReader> from, ByteRange range,
                        std::shared_ptr<ObjectWriter> writer,
                        std::optional<ChecksumKind> checksum) {
  constexpr std::uint64_t kStep = 16 * kPieceBytes;  // then others get the thread
  struct State {
    Hasher md5{Hasher::Kind::md5};
    std::optional<Checksum> sum;
    std::string buffer;
  };
  auto state = std::make_shared<State>();
  if (checksum) state->sum.emplace(*checksum);
  auto slot = co_await service.copies.take();
  while (range.length > 0) {
    const auto step = std::min(range.length, kStep);
    auto job = [state, from, writer, at = range.first, end = range.first + step]() mutable {
      for (; at < end; at += state->buffer.size()) {
        state->buffer.resize(std::min<std::uint64_t>(end - at, kPieceBytes));
        from->read(at, state->buffer);
        state->md5.update(state->buffer);
        if (state->sum) state->sum->update(state->buffer);
        writer->write(state->buffer);
      }
      return true;
    };
    (void)co_await run_on(service.pool, std::move(job));
    range.first += step;
    range.length -= step;
  }
  Copied out;
  out.md5_hex = to_hex(state->md5.finish());
  if (state->sum) out.checksum = state->sum->finish();
  co_return out;
}

net::Response xml_response(std::string body) {
  net::Response out;
  out.headers.set("Content-Type", "application/xml");
  out.body = std::move(body);
  return out;
}

std::string version_text(const std::string& version) {
  return version.empty() ? "null" : version;
}

void add_version(Service& service, const ObjectMeta& meta, net::Headers& headers) {
  if (service.store.versioning(meta.bucket) == Versioning::off) return;
  headers.set("x-amz-version-id", version_text(meta.version));
}

std::string quoted_etag(std::string_view etag) {
  return std::string("\"").append(etag).append("\"");
}

}  // namespace wardbook::objectd
