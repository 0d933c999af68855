#include "wsd/removals.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

constexpr ConversationId kOne{1};
constexpr ConversationId kTwo{2};

TEST(RemovalsTest, KnowsWhatWasRemovedAndNothingElse) {
  Removals removals;
  removals.Message(kOne, Seq(5), 100);
  EXPECT_TRUE(removals.HasMessage(kOne, Seq(5)));
  EXPECT_FALSE(removals.HasMessage(kOne, Seq(6)));
  EXPECT_FALSE(removals.HasMessage(kTwo, Seq(5)));
  EXPECT_FALSE(removals.HasGroup(kOne));
  removals.Group(kTwo, 100);
  EXPECT_TRUE(removals.HasGroup(kTwo));
  EXPECT_FALSE(removals.HasGroup(kOne));
}

TEST(RemovalsTest, ForgetsInTimeCountedFromTheLastNews) {
  Removals removals;
  removals.Message(kOne, Seq(5), 0);
  removals.Group(kTwo, 0);
  removals.Message(kOne, Seq(5), 1000);
  removals.ForgetOld(Removals::kRememberMs);
  EXPECT_TRUE(removals.HasGroup(kTwo));
  removals.ForgetOld(Removals::kRememberMs + 1);
  EXPECT_FALSE(removals.HasGroup(kTwo));
  EXPECT_TRUE(removals.HasMessage(kOne, Seq(5)));
  removals.ForgetOld(Removals::kRememberMs + 1001);
  EXPECT_EQ(removals.remembered(), 0U);
  EXPECT_FALSE(removals.HasMessage(kOne, Seq(5)));
}

TEST(RemovalsTest, TheOldestGoesWhenThereAreTooMany) {
  Removals removals;
  for (uint64_t seq = 1; seq <= Removals::kMaxRemembered + 1; ++seq) {
    removals.Message(kOne, Seq(seq), 0);
  }
  EXPECT_EQ(removals.remembered(), Removals::kMaxRemembered);
  EXPECT_FALSE(removals.HasMessage(kOne, Seq(1)));
  EXPECT_TRUE(removals.HasMessage(kOne, Seq(2)));
}

}  // namespace
}  // namespace parlor::wsd
