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

/// Fills `piece` as far as the body goes; false: there is nothing more.
Task<bool> fill(net::Exchange& exchange, std::string& piece, std::optional<std::uint64_t>& left) {
  const auto room = left ? std::min<std::uint64_t>(*left, kPieceBytes) : kPieceBytes;
  piece.resize(room);
  std::size_t filled = 0;
  bool more = true;
  while (filled < piece.size() && more) {
    const auto space = std::span(piece).subspan(filled);
    const auto got = co_await exchange.read_some(space);
    more = got != 0;
    filled += got;
  }
  piece.resize(filled);
  if (left) *left -= filled;
  co_return more && (!left || *left > 0);
}

}  // namespace

Task<net::Response> receive(Service& service, net::Exchange& exchange,
                            std::shared_ptr<Incoming> incoming,
                            std::function<net::Response(Incoming&)> finish) {
  auto left = exchange.content_length();
  std::optional<Slots::Slot> slot;
  if (!left || *left > kPieceBytes) {
    auto taken = co_await service.transfers.take();
    slot.emplace(std::move(taken));
  }
  Ahead<bool> writing;
  bool more = true;
  while (more) {
    auto piece = std::make_shared<std::string>();
    more = co_await fill(exchange, *piece, left);
    if (writing.started()) (void)co_await writing.get();
    if (!more) {
      auto last = [&incoming, &finish, piece] {
        incoming->feed(*piece);
        return finish(*incoming);
      };
      auto response = co_await run_on(service.pool, std::move(last));
      co_return response;
    }
    auto job = [incoming, piece] {
      incoming->feed(*piece);
      return true;
    };
    writing.start(service.pool, service.reactor, std::move(job));
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
  auto slot = co_await service.transfers.take();
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

std::string quoted_etag(std::string_view etag) {
  return std::string("\"").append(etag).append("\"");
}

}  // namespace wardbook::objectd
