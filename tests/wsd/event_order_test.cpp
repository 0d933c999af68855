#include "wsd/event_order.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

constexpr int64_t kNow = 5000;

Event NameOf(uint64_t user) { return UserUpdated{UserId(user), "Ada", "L"}; }
Event GroupOf(uint64_t group) { return GroupUpdated{ConversationId(group), "G", UserId(1)}; }
Event MarkOf(uint64_t user, uint64_t room) {
  return ReadMarkMoved{UserId(user), ConversationKind::kRoom, ConversationId(room), 0, {}};
}

TEST(EventOrderTest, OldNewsOfTheSameThingAreRefused) {
  EventOrder order;
  for (const Event& event : {NameOf(1), GroupOf(1), MarkOf(1, 1)}) {
    EXPECT_TRUE(order.Apply(event, EventId(5), kNow));
    EXPECT_FALSE(order.Apply(event, EventId(4), kNow));
    EXPECT_FALSE(order.Apply(event, EventId(5), kNow)) << "a repeat";
    EXPECT_TRUE(order.Apply(event, EventId(6), kNow));
    EXPECT_FALSE(order.Apply(event, EventId(5), kNow));
  }
}

TEST(EventOrderTest, EachThingHasAnOrderOfItsOwn) {
  EventOrder order;
  uint64_t id = 9;
  for (const Event& event :
       {NameOf(1), NameOf(2), GroupOf(1), GroupOf(2), MarkOf(1, 1), MarkOf(1, 2), MarkOf(2, 1)}) {
    EXPECT_TRUE(order.Apply(event, EventId(id--), kNow)) << id;
  }
}

TEST(EventOrderTest, EventsWithoutAnIdAndOtherKindsAlwaysCount) {
  EventOrder order;
  EXPECT_TRUE(order.Apply(NameOf(1), EventId(5), kNow));
  EXPECT_TRUE(order.Apply(NameOf(1), EventId(), kNow));
  EXPECT_FALSE(order.Apply(NameOf(1), EventId(4), kNow));
  const Event ended = SessionEnded{UserId(1), SessionId(1)};
  EXPECT_TRUE(order.Apply(ended, EventId(5), kNow));
  EXPECT_TRUE(order.Apply(ended, EventId(4), kNow));
  const Event present = PresenceChanged{ConversationId(1), 1, UserId(1), "A", "B", true};
  EXPECT_TRUE(order.Apply(present, EventId(5), kNow));
  EXPECT_TRUE(order.Apply(present, EventId(4), kNow));
  EXPECT_EQ(order.remembered(), 2U);
}

TEST(EventOrderTest, RemovalThatComesAfterANewerEnteringIsRefused) {
  const auto entered = [](uint64_t group, uint64_t user, bool is_enter) -> Event {
    return PresenceChanged{ConversationId(group), 1, UserId(user), "A", "B", is_enter};
  };
  const Event removed = MemberRemoved{ConversationId(1), UserId(1)};
  EventOrder order;
  EXPECT_TRUE(order.Apply(entered(1, 2, true), EventId(9), kNow)) << "another user";
  EXPECT_TRUE(order.Apply(entered(2, 1, true), EventId(9), kNow)) << "another group";
  EXPECT_TRUE(order.Apply(entered(1, 1, false), EventId(9), kNow)) << "not entering";
  EXPECT_TRUE(order.Apply(removed, EventId(3), kNow));
  EXPECT_FALSE(order.Apply(removed, EventId(3), kNow)) << "a repeat";
  EXPECT_TRUE(order.Apply(entered(1, 1, true), EventId(7), kNow));
  EXPECT_FALSE(order.Apply(removed, EventId(6), kNow));
  EXPECT_TRUE(order.Apply(removed, EventId(8), kNow));
  EXPECT_TRUE(order.Apply(entered(1, 1, true), EventId(7), kNow)) << "has an order of its own";
  EXPECT_TRUE(order.Apply(removed, EventId(), kNow));
}

TEST(EventOrderTest, IsForgottenAWhileAfterTheLastChange) {
  EventOrder order;
  order.Apply(NameOf(1), EventId(5), kNow);
  order.Apply(NameOf(1), EventId(7), kNow + 1000);
  order.ForgetOld(kNow + EventOrder::kRememberMs + 1);
  EXPECT_FALSE(order.Apply(NameOf(1), EventId(6), kNow));
  order.ForgetOld(kNow + 1000 + EventOrder::kRememberMs + 1);
  EXPECT_EQ(order.remembered(), 0U);
  EXPECT_TRUE(order.Apply(NameOf(1), EventId(6), kNow));
}

TEST(EventOrderTest, BeyondItsBoundTheOldestIsForgotten) {
  EventOrder order;
  for (uint64_t user = 1; user <= EventOrder::kMaxRemembered + 1; ++user) {
    order.Apply(NameOf(user), EventId(user + 1), kNow);
  }
  EXPECT_EQ(order.remembered(), EventOrder::kMaxRemembered);
  EXPECT_TRUE(order.Apply(NameOf(1), EventId(1), kNow));
  EXPECT_FALSE(order.Apply(NameOf(3), EventId(1), kNow));
}

}  // namespace
}  // namespace parlor::wsd
