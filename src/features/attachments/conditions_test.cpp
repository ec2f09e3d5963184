#include "features/attachments/conditions.h"

#include <gtest/gtest.h>

#include <string>

namespace wardbook::attachments {
namespace {

/// `whole`, `none`, or `first-last`.
std::string wanted(std::string_view header, std::uint64_t size = 100) {
  const Wanted parsed = parse_range(header, size);
  if (parsed.kind == RangeKind::whole) return "whole";
  if (parsed.kind == RangeKind::unsatisfiable) return "none";
  return std::to_string(parsed.span.first) + "-" + std::to_string(parsed.span.last);
}

TEST(Range, Forms) {
  struct Row {
    const char* header;
    const char* wanted;
  };
  const Row rows[] = {
      {"bytes=0-0", "0-0"},
      {"bytes=5-9", "5-9"},
      {"bytes=99-", "99-99"},
      {"bytes=100-", "none"},
      {"bytes=0-1000", "0-99"},
      {"bytes=-1", "99-99"},
      {"bytes=-1000", "0-99"},
      {"bytes=-0", "none"},
      {"Bytes=0-5", "0-5"},
      {"bytes= 0-5 ", "0-5"},
      {"bytes=0-99999999999999999999999", "0-99"},
      {"bytes=99999999999999999999999-", "none"},
      {"bytes=-99999999999999999999999", "0-99"},
      // A recipient may ignore what it does not know or cannot read.
      {"bytes=5-2", "whole"},
      {"bytes=0-9,20-29", "whole"},
      {"bytes=", "whole"},
      {"bytes=-", "whole"},
      {"bytes=a-b", "whole"},
      {"bytes=+1-5", "whole"},
      {"bytes=0--5", "whole"},
      {"bytes==0-5", "whole"},
      {"items=0-5", "whole"},
      {"0-5", "whole"},
      {"", "whole"},
  };
  for (const Row& row : rows) EXPECT_EQ(wanted(row.header), row.wanted) << row.header;
}

TEST(Range, OfOneByte) {
  EXPECT_EQ(wanted("bytes=0-", 1), "0-0");
  EXPECT_EQ(wanted("bytes=1-", 1), "none");
  EXPECT_EQ(wanted("bytes=-5", 1), "0-0");
}

}  // namespace
}  // namespace wardbook::attachments
