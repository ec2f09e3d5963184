// Removing for good, and bringing back from the archive, as the store is asked for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "s3/client.h"
#include "s3/scripted_peer.h"

namespace wardbook::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class VersionsTest : public ::testing::Test {
 protected:
  static StoreOptions options(std::string endpoint) {
    StoreOptions out;
    out.endpoint = std::move(endpoint);
    out.bucket = "b";
    out.access_key = out.secret_key = "k";
    return out;
  }
  template <class T>
  T wait_for(Task<T> task) {
    return run(reactor_, std::move(task));
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const auto& request : peer_.received) {
      out.push_back(request.head.method + " " + request.head.target);
    }
    return out;
  }

  boost::asio::io_context reactor_;
  SystemClock clock_;
  ScriptedPeer peer_{reactor_};
  Store store_{reactor_, options(peer_.url()), clock_};
};

constexpr const char* kNoUploads = "<ListMultipartUploadsResult></ListMultipartUploadsResult>";

TEST_F(VersionsTest, AllVersionsOfTheKeyGoAndNoOthers) {
  peer_.script.push_back(answer(200, {}, kNoUploads));
  peer_.script.push_back(
      answer(200, {},
             "<ListVersionsResult><Version><Key>a</Key><VersionId>2</VersionId></Version>"
             "<DeleteMarker><Key>a</Key><VersionId>1</VersionId></DeleteMarker>"
             "<Version><Key>ab</Key><VersionId>9</VersionId></Version></ListVersionsResult>"));
  peer_.script.push_back(answer(204));
  peer_.script.push_back(answer(204));
  const auto removed = wait_for(store_.remove_for_good("a"));
  EXPECT_TRUE(removed);
  EXPECT_THAT(asked(),
              ElementsAre("GET /b?uploads=&prefix=a", "GET /b?versions=&encoding-type=url&prefix=a",
                          "DELETE /b/a?versionId=2", "DELETE /b/a?versionId=1"));
}

TEST_F(VersionsTest, WhereTheStoreKnowsNoVersionsTheObjectGoes) {
  peer_.script.push_back(answer(200, {}, kNoUploads));
  peer_.script.push_back(error_answer(501, "NotImplemented"));
  peer_.script.push_back(answer(204));
  EXPECT_TRUE(wait_for(store_.remove_for_good("a")));
  EXPECT_EQ(asked().back(), "DELETE /b/a");
}

TEST_F(VersionsTest, AStoreThatIsAwayIsNoSuccess) {
  peer_.script.push_back(answer(200, {}, kNoUploads));
  peer_.script.push_back(error_answer(403, "AccessDenied"));
  const auto removed = wait_for(store_.remove_for_good("a"));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().error, S3Error::access_denied);
}

TEST_F(VersionsTest, ARestoreTellsWhereTheObjectIs) {
  peer_.script.push_back(answer(202));
  peer_.script.push_back(error_answer(409, "RestoreAlreadyInProgress"));
  peer_.script.push_back(answer(200));
  peer_.script.push_back(error_answer(403, "InvalidObjectState"));
  EXPECT_EQ(*wait_for(store_.restore("a", "INTELLIGENT_TIERING")), Place::on_its_way);
  EXPECT_EQ(*wait_for(store_.restore("a", "INTELLIGENT_TIERING")), Place::on_its_way);
  EXPECT_EQ(*wait_for(store_.restore("a", "GLACIER")), Place::at_hand);
  EXPECT_EQ(*wait_for(store_.restore("a", "GLACIER")), Place::at_hand);
  EXPECT_EQ(asked()[0], "POST /b/a?restore=");
  EXPECT_THAT(peer_.received[0].body, Not(HasSubstr("<Days>")));
  EXPECT_THAT(peer_.received[2].body, HasSubstr("<Days>7</Days>"));
}

TEST(PlaceTest, IsWhatTheHeadersSay) {
  struct Case {
    std::string storage_class, archive_status, restore;
    Place place;
  };
  const std::string done =
      R"(ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT")";
  for (const auto& c :
       {Case{"INTELLIGENT_TIERING", "", "", Place::at_hand},
        Case{"INTELLIGENT_TIERING", "ARCHIVE_ACCESS", "", Place::archived},
        Case{"INTELLIGENT_TIERING", "DEEP_ARCHIVE_ACCESS", R"(ongoing-request="true")",
             Place::on_its_way},
        Case{"GLACIER", "", "", Place::archived}, Case{"GLACIER", "", done, Place::at_hand},
        Case{"GLACIER_IR", "", "", Place::at_hand}, Case{"", "", "", Place::at_hand}}) {
    ObjectInfo info;
    info.storage_class = c.storage_class;
    info.archive_status = c.archive_status;
    info.restore = c.restore;
    EXPECT_EQ(place_of(info), c.place) << c.storage_class << " " << c.archive_status;
  }
}

}  // namespace
}  // namespace wardbook::s3
