#include "features/accounts/hash_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>

#include "base/failure.h"

namespace wardbook::accounts {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Who comes, who gets a place, and who is refused, in that order; places are kept until `leave`.
class HashQueueTest : public ::testing::Test {
 protected:
  void come(const std::string& who, const std::string& line, int places = 1) {
    boost::asio::co_spawn(reactor_, wait(who, line, places), [this, who](std::exception_ptr error) {
      if (!error) return;
      try {
        std::rethrow_exception(error);
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Code::overloaded);
        EXPECT_GT(failure.retry_after_s(), 0);
        refused_.push_back(who);
      }
    });
    turn();
  }
  void leave(const std::string& who) {
    held_.erase(who);
    turn();
  }
  void turn() {
    reactor_.restart();
    reactor_.poll();
  }
  /// Lets everybody who waits reach the end of the patience.
  void wait_out() {
    reactor_.restart();
    reactor_.run();
  }

  boost::asio::io_context reactor_{1};
  HashQueue queue_{4};
  std::map<std::string, HashQueue::Place> held_;
  std::vector<std::string> admitted_;
  std::vector<std::string> refused_;

  Task<> wait(std::string who, std::string line, int places) {
    HashQueue::Place place = co_await queue_.enter(line, places);
    admitted_.push_back(who);
    held_.emplace(who, std::move(place));
  }
};

TEST_F(HashQueueTest, AdmitsSoManyAtOnceAndTheOthersInTurn) {
  come("a", "one", 2);
  come("b", "one", 2);
  come("c", "one", 2);
  come("d", "one", 2);
  EXPECT_THAT(admitted_, ElementsAre("a", "b"));
  EXPECT_EQ(queue_.waiting(), 2U);
  leave("b");
  EXPECT_THAT(admitted_, ElementsAre("a", "b", "c"));
  leave("a");
  leave("c");
  leave("d");
  EXPECT_THAT(admitted_, ElementsAre("a", "b", "c", "d"));
  come("e", "one", 2);
  EXPECT_TRUE(held_.contains("e")) << "all places are free again";
}

TEST_F(HashQueueTest, LinesTakeTurns) {
  come("first", "flood");
  for (const auto* who : {"f1", "f2", "f3"}) come(who, "flood");
  come("doctor", "elsewhere");
  leave("first");
  leave("f1");
  EXPECT_THAT(admitted_, ElementsAre("first", "f1", "doctor"));
}

TEST_F(HashQueueTest, AFloodFromOnePlaceKeepsNobodyElseOut) {
  come("first", "flood");
  for (const auto* who : {"f1", "f2", "f3", "f4", "f5"}) come(who, "flood");
  EXPECT_THAT(refused_, ElementsAre("f5"));
  come("doctor", "elsewhere");
  EXPECT_THAT(refused_, ElementsAre("f5", "f4")) << "the last of the longest line gives way";
  EXPECT_EQ(queue_.waiting(), 4U);
  leave("first");
  leave("f1");
  EXPECT_THAT(admitted_, ElementsAre("first", "f1", "doctor"));
}

TEST_F(HashQueueTest, NobodyWaitsForEver) {
  HashQueue impatient(4, std::chrono::milliseconds(1));
  queue_ = impatient;
  come("a", "one");
  come("b", "one");
  wait_out();
  EXPECT_THAT(refused_, ElementsAre("b"));
  EXPECT_EQ(queue_.waiting(), 0U);
  leave("a");
  come("c", "one");
  EXPECT_TRUE(held_.contains("c"));
}

TEST_F(HashQueueTest, WhoGoesWhileWaitingLeavesNoHole) {
  {
    boost::asio::io_context gone(1);
    come("a", "one");
    boost::asio::co_spawn(gone, wait("ghost", "one", 1), boost::asio::detached);
    gone.poll();
    EXPECT_EQ(queue_.waiting(), 1U);
  }
  EXPECT_EQ(queue_.waiting(), 0U);
  leave("a");
  come("b", "one");
  EXPECT_TRUE(held_.contains("b"));
  EXPECT_THAT(refused_, IsEmpty());
}

TEST(HashesAtOnce, AreHalfOfTheCoresAtTheMost) {
  Settings::Server server;
  EXPECT_GE(hashes_at_once(server), 1);
  server.reactors = 1'000;
  EXPECT_EQ(hashes_at_once(server), 1);
}

}  // namespace
}  // namespace wardbook::accounts
