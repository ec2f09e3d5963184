#include "api/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace wardbook::api {
namespace {

namespace json = boost::json;
using Need = Input::Need;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// `pointer: message` of each fault, in order.
std::vector<std::string> lines(const std::vector<Fault>& faults) {
  std::vector<std::string> out;
  for (const auto& fault : faults) out.push_back(fault.pointer + ": " + fault.message);
  return out;
}

struct Reader {
  explicit Reader(std::string_view text, std::string pointer = "")
      : value(parse_json(text)), in(value.as_object(), std::move(pointer), faults) {}
  json::value value;
  std::vector<Fault> faults;
  Input in;
};

/// The message of the fault that one text value has; empty when it has none.
std::string text_fault(std::string value, std::size_t most, bool with_lines = false) {
  const json::object object{{"t", std::move(value)}};
  std::vector<Fault> faults;
  Input in(object, "", faults);
  const bool read = in.text("t", Need::optional, most, with_lines).has_value();
  EXPECT_EQ(read, faults.empty());
  return faults.empty() ? "" : faults.front().message;
}

TEST(InputTest, ReadsEachKindOfField) {
  Reader r(R"({"t":"Zoë","i":7,"whole":7.0,"n":36.6,"b":false,"d":"2024-02-29",
               "at":"2026-03-04T05:06:07+01:00","day":"2026-03-04","w":"red","a":[1],"o":{}})");
  EXPECT_EQ(r.in.text("t", Need::required, 10), "Zoë");
  EXPECT_EQ(r.in.integer("i", Need::required, 1, 9), 7);
  EXPECT_EQ(r.in.integer("whole", Need::required, 1, 9), 7);
  EXPECT_EQ(r.in.number("n", Need::required, 0, 100), 36.6);
  EXPECT_EQ(r.in.boolean("b", Need::required), false);
  EXPECT_EQ(format_date(r.in.date("d", Need::required).value()), "2024-02-29");
  EXPECT_EQ(r.in.date_or_time("at", Need::required), "2026-03-04T04:06:07Z");
  EXPECT_EQ(r.in.date_or_time("day", Need::required), "2026-03-04");
  EXPECT_EQ(r.in.one_of("w", Need::required, {"green", "red"}), "red");
  ASSERT_NE(r.in.array("a", Need::required, 1), nullptr);
  ASSERT_NE(r.in.object("o", Need::required), nullptr);
  r.in.finish();
  EXPECT_THAT(lines(r.faults), ElementsAre());
}

TEST(InputTest, NamesEveryFaultAtOnceWithItsPointer) {
  Reader r(R"({"t":1,"i":"x","half":1.5,"big":10,"n":true,"far":1e300,"b":"yes","d":"2023-02-29",
               "at":"yesterday","w":"blue","a":{},"long":[1,2],"o":[]})",
           "/signs/0");
  r.in.text("t", Need::optional, 10);
  r.in.integer("i", Need::optional, 1, 9);
  r.in.integer("half", Need::optional, 1, 9);
  r.in.integer("big", Need::optional, 1, 9);
  r.in.number("n", Need::optional, 0, 1);
  r.in.number("far", Need::optional, 0.2, 650);
  r.in.boolean("b", Need::optional);
  r.in.date("d", Need::optional);
  r.in.date_or_time("at", Need::optional);
  r.in.one_of("w", Need::optional, {"green", "red"});
  r.in.array("a", Need::optional, 1);
  r.in.array("long", Need::optional, 1);
  r.in.object("o", Need::optional);
  r.in.text("gone", Need::required, 10);
  EXPECT_THAT(
      lines(r.faults),
      ElementsAre("/signs/0/t: must be a string", "/signs/0/i: must be a whole number",
                  "/signs/0/half: must be a whole number", "/signs/0/big: must be from 1 to 9",
                  "/signs/0/n: must be a number", "/signs/0/far: must be from 0.2 to 650",
                  "/signs/0/b: must be true or false", "/signs/0/d: must be a date (YYYY-MM-DD)",
                  "/signs/0/at: must be an RFC 3339 time or a date (YYYY-MM-DD)",
                  "/signs/0/w: must be one of green, red", "/signs/0/a: must be an array",
                  "/signs/0/long: has more than 1 items", "/signs/0/o: must be an object",
                  "/signs/0/gone: is required"));
}

