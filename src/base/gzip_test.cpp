#include "base/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

#include "base/hash.h"

namespace wardbook {
namespace {

using State = GzipDecoder::State;

std::string gzip(std::string_view text, int level = Z_BEST_COMPRESSION) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string in(text);
  std::string out(deflateBound(&z, in.size()) + 32, '\0');
  z.next_in = reinterpret_cast<unsigned char*>(in.data());
  z.avail_in = static_cast<unsigned>(in.size());
  z.next_out = reinterpret_cast<unsigned char*>(out.data());
  z.avail_out = static_cast<unsigned>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

struct Decoded {
  State state = State::more;
  std::string text;
};

/// Fed in pieces of `step` bytes until it is refused or over.
Decoded decode(std::string_view bytes, std::uint64_t most, std::size_t step = 1 << 20) {
  GzipDecoder decoder(most);
  Decoded out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    out.state = decoder.feed(bytes.substr(at, step), out.text);
    EXPECT_EQ(out.state, decoder.state());
    if (decoder.refused()) break;
  }
  return out;
}

std::string noise(std::size_t size) {
  std::string out;
  while (out.size() < size) {
    const auto hash = sha256(std::to_string(out.size()));
    out.append(as_chars(hash));
  }
  out.resize(size);
  return out;
}

TEST(GzipTest, GivesBackWhatWasPackedWhateverThePieces) {
  for (const auto& text :
       {std::string(), std::string("x"), std::string(300'000, 'a'), noise(200'000)}) {
    const auto packed = gzip(text);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{65'536}}) {
      const auto decoded = decode(packed, text.size(), step);
      EXPECT_EQ(decoded.state, State::done) << text.size() << " " << step;
      EXPECT_EQ(decoded.text, text);
    }
  }
}

TEST(GzipTest, NothingMayFollowTheFirstMember) {
  const auto member = gzip("first ");
  for (const auto& more :
       {gzip("second"), gzip(""), std::string(1, '\0'), std::string(512, '\0'), std::string("x"),
        std::string("\x1f"), std::string("\x1f\x8b"), std::string("garbage after it")}) {
    const auto packed = member + more;
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, member.size(), packed.size()}) {
      const auto decoded = decode(packed, 100, step);
      EXPECT_EQ(decoded.state, State::trailing) << more.size() << " " << step;
      EXPECT_EQ(decoded.text, "first ") << "what a browser shows, and no more";
    }
  }
  EXPECT_EQ(decode(gzip("") + gzip("all of it"), 100).state, State::trailing);
}

TEST(GzipTest, ARefusalIsFinal) {
  std::string out;
  GzipDecoder twice(100);
  EXPECT_EQ(twice.feed(gzip("one") + gzip("two"), out), State::trailing);
  EXPECT_EQ(twice.feed("", out), State::trailing);
  EXPECT_EQ(twice.feed(gzip("three"), out), State::trailing);
  EXPECT_TRUE(twice.refused());
  EXPECT_EQ(out, "one");
  GzipDecoder broken(100);
  EXPECT_EQ(broken.feed("not gzip", out), State::corrupt);
  EXPECT_EQ(broken.feed(gzip("text"), out), State::corrupt);
  EXPECT_EQ(out, "one");
}

