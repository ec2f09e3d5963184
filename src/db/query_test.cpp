#include "db/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/failure.h"

namespace wardbook::db {
namespace {

constexpr Columns kTwo{"id", "name"};
static_assert(kTwo["name"] == 1);
static_assert(selects("SELECT r.id, r.name FROM t r", kTwo.names));
static_assert(selects("SELECT id,\n  (SELECT a, b FROM x) AS name\nFROM t", kTwo.names));
static_assert(selects("SELECT id, ARRAY[a, 'FROM , (' || b] AS name FROM t", kTwo.names));
static_assert(selects("WITH o AS (SELECT 1 AS one) SELECT t.id, o.one AS name FROM t", kTwo.names));
static_assert(selects("INSERT INTO t (name) VALUES ($1) RETURNING id, name", kTwo.names));
static_assert(!selects("SELECT r.name, r.id FROM t r", kTwo.names));
static_assert(!selects("SELECT r.id FROM t r", kTwo.names));
static_assert(!selects("SELECT r.id, r.name, r.other FROM t r", kTwo.names));
static_assert(!selects("DELETE FROM t", kTwo.names));

using namespace std::chrono_literals;

/// A row whose columns are given as PostgreSQL would write them.
class TextColumns final : public RowView {
 public:
  TextColumns(std::initializer_list<Param> columns) : columns_(columns) {}
  [[nodiscard]] int columns() const override { return static_cast<int>(columns_.size()); }
  [[nodiscard]] bool is_null(int column) const override { return !at(column).has_value(); }
  [[nodiscard]] std::string_view text(int column) const override { return at(column).value(); }

 private:
  [[nodiscard]] const Param& at(int column) const {
    return columns_.at(static_cast<std::size_t>(column));
  }
  std::vector<Param> columns_;
};

TEST(RowView, Numbers) {
  const TextColumns row{"-9223372036854775808", "3.25", "NaN", "-Infinity", "1e+20", std::nullopt};
  EXPECT_EQ(row.int64(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(row.real(1), 3.25);
  EXPECT_TRUE(row.real(2) != row.real(2));
  EXPECT_EQ(row.real(3), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(row.real(4), 1e20);
  EXPECT_EQ(row.maybe_int64(5), std::nullopt);
  EXPECT_EQ(row.maybe_real(5), std::nullopt);
  EXPECT_EQ(row.maybe_id<RecordId>(5), std::nullopt);
  EXPECT_EQ((TextColumns{"7"}.id<RecordId>(0)), RecordId(7));
}

TEST(RowView, ArraysOfText) {
  using Texts = std::vector<std::optional<std::string>>;
  const TextColumns row{
      "{}",
      R"({a,NULL,"NULL","",b c})",
      R"({{"a \"b\" \\\\ {c}, d",2},{"3}","ä"}})",
      "{\"never ends",
      std::nullopt,
  };
  const auto texts = [](const RowView& of, int column) {
    Texts out;
    for (const auto& element : of.text_array(column)) out.emplace_back(element);
    return out;
  };
  EXPECT_EQ(texts(row, 0), Texts{});
  EXPECT_EQ(texts(row, 1), (Texts{"a", std::nullopt, "NULL", "", "b c"}));
  EXPECT_EQ(texts(row, 2), (Texts{R"(a "b" \\ {c}, d)", "2", "3}", "\u00e4"}));
  EXPECT_THROW((void)row.text_array(3), Failure);
  EXPECT_THROW((void)row.text_array(4), Failure);
  // What we write is what we read.
  const Texts odd{"", "NULL", std::nullopt, "\"", "\\", "a,b", "{", "}", " "};
  EXPECT_EQ(texts(TextColumns{to_param(odd)}, 0), odd);
}

TEST(RowView, WhatDoesNotFitIsOurFault) {
  const TextColumns row{"12x", "", "9223372036854775808", "true", std::nullopt, "infinity", "abc"};
  for (const int column : {0, 1, 2, 4}) EXPECT_THROW((void)row.int64(column), Failure) << column;
  EXPECT_THROW((void)row.real(0), Failure);
  EXPECT_THROW((void)row.boolean(3), Failure);
  EXPECT_THROW((void)row.boolean(4), Failure);
  EXPECT_THROW((void)row.time(5), Failure);
  EXPECT_THROW((void)row.maybe_date(5), Failure);
  EXPECT_THROW((void)row.bytes(6), Failure);
  try {
    (void)row.int64(0);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), Code::internal);
    EXPECT_EQ(failure.log_detail().find("12x"), std::string::npos) << "quotes the value";
  }
}

