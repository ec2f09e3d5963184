#include "net/content_coding.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/gzip.h"

namespace wardbook::net {
namespace {

TEST(ContentCoding, IsTheOneWithTheHigherWeight) {
  const std::vector<std::pair<std::string_view, std::optional<Coding>>> cases{
      {"", std::nullopt},
      {"gzip", Coding::gzip},
      {"GZIP", Coding::gzip},
      {"x-gzip", Coding::gzip},
      {"zstd", Coding::zstd},
      {"gzip, deflate, br, zstd", Coding::zstd},
      {"gzip, deflate, br", Coding::gzip},
      {"deflate, br", std::nullopt},
      {"gzip;q=1.0, zstd;q=0.5", Coding::gzip},
      {"gzip ; q=0.2 , zstd ; q=0.3", Coding::zstd},
      {"gzip;q=0", std::nullopt},
      {"gzip;q=0.000", std::nullopt},
      {"gzip;q=0.001", Coding::gzip},
      {"*", Coding::zstd},
      {"*;q=0", std::nullopt},
      {"*, zstd;q=0", Coding::gzip},
      {"identity", std::nullopt},
      {"identity, gzip;q=0.5", std::nullopt},
      {"identity;q=0.5, gzip", Coding::gzip},
      {",, gzip,,", Coding::gzip},
      {"gzip;q=2", std::nullopt},
      {"gzip;q=1.5", std::nullopt},
      {"gzip;q=0.1234", std::nullopt},
      {"gzip;q=", std::nullopt},
      {"gzip;level=9", std::nullopt},
      {"gzip;q=-1", std::nullopt},
  };
  for (const auto& [field, expected] : cases) EXPECT_EQ(preferred_coding(field), expected) << field;
}

Response json_answer(std::size_t bytes) {
  Response response;
  response.headers.set("Content-Type", "application/json");
  while (response.body.size() < bytes) response.body += R"({"pulse_bpm":72},)";
  response.body.resize(bytes);
  return response;
}
RequestHead accepting(std::string_view coding) {
  RequestHead head;
  head.headers.set("Accept-Encoding", coding);
  return head;
}

TEST(ContentCoding, LargeJsonComesBackAsItWas) {
  for (const std::size_t bytes : {std::size_t{1024}, std::size_t{70'000}, std::size_t{1'000'000}}) {
    const std::string before = json_answer(bytes).body;
    Response zipped = json_answer(bytes);
    compress(zipped, accepting("gzip"));
    EXPECT_EQ(zipped.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(zipped.headers.get("Vary"), "Accept-Encoding");
    EXPECT_LT(zipped.body.size(), bytes);
    GzipDecoder decoder(bytes);
    std::string out;
    EXPECT_EQ(decoder.feed(zipped.body, out), GzipDecoder::State::done);
    EXPECT_EQ(out, before);

    Response packed = json_answer(bytes);
    compress(packed, accepting("gzip, zstd"));
    EXPECT_EQ(packed.headers.get("Content-Encoding"), "zstd");
    out.assign(bytes, '\0');
    EXPECT_EQ(ZSTD_decompress(out.data(), out.size(), packed.body.data(), packed.body.size()),
              bytes);
    EXPECT_EQ(out, before);
  }
}

TEST(ContentCoding, NothingIsCompressedThatNobodyAskedFor) {
  Response plain = json_answer(5000);
  compress(plain, RequestHead{});
  EXPECT_FALSE(plain.headers.get("Content-Encoding"));
  EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.body.size(), 5000U);
}

TEST(ContentCoding, SmallAnswersAndOtherTypesStayAsTheyAre) {
  Response small = json_answer(1023);
  compress(small, accepting("gzip"));
  EXPECT_FALSE(small.headers.get("Content-Encoding"));
  Response picture = json_answer(5000);
  picture.headers.set("Content-Type", "image/png");
  compress(picture, accepting("gzip"));
  EXPECT_FALSE(picture.headers.get("Content-Encoding"));
  EXPECT_FALSE(picture.headers.get("Vary"));
  Response coded = json_answer(5000);
  coded.headers.set("Content-Encoding", "br");
  compress(coded, accepting("gzip"));
  EXPECT_EQ(coded.headers.get("Content-Encoding"), "br");
  EXPECT_EQ(coded.body.size(), 5000U);
}

}  // namespace
}  // namespace wardbook::net