TEST(InputTest, NullIsAbsent) {
  Reader r(R"({"optional":null,"required":null})");
  EXPECT_EQ(r.in.text("optional", Need::optional, 10), std::nullopt);
  EXPECT_EQ(r.in.text("required", Need::required, 10), std::nullopt);
  EXPECT_FALSE(r.in.has("optional"));
  r.in.finish();
  EXPECT_THAT(lines(r.faults), ElementsAre("/required: is required"));
}

TEST(InputTest, RequiredTextIsNotBlank) {
  Reader r(R"({"blank":" \t","empty":"","kept":" ","unseen":"\u200b\u00a0\u00ad"})");
  r.in.text("blank", Need::required, 10, true);
  r.in.text("empty", Need::required, 10);
  r.in.text("unseen", Need::required, 10);
  EXPECT_EQ(r.in.text("kept", Need::optional, 10), " ");
  EXPECT_THAT(lines(r.faults), ElementsAre("/blank: must not be blank", "/empty: must not be blank",
                                           "/unseen: must not be blank"));
}

TEST(InputTest, NamesShowSomethingAndReadAsTheyAreWritten) {
  for (const auto* good :
       {"Dr. Dana Reyes", "\u5c71\u7530 \u592a\u90ce", "O\u2019Brien", "\u05d3\u200f"}) {
    EXPECT_FALSE(name_fault(good)) << good;
  }
  const std::vector<std::pair<std::string, std::string>> bad{
      {"", "must not be blank"},
      {" \u00a0\u200b\u00ad", "must not be blank"},
      {"\u0301\u0301", "must not be blank"},
      {"\ue000\ufffc", "must not be blank"},
      {"a\tb", "holds control characters"},
      {"a\u0085b", "holds control characters"},
      {"Dana\u2028Reyes", "holds characters that cannot be typed"},
      {"Dr. \u202eanaD", "contains characters that change the direction of text"},
      {"\u2067x\u2069", "contains characters that change the direction of text"},
      {"\xff", "is not UTF-8"},
      {std::string(201, 'x'), "is longer than 200 characters"},
  };
  for (const auto& [name, fault] : bad) EXPECT_EQ(name_fault(name), fault) << name;
  Reader r(R"({"a":"\u200b","b":"\u202ex","c":7,"d":"Dana"})");
  for (const auto* key : {"a", "b", "c", "none"}) r.in.name(key, Need::optional, 200);
  EXPECT_EQ(r.in.name("d", Need::optional, 200), "Dana");
  EXPECT_THAT(lines(r.faults),
              ElementsAre("/a: must not be blank",
                          "/b: contains characters that change the direction of text",
                          "/c: must be a string"));
}

TEST(InputTest, AnAddressHasSomethingOnBothSidesOfOneAt) {
  for (const auto* good : {"a@b", "zoe@example.org", "\u00fc@\u00fc.example"}) {
    EXPECT_TRUE(is_email(good)) << good;
  }
  for (const auto* bad : {"", "a", "@b", "a@", "a b@c.de", "a@@b.c", "x@y z.com", "a@b@c",
                          "a@\u00a0b", "a\u200b@b", "a\u00ad@b", "\u202ea@b", "a@b\r"}) {
    EXPECT_FALSE(is_email(bad)) << bad;
  }
}

TEST(InputTest, RefusesFieldsNobodyAskedFor) {
  Reader r(R"({"known":1,"id":2,"a/b~c":3})");
  r.in.integer("known", Need::optional, 0, 9);
  r.in.finish({"id"});
  EXPECT_THAT(lines(r.faults), ElementsAre("/id: is read-only", "/a~1b~0c: is not a field here"));
}

TEST(InputTest, ControlCharactersAreRefusedWhereverTheyStand) {
  for (int c = 1; c < 0x20; ++c) {
    const std::string text = std::string("a") + static_cast<char>(c);
    EXPECT_EQ(text_fault(text, 10), "holds control characters") << c;
    const bool line = c == '\n' || c == '\t' || c == '\r';
    EXPECT_EQ(text_fault(text, 10, true).empty(), line) << c;
  }
  EXPECT_NE(text_fault(std::string("a\0b", 3), 10), "");
  EXPECT_NE(text_fault("\x7f", 10), "");
  EXPECT_NE(text_fault("\xc2\x80", 10), "") << "U+0080, the first of C1";
  EXPECT_NE(text_fault("a\xc2\x85z", 10, true), "") << "NEL is not one of our line breaks";
  EXPECT_NE(text_fault("\xc2\x9f", 10), "") << "U+009F, the last of C1";
  EXPECT_EQ(text_fault("\xc2\xa0", 10), "") << "U+00A0, no-break space";
  EXPECT_EQ(text_fault("\xc3\x80", 10), "") << "U+00C0 has 0x80 as its second byte";
}