TEST(GzipTest, IsNotDoneWhenItIsCutOff) {
  const auto packed = gzip(noise(1000));
  for (std::size_t size = 1; size < packed.size(); ++size) {
    const auto decoded = decode(std::string_view(packed).substr(0, size), 10'000);
    EXPECT_EQ(decoded.state, State::more) << size;
  }
  EXPECT_EQ(decode(packed, 10'000).state, State::done);
}

TEST(GzipTest, StopsBombs) {
  const auto bomb = gzip(std::string(64 * 1024 * 1024, '\0'));
  ASSERT_LT(bomb.size(), 100'000U);
  const auto decoded = decode(bomb, 1'000'000, 1000);
  EXPECT_EQ(decoded.state, State::too_large);
  EXPECT_LE(decoded.text.size(), 1'000'000U) << "never more than was allowed";
  EXPECT_EQ(decode(gzip("1234567890"), 10).state, State::done);
  EXPECT_EQ(decode(gzip("1234567890"), 9).state, State::too_large);
}

TEST(GzipTest, NoticesCorruption) {
  EXPECT_EQ(decode("not gzip at all", 100).state, State::corrupt);
  const auto packed = gzip(noise(5'000));
  // The header's flags and times may change unnoticed; from the data on nothing may.
  for (std::size_t at = 10; at < packed.size(); at += 101) {
    auto broken = packed;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    const auto state = decode(broken, 1'000'000).state;
    EXPECT_TRUE(state == State::corrupt || state == State::more) << at;
  }
  auto checksum = packed;
  checksum[packed.size() - 8] = static_cast<char>(checksum[packed.size() - 8] ^ 1);
  EXPECT_EQ(decode(checksum, 1'000'000).state, State::corrupt);
  auto length = packed;
  length[packed.size() - 1] = static_cast<char>(length[packed.size() - 1] ^ 1);
  EXPECT_EQ(decode(length, 1'000'000).state, State::corrupt);
}

TEST(GzipTest, ZlibsOwnFormatIsNotGzip) {
  EXPECT_EQ(decode("\x78\x9c\x4b\x4c\x4a\x06\x00\x02\x4d\x01\x27", 100).state, State::corrupt);
}

std::string lines(int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += std::to_string(i) + ";" + std::to_string(i * 7919 % 1000) + "\n";
  return out;
}

TEST(GzipTest, EncodesWhateverThePiecesAndEveryReaderDecodesIt) {
  const std::string text = lines(60'000);
  for (const std::size_t step : {std::size_t{1'000}, std::size_t{70'001}, text.size()}) {
    GzipEncoder encoder;
    std::string packed;
    for (std::size_t at = 0; at < text.size(); at += step) {
      encoder.feed(std::string_view(text).substr(at, step), GzipEncoder::End::nothing, packed);
    }
    encoder.feed({}, GzipEncoder::End::member, packed);
    EXPECT_EQ(encoder.size(), packed.size());
    EXPECT_LT(packed.size() * 2, text.size());
    const Decoded out = decode(packed, text.size());
    EXPECT_EQ(out.state, State::done);
    EXPECT_TRUE(out.text == text) << step;
  }
  std::string nothing;
  GzipEncoder().feed({}, GzipEncoder::End::member, nothing);
  EXPECT_EQ(decode(nothing, 0).state, State::done);
}

TEST(GzipTest, DecodingBeginsBehindEachMark) {
  const std::string text = lines(60'000);
  constexpr std::size_t kBlock = 50'000;
  GzipEncoder encoder;
  std::string packed;
  std::vector<std::size_t> begins{GzipEncoder::kHeaderBytes};
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    encoder.feed(std::string_view(text).substr(at, kBlock), GzipEncoder::End::mark, packed);
    begins.push_back(packed.size());
  }
  encoder.feed({}, GzipEncoder::End::member, packed);
  EXPECT_EQ(decode(packed, text.size()).state, State::done);
  for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
    GzipDecoder decoder(kBlock, GzipDecoder::From::mark);
    std::string out;
    decoder.feed(std::string_view(packed).substr(begins[i], begins[i + 1] - begins[i]), out);
    EXPECT_TRUE(out == text.substr(i * kBlock, kBlock)) << i;
  }
  // The last block with all that is behind it: the member's end and its checksum.
  GzipDecoder decoder(kBlock, GzipDecoder::From::mark);
  std::string out;
  EXPECT_EQ(decoder.feed(std::string_view(packed).substr(begins[begins.size() - 2]), out),
            State::done);
  EXPECT_TRUE(out == text.substr((begins.size() - 2) * kBlock));
}

}  // namespace
}  // namespace wardbook
