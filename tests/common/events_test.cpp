#include "common/events.h"

#include "tests/support/store_test.h"

namespace parlor::events {
namespace {

class EventsTest : public testing::StoreTest {
 protected:
  EventId Tell(UserId user) {
    return *In([&](db::Transaction& tx) { return Add(tx, UserSuspended{user}, kNow); });
  }
  std::vector<Row> Waiting(uint32_t limit = 10) {
    return *In([&](db::Transaction& tx) { return Pending(tx, EventId(), limit); });
  }
};

TEST_F(EventsTest, WaitsUntilItIsDeleted) {
  const EventId first = Tell(UserId(1)), second = Tell(UserId(2)), third = Tell(UserId(3));
  ASSERT_EQ(Waiting().size(), 3u);
  EXPECT_EQ(Waiting(2).back().id, second);
  const EventId done[] = {third, first};
  ASSERT_TRUE(In([&](db::Transaction& tx) { return Delete(tx, done); }).ok());
  const auto left = Waiting();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].id, second);
  ASSERT_TRUE(In([&](db::Transaction& tx) { return Delete(tx, {}); }).ok());
}

TEST_F(EventsTest, PageBeginsBehindTheLastOne) {
  const EventId first = Tell(UserId(1)), second = Tell(UserId(2));
  const auto page = *In([&](db::Transaction& tx) { return Pending(tx, first, 10); });
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].id, second);
}

TEST_F(EventsTest, RowIsTheBusEncodingWithoutItsId) {
  Tell(UserId(7));
  const auto decoded = DecodeEvent(Waiting().at(0).payload);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<UserSuspended>(decoded->event).user, UserId(7));
  EXPECT_FALSE(decoded->id);
}

TEST_F(EventsTest, RolledBackIsNeverSeen) {
  (void)In([&](db::Transaction& tx) -> Status {
    PARLOR_RETURN_IF_ERROR(Add(tx, UserSuspended{UserId(1)}, kNow).status());
    return Status(ErrorCode::kConflict, "no");
  }).ok();
  EXPECT_TRUE(Waiting().empty());
}

}  // namespace
}  // namespace parlor::events