TEST(InputTest, LengthCountsCodePoints) {
  EXPECT_EQ(text_fault("äöü", 3), "");
  EXPECT_EQ(text_fault("äöüß", 3), "is longer than 3 characters");
  EXPECT_EQ(text_fault("\xf0\x9f\xa9\xba\xf0\x9f\xa9\xba", 2), "") << "two stethoscopes";
  EXPECT_NE(text_fault("\xf0\x9f\xa9\xba\xf0\x9f\xa9\xba", 1), "");
}

TEST(InputTest, IntegerBoundsAreInclusive) {
  Reader r(R"({"least":1,"most":9223372036854775807,"below":0,"above":9223372036854775808})");
  EXPECT_EQ(r.in.integer("least", Need::required, 1, INT64_MAX), 1);
  EXPECT_EQ(r.in.integer("most", Need::required, 1, INT64_MAX), INT64_MAX);
  EXPECT_EQ(r.in.integer("below", Need::required, 1, INT64_MAX), std::nullopt);
  EXPECT_EQ(r.in.integer("above", Need::required, 1, INT64_MAX), std::nullopt);
  EXPECT_EQ(r.faults.size(), 2U);
}

std::string parse_failure(std::string_view text) {
  try {
    (void)parse_json(text);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), Code::invalid_json);
    return failure.message();
  }
  return "";
}

std::string nested(int depth, std::string_view open, std::string_view close) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += open;
  out += "1";
  for (int i = 0; i < depth; ++i) out += close;
  return out;
}

TEST(ParseJsonTest, IsStrict) {
  for (const std::string bad : {"",
                                " ",
                                "{",
                                "{}x",
                                "{} {}",
                                "{'a':1}",
                                "{\"a\":1,}",
                                "[1,]",
                                "01",
                                "+1",
                                ".5",
                                "1.",
                                "NaN",
                                "Infinity",
                                "nul",
                                "\"\x01\"",
                                "\"\xff\"",
                                "\"\xc3\x28\"",
                                "\"\\ud800\"",
                                "/* */1",
                                "\"a",
                                "\xef\xbb\xbf{}"}) {
    EXPECT_NE(parse_failure(bad), "") << bad;
  }
  for (const std::string good :
       {"{}", " [1, -0.5e3] ", "\"\\ud83e\\ude7a\"", "null", "\"\xc3\xa4\""}) {
    EXPECT_EQ(parse_failure(good), "") << good;
  }
}

TEST(ParseJsonTest, RefusesDuplicateMembersAtAnyDepth) {
  EXPECT_THAT(parse_failure(R"({"a":1,"b":2,"a":3})"), HasSubstr("twice"));
  EXPECT_THAT(parse_failure(R"([{"x":{"a":1,"a":1}}])"), HasSubstr("twice"));
  EXPECT_THAT(parse_failure(R"({"a":1,"\u0061":2})"), HasSubstr("twice")) << "however spelt";
  EXPECT_EQ(parse_failure(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"), "");
}

TEST(ParseJsonTest, BoundsDepth) {
  EXPECT_EQ(parse_failure(nested(32, "[", "]")), "");
  EXPECT_NE(parse_failure(nested(33, "[", "]")), "");
  EXPECT_NE(parse_failure(nested(100'000, "{\"a\":", "}")), "");
}

TEST(ParseJsonTest, ManyMembersAreRefusedBeforeParsing) {
  std::string many = "{";
  for (int i = 0; i < 65'536; ++i) {
    many += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":0";
  }
  EXPECT_THAT(parse_failure(many + "}"), HasSubstr("more than 1000 members"));
}

TEST(InputTest, PointersToLongNamesAreCutBetweenCharacters) {
  const std::string name = std::string(99, 'a') + "\u00e9" + std::string(50, 'b');
  std::vector<Fault> faults;
  Input(json::object{{name, 1}}, "", faults).finish();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults.front().pointer, "/" + std::string(99, 'a'));
}

TEST(InputTest, AnAnswerNamesAtMostAHundredFaults) {
  json::object sent;
  for (int i = 0; i < 900; ++i) sent["unknown" + std::to_string(i)] = i;
  std::vector<Fault> faults;
  Input(sent, "", faults).finish();
  EXPECT_EQ(faults.size(), kMostFaults);
  EXPECT_EQ(faults.front().pointer, "/unknown0");
  const auto failure = Failure::invalid(std::vector<Fault>(5'000, faults.front()));
  EXPECT_EQ(failure.faults().size(), kMostFaults) << "also those that were gathered otherwise";
  EXPECT_THAT(failure.message(), HasSubstr("first 100"));
}

// RFC 7396, appendix A: original, patch, result; nulls stay where the RFC takes members away.
TEST(MergePatchTest, FollowsTheRfcsExamplesButKeepsNulls) {
  const std::vector<std::array<const char*, 3>> cases{
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({"a":null})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"a":null,"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d","c":null}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", R"(null)", R"(null)"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b","c":null})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{"ccc":null}}})"},
  };
  for (const auto& [original, patch, result] : cases) {
    auto value = json::parse(original);
    merge_patch(value, json::parse(patch));
    EXPECT_EQ(value, json::parse(result)) << original << " + " << patch;
  }
}

