#include "db/statement_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardbook::db::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

inline const Query<Int64Row> kOne{"test.cache_one", "SELECT 1"};
inline const Query<Int64Row> kTwo{"test.cache_two", "SELECT 2"};
inline const Query<Int64Row> kThree{"test.cache_three", "SELECT 3"};

std::string ready(StatementCache& cache, TenantNumber tenant, const QueryText& query) {
  const std::string name = cache.insert(tenant, &query, 1).name;
  cache.prepared(name, true);
  return name;
}

TEST(StatementCache, KeepsByTenantAndQuery) {
  StatementCache cache(10);
  const std::string name = ready(cache, 1, kOne);
  EXPECT_EQ(cache.find(1, &kOne)->name, name);
  EXPECT_EQ(cache.find(2, &kOne), nullptr);
  EXPECT_EQ(cache.find(1, &kTwo), nullptr);
}

TEST(StatementCache, EvictsTheLeastRecentlyUsed) {
  StatementCache cache(2);
  ready(cache, 1, kOne);
  const std::string two = ready(cache, 1, kTwo);
  (void)cache.find(1, &kOne);
  ready(cache, 1, kThree);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find(1, &kTwo), nullptr);
  EXPECT_NE(cache.find(1, &kOne), nullptr);
  EXPECT_THAT(cache.take_evicted(), ElementsAre(two));
  EXPECT_FALSE(cache.has_evicted());
}

TEST(StatementCache, WhatIsBeingPreparedStays) {
  StatementCache cache(1);
  const std::string one = cache.insert(1, &kOne, 1).name;
  const std::string two = cache.insert(1, &kTwo, 1).name;
  EXPECT_EQ(cache.size(), 2U) << "the server knows neither yet";
  cache.prepared(one, true);
  cache.prepared(two, true);
  const std::string three = ready(cache, 1, kThree);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_THAT(cache.take_evicted(), ElementsAre(one, two));
}

TEST(StatementCache, AFailedParseLeavesNothingBehind) {
  StatementCache cache(5);
  const std::string name = cache.insert(1, &kOne, 1).name;
  cache.prepared(name, false);
  EXPECT_EQ(cache.find(1, &kOne), nullptr);
  EXPECT_THAT(cache.take_evicted(), IsEmpty());
  EXPECT_NE(ready(cache, 1, kOne), name) << "a name is never used again";
}

TEST(StatementCache, DiscardedOnesAreDeallocated) {
  StatementCache cache(5);
  const std::string name = ready(cache, 1, kOne);
  cache.discard(name);
  cache.discard(name);
  EXPECT_EQ(cache.find(1, &kOne), nullptr);
  EXPECT_THAT(cache.take_evicted(), ElementsAre(name));
}

}  // namespace
}  // namespace wardbook::db::detail
