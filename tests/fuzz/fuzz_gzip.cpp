// What a stranger sends as gzip: any bytes, in any pieces. Whatever is accepted is what zlib reads
// as one member, the whole of it and nothing else, so that no other reader sees another file. The
// first byte is the size of the pieces, the second the limit in KiB.
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/gzip.h"

namespace {

using namespace wardbook;  // NOLINT(google-build-using-namespace)
using State = GzipDecoder::State;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Read {
  bool ended = false;    ///< the member came to its end, and its checksum holds
  std::size_t used = 0;  ///< bytes of the member
  std::string text;
};

/// One member as browsers read it: inflate until the stream ends, and drop the rest.
Read one_member(std::string bytes, std::size_t most) {
  Read out;
  z_stream z{};
  require(inflateInit2(&z, 15 + 16) == Z_OK);
  std::string room(most + 1, '\0');
  z.next_in = reinterpret_cast<unsigned char*>(bytes.data());
  z.avail_in = static_cast<unsigned>(bytes.size());
  z.next_out = reinterpret_cast<unsigned char*>(room.data());
  z.avail_out = static_cast<unsigned>(room.size());
  out.ended = inflate(&z, Z_FINISH) == Z_STREAM_END;
  out.used = bytes.size() - z.avail_in;
  out.text = room.substr(0, room.size() - z.avail_out);
  inflateEnd(&z);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t step = data[0] + std::size_t{1};
  const std::size_t most = data[1] * std::size_t{1024};
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);

  GzipDecoder decoder(most);
  std::string text;
  for (std::size_t at = 0; at < bytes.size() && !decoder.refused(); at += step) {
    require(decoder.feed(std::string_view(bytes).substr(at, step), text) == decoder.state());
    require(text.size() <= most);
  }
  GzipDecoder at_once(most);
  std::string whole;
  at_once.feed(bytes, whole);
  // What is both too large and broken may be refused for either.
  require((at_once.state() == State::done) == (decoder.state() == State::done));
  require((at_once.state() == State::trailing) == (decoder.state() == State::trailing));
  require(decoder.state() != State::done || whole == text);

  const Read reference = one_member(bytes, most);
  const bool fits = reference.ended && reference.text.size() <= most;
  require((decoder.state() == State::done) == (fits && reference.used == bytes.size()));
  require((decoder.state() == State::trailing) == (fits && reference.used < bytes.size()));
  if (fits) require(text == reference.text);
  return 0;
}
