#include "wsd/unread_notices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr ConversationId kGroup{50};
constexpr ConversationId kOther{51};
constexpr UserId kAda{1};
constexpr UserId kBob{2};

class UnreadNoticesTest : public ::testing::Test {
 protected:
  std::vector<ConversationId> Due(int64_t ms = 0) {
    now_ms_ += ms;
    return notices_.Due(now_ms_);
  }
  UnreadNotices::Counts Counted(UnreadNotices::Counts counts = {{kAda, 1}, {kBob, 2}}) {
    return notices_.Counted(kGroup, counts, now_ms_);
  }
  int64_t now_ms_ = 5000;
  UnreadNotices notices_{{.interval_ms = 1000, .max_counting = 3}};
};

TEST_F(UnreadNoticesTest, FirstMessageIsCountedAtOnceForEverybody) {
  EXPECT_THAT(Due(), IsEmpty());
  notices_.MessageSent(kGroup);
  EXPECT_THAT(Due(), ElementsAre(kGroup));
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_THAT(Counted(), ElementsAre(Pair(kAda, 1U), Pair(kBob, 2U)));
}

TEST_F(UnreadNoticesTest, FloodIsCountedOnceAnIntervalFromWhenItWasToldAndOnceMoreAtTheEnd) {
  int counts = 0;
  notices_.MessageSent(kGroup);
  ASSERT_THAT(Due(), SizeIs(1));
  for (int second = 0; second < 5; ++second) {
    notices_.MessageSent(kGroup);
    EXPECT_THAT(Due(300), IsEmpty()) << "one is under way";
    Counted();
    ++counts;
    for (int i = 0; i < 9; ++i) {
      notices_.MessageSent(kGroup);
      EXPECT_THAT(Due(100), IsEmpty());
    }
    EXPECT_THAT(Due(99), IsEmpty());
    EXPECT_THAT(Due(1), ElementsAre(kGroup));
  }
  EXPECT_EQ(counts, 5);
  EXPECT_THAT(Counted(), SizeIs(2)) << "the last one tells the final count";
  EXPECT_THAT(Due(1000), IsEmpty());
}

TEST_F(UnreadNoticesTest, MessageWhileACountIsUnderWayIsCountedAgain) {
  notices_.MessageSent(kGroup);
  Due();
  notices_.MessageSent(kGroup);
  Counted();
  EXPECT_THAT(Due(999), IsEmpty());
  EXPECT_THAT(Due(1), ElementsAre(kGroup));
}

TEST_F(UnreadNoticesTest, QuietGroupIsForgotten) {
  notices_.MessageSent(kGroup);
  Due();
  Counted();
  EXPECT_EQ(notices_.remembered(), 1U);
  Due(1000);
  EXPECT_EQ(notices_.remembered(), 0U);
  notices_.MarkMoved(kGroup, kAda, 0);
  EXPECT_EQ(notices_.remembered(), 0U);
  EXPECT_THAT(Due(60000), IsEmpty());
  notices_.MessageSent(kGroup);
  EXPECT_THAT(Due(), ElementsAre(kGroup)) << "at once again";
}

TEST_F(UnreadNoticesTest, FailedCountIsTriedAgainForTheSame) {
  notices_.MessageSent(kGroup);
  Due();
  notices_.Failed(kGroup, now_ms_);
  EXPECT_THAT(Due(999), IsEmpty());
  EXPECT_THAT(Due(1), ElementsAre(kGroup));
  EXPECT_THAT(Counted(), SizeIs(2));
}

TEST_F(UnreadNoticesTest, MarkThatMovesDuringACountHasTheLastWord) {
  notices_.MessageSent(kGroup);
  Due();
  notices_.MarkMoved(kGroup, kAda, 0);
  EXPECT_THAT(Counted(), ElementsAre(Pair(kAda, 1U), Pair(kBob, 2U))) << "was read before";
  ASSERT_THAT(Due(1000), ElementsAre(kGroup));
  EXPECT_THAT(Counted({{kAda, 0}, {kBob, 2}}), ElementsAre(Pair(kAda, 0U))) << "Bob heard it";
}

TEST_F(UnreadNoticesTest, WhoIsRemovedDuringACountDoesNotHearIt) {
  notices_.MemberRemoved(kGroup, kBob);
  notices_.MessageSent(kGroup);
  Due();
  notices_.MemberRemoved(kGroup, kAda);
  EXPECT_THAT(Counted(), ElementsAre(Pair(kBob, 2U)));
  notices_.MessageSent(kGroup);
  ASSERT_THAT(Due(1000), SizeIs(1));
  EXPECT_THAT(Counted(), SizeIs(2)) << "has entered again";
}

TEST_F(UnreadNoticesTest, MarkThatWasCountedRightIsNotToldAgain) {
  notices_.MessageSent(kGroup);
  Due();
  Counted();
  notices_.MarkMoved(kGroup, kAda, 0);
  ASSERT_THAT(Due(1000), ElementsAre(kGroup));
  EXPECT_THAT(Counted({{kAda, 0}, {kBob, 2}}), IsEmpty());
}

TEST_F(UnreadNoticesTest, NewsOfAnOldMarkAreSetRight) {
  notices_.MessageSent(kGroup);
  Due();
  Counted();
  notices_.MarkMoved(kGroup, kAda, 0);  // it moved before the message was sent
  Due(1000);
  EXPECT_THAT(Counted(), ElementsAre(Pair(kAda, 1U)));
}

TEST_F(UnreadNoticesTest, FailedCountKeepsTheMarks) {
  notices_.MessageSent(kGroup);
  Due();
  Counted();
  notices_.MarkMoved(kGroup, kAda, 0);
  Due(1000);
  notices_.Failed(kGroup, now_ms_);
  ASSERT_THAT(Due(1000), ElementsAre(kGroup));
  EXPECT_THAT(Counted(), ElementsAre(Pair(kAda, 1U)));
}

TEST_F(UnreadNoticesTest, TooManyGroupsWaitInTheirOrderAndNoneIsLost) {
  for (uint64_t id = 50; id < 55; ++id) notices_.MessageSent(ConversationId(id));
  for (uint64_t id = 50; id < 55; ++id) notices_.MessageSent(ConversationId(id));
  EXPECT_THAT(Due(), ElementsAre(kGroup, kOther, ConversationId(52)));
  EXPECT_THAT(Due(5000), IsEmpty());
  Counted();
  EXPECT_THAT(Due(), ElementsAre(ConversationId(53)));
  notices_.Failed(kOther, now_ms_);
  EXPECT_THAT(Due(), ElementsAre(ConversationId(54)));
}

}  // namespace
}  // namespace parlor::wsd
