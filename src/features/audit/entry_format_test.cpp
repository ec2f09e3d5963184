#include "features/audit/entry_format.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "features/audit/number_ranges.h"

namespace wardbook::audit {
namespace {

EntryRow full_entry() {
  EntryRow row;
  row.id = 12;
  row.columns = {"00010203-0405-0607-0809-0a0b0c0d0e0f",
                 "1772600767.123456",
                 "5",
                 "doctor",
                 "record.amend",
                 "record",
                 "7",
                 "9",
                 "{9,10}",
                 "ok",
                 "req-1",
                 "192.0.2.1",
                 "a, b",
                 std::nullopt,
                 R"({"notes": ""})",
                 "",
                 "{3,4}"};
  return row;
}

// Format 1 is for good: whoever has to change these bytes needs another format.
TEST(EntryFormatTest, FormatOneHasTheseBytes) {
  const Format* one = shipped_formats().find(1);
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->content(full_entry()), R"(4:a, b,-,13:{"notes": ""},0:,)");
  EXPECT_EQ(one->entry(full_entry(), "\x01\xff"),
            "2:12,17:1772600767.123456,1:5,6:doctor,12:record.amend,6:record,1:7,1:9,6:{9,10},"
            "2:ok,5:req-1,9:192.0.2.1,4:01ff,");
  const std::string salt("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16);
  EXPECT_EQ(to_hex(content_digest(*one, full_entry())),
            to_hex(sha256(salt + R"(4:a, b,-,13:{"notes": ""},0:,)")));
}

TEST(EntryFormatTest, FormatTwoHasTheBytesOfFormatOneAndTheLooks) {
  const Format* one = shipped_formats().find(1);
  const Format* two = shipped_formats().find(2);
  ASSERT_NE(two, nullptr);
  EXPECT_EQ(two->content(full_entry()), one->content(full_entry()));
  EXPECT_EQ(two->entry(full_entry(), "\x01\xff"),
            one->entry(full_entry(), "\x01\xff") + "5:{3,4},");
}

TEST(EntryFormatTest, ALinkHasTheseBytes) {
  SealHeader header{.seq = 3, .epoch = 2, .entry_format = 1, .sealed_at = 1'500'000};
  EXPECT_EQ(to_hex(link("before", header, "hashes")),
            to_hex(sha256("before1:1,1:3,1:2,-,7:1500000,hashes")));
  header.previous_epoch = 1;
  EXPECT_EQ(to_hex(link("before", header, "hashes")),
            to_hex(sha256("before1:1,1:3,1:2,1:1,7:1500000,hashes")));
}

TEST(EntryFormatTest, AnEntryWithoutSaltAndTextsIsEmpty) {
  EntryRow row = full_entry();
  const auto clear = [&](Column column) {
    row.columns[static_cast<std::size_t>(column)] = std::nullopt;
  };
  EXPECT_FALSE(row.is_empty());
  for (const Column column : {Column::reason, Column::before, Column::after}) clear(column);
  EXPECT_FALSE(row.is_empty()) << "it says nothing, and has its salt";
  clear(Column::salt);
  EXPECT_TRUE(row.is_empty());
  EXPECT_FALSE(row.is_missing());
}

std::string text_of(const NumberRanges& ranges) {
  std::string out;
  for (const auto& [first, last] : ranges.map()) {
    out += std::to_string(first) + '-' + std::to_string(last) + ' ';
  }
  return out;
}

TEST(NumberRangesTest, NumbersAreTakenOnce) {
  NumberRanges ranges;
  ranges.add(1, 3);
  ranges.add(4, 9);
  EXPECT_EQ(text_of(ranges), "1-9 ");
  EXPECT_TRUE(ranges.take(5));
  EXPECT_FALSE(ranges.take(5));
  EXPECT_EQ(text_of(ranges), "1-4 6-9 ");
  EXPECT_TRUE(ranges.take(1));
  EXPECT_TRUE(ranges.take(9));
  EXPECT_TRUE(ranges.take(6));
  EXPECT_EQ(text_of(ranges), "2-4 7-8 ");
  EXPECT_FALSE(ranges.take(0));
  EXPECT_FALSE(ranges.take(9));
  EXPECT_TRUE(ranges.take(7));
  EXPECT_TRUE(ranges.take(8));
  EXPECT_EQ(text_of(ranges), "2-4 ");
}

TEST(NumberRangesTest, TheFirstAndTheLastNumberOfAllCanBeTaken) {
  NumberRanges all = NumberRanges::all();
  EXPECT_TRUE(all.take(INT64_MAX));
  EXPECT_TRUE(all.take(INT64_MIN));
  EXPECT_TRUE(all.take(0));
  EXPECT_EQ(text_of(all), "-9223372036854775807--1 1-9223372036854775806 ");
}

}  // namespace
}  // namespace wardbook::audit