TEST(RowView, BooleansTextsBytes) {
  const TextColumns row{"t", "f", "Größe", "\\x00ff10", std::nullopt, ""};
  EXPECT_TRUE(row.boolean(0));
  EXPECT_FALSE(row.boolean(1));
  EXPECT_EQ(row.str(2), "Größe");
  EXPECT_EQ(row.bytes(3), std::string("\x00\xff\x10", 3));
  EXPECT_EQ(row.maybe_str(4), std::nullopt);
  EXPECT_EQ(row.maybe_str(5), "");
}

TEST(RowView, TimesAndDates) {
  const TextColumns row{"2026-03-04 05:06:07.12+00", "2026-03-04 05:06:07+00", "2024-02-29",
                        std::nullopt};
  const Time second = std::chrono::sys_days(2026y / 3 / 4) + 5h + 6min + 7s;
  EXPECT_EQ(row.time(0), second + 120ms);
  EXPECT_EQ(row.maybe_time(1), second);
  EXPECT_EQ(row.maybe_date(2), Date(2024y / 2 / 29));
  EXPECT_EQ(row.maybe_time(3), std::nullopt);
  EXPECT_EQ(row.maybe_date(3), std::nullopt);
}

TEST(ToParam, Scalars) {
  EXPECT_EQ(to_param(true), "t");
  EXPECT_EQ(to_param(false), "f");
  EXPECT_EQ(to_param(std::int64_t{-5}), "-5");
  EXPECT_EQ(to_param(0.1), "0.1");
  EXPECT_EQ(to_param(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(to_param(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(to_param(RecordId(12)), "12");
  EXPECT_EQ(to_param(Json{"{}"}), "{}");
  EXPECT_EQ(to_param(Bytes{std::string("\0\xff", 2)}), "\\x00ff");
  EXPECT_EQ(to_param(Date(2026y / 1 / 2)), "2026-01-02");
  EXPECT_EQ(to_param(Time(std::chrono::sys_days(2026y / 1 / 2) + 3ms)), "2026-01-02T00:00:00.003Z");
  EXPECT_EQ(to_param(std::nullopt), std::nullopt);
  EXPECT_EQ(to_param(std::optional<std::string>()), std::nullopt);
  EXPECT_EQ(to_param(std::optional<std::int64_t>(3)), "3");
}

TEST(ToParam, Arrays) {
  EXPECT_EQ(to_param(std::vector<std::int64_t>{}), "{}");
  EXPECT_EQ(to_param(std::vector<std::int64_t>{1, -2, 3}), "{1,-2,3}");
  EXPECT_EQ(to_param(std::vector<std::string>{}), "{}");
  EXPECT_EQ(to_param(std::vector<std::string>{"", "NULL", "a,b", R"(q"\)"}),
            R"({"","NULL","a,b","q\"\\"})");
  EXPECT_EQ(to_param(std::vector<std::optional<std::string>>{std::nullopt, "NULL"}),
            R"({NULL,"NULL"})");
}

inline const Query<Int64Row> kRegistered{"test.registered", "SELECT 1"};

TEST(Queries, RegisterThemselves) {
  EXPECT_THAT(all_queries(), ::testing::Contains(static_cast<const QueryText*>(&kRegistered)));
}

}  // namespace
}  // namespace wardbook::db