std::string canonical(std::string_view text) {
  return canonical_json(parse_json(text));
}

TEST(CanonicalJsonTest, NumbersAreEcmaScripts) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"37.0", "37"},
      {"37", "37"},
      {"3.7e1", "37"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"0e5", "0"},
      {"36.60", "36.6"},
      {"1e15", "1000000000000000"},
      {"100000000000000000000", "100000000000000000000"},
      {"1e21", "1e+21"},
      {"1e22", "1e+22"},
      {"1000000000000000000000", "1e+21"},
      {"0.000001", "0.000001"},
      {"0.0000001", "1e-7"},
      {"-0.00000123", "-0.00000123"},
      {"1.5e-9", "1.5e-9"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"333333333.33333329", "333333333.3333333"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(canonical(text), expected) << text;
}

TEST(CanonicalJsonTest, ReadsItsOwnNumbersBack) {
  std::uint64_t bits = 88172645463325252;
  for (int i = 0; i < 20'000; ++i) {
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    const double value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const auto text = canonical_json(json::array{0.5, value, json::object{{"a", value / 3}}, 7.25});
    ASSERT_EQ(canonical(text), text);
  }
}

TEST(CanonicalJsonTest, IsOneTextForEqualContents) {
  EXPECT_EQ(canonical(R"( { "b" : [ 1 , true ] , "a" : { "d" : null , "c" : "x" } } )"),
            R"({"a":{"c":"x","d":null},"b":[1,true]})");
  EXPECT_EQ(canonical(R"({"b":1.0,"a":"\u00e4\/\u000a"})"), "{\"a\":\"ä/\\n\",\"b\":1}");
  EXPECT_EQ(canonical(R"("\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/")"),
            R"("€$\u000f\nA'B\"\\\\\"/")")
      << "the string of RFC 8785, 3.2.2";
  EXPECT_EQ(canonical("[]"), "[]");
  EXPECT_EQ(canonical("{}"), "{}");
  const auto once = canonical(R"({"z":[0.1,1e-7,1e21],"a":"é"})");
  EXPECT_EQ(canonical(once), once);
}

TEST(ObjectWriterTest, WritesJsonThatReadsBack) {
  std::string text;
  ObjectWriter out(text);
  out.text("quoted", "a\"\\\n\x01 ä").text("missing", std::optional<std::string>());
  out.integer("int", INT64_MIN).integer("none", std::optional<std::int64_t>());
  out.boolean("yes", true).raw("raw", "[1]").raw("empty", "");
  out.end();
  const json::value expected{{"quoted", "a\"\\\n\x01 ä"}, {"missing", nullptr}, {"int", INT64_MIN},
                             {"none", nullptr},           {"yes", true},        {"raw", {1}},
                             {"empty", nullptr}};
  EXPECT_EQ(parse_json(text), expected) << text;
  std::string nothing;
  ObjectWriter(nothing).end();
  EXPECT_EQ(nothing, "{}");
}

}  // namespace
}  // namespace wardbook::api
