#include "wsd/group_presence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace parlor::wsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr ConversationId kGroup{50};
constexpr ConversationId kOther{51};
constexpr UserId kAda{1};
constexpr UserId kBob{2};

class GroupPresenceTest : public ::testing::Test {
 protected:
  using Ids = std::vector<ConversationId>;

  void Load(std::vector<group_members::Snapshot> groups = {}) { presence_.Load(groups, now_ms_); }
  void Enter(uint64_t seq, UserId user, ConversationId group = kGroup) {
    presence_.Offer({group, seq, user, "Ada", "Lovelace", true}, now_ms_);
  }
  void Leave(uint64_t seq, UserId user, ConversationId group = kGroup) {
    presence_.Offer({group, seq, user, "Ada", "Lovelace", false}, now_ms_);
  }
  Ids Tick(int64_t ms) {
    now_ms_ += ms;
    return presence_.Tick(now_ms_);
  }
  void Reload(group_members::Snapshot snapshot) {
    presence_.Reloaded(snapshot.group, std::span(&snapshot, 1), now_ms_);
  }
  // "+1:1 -1:0": user 1 entered, then 1 was present; user 1 left, then nobody was.
  std::string Told() { return std::exchange(told_, ""); }

  int64_t now_ms_ = 5000;
  std::string told_;
  GroupPresence::Options options_{.max_held = 10};
  GroupPresence presence_{options_, [this](const PresenceChanged& change) {
                            told_ += (told_.empty() ? "" : " ") +
                                     std::string(change.is_enter ? "+" : "-") +
                                     std::to_string(change.user.value) + ":" +
                                     std::to_string(presence_.Of(change.group).size());
                          }};
};

TEST_F(GroupPresenceTest, ChangesAreAppliedAndTold) {
  Load();
  Enter(1, kAda);
  Enter(2, kBob);
  EXPECT_THAT(presence_.Of(kGroup), UnorderedElementsAre(kAda, kBob));
  EXPECT_TRUE(presence_.IsPresent(kGroup, kAda));
  EXPECT_FALSE(presence_.IsPresent(kOther, kAda));
  Leave(3, kAda);
  EXPECT_THAT(presence_.Of(kGroup), UnorderedElementsAre(kBob));
  EXPECT_EQ(Told(), "+1:1 +2:2 -1:1");
}

TEST_F(GroupPresenceTest, WhatWasLoadedIsNotTold) {
  Load({{kGroup, 7, {kAda, kBob}}, {kOther, 2, {kAda}}});
  EXPECT_EQ(Told(), "");
  EXPECT_THAT(presence_.Everybody(), UnorderedElementsAre(kAda, kBob));
  Leave(8, kAda);
  EXPECT_EQ(Told(), "-1:1");
}

TEST_F(GroupPresenceTest, GroupThatIsNotLoadedIsNewAndEmpty) {
  Load({{kGroup, 7, {}}});
  EXPECT_THAT(presence_.Of(kOther), IsEmpty());
  Enter(1, kAda, kOther);
  EXPECT_EQ(Told(), "+1:1");
}

TEST_F(GroupPresenceTest, BeforeTheLoadEverythingIsHeld) {
  Enter(8, kBob);
  Enter(7, kAda);
  Enter(1, kAda, kOther);
  EXPECT_EQ(Told(), "");
  EXPECT_THAT(presence_.Of(kGroup), IsEmpty());
  EXPECT_THAT(Tick(60000), IsEmpty()) << "no group is asked for before all are";
  Load({{kGroup, 7, {kAda}}});
  EXPECT_THAT(presence_.Of(kGroup), UnorderedElementsAre(kAda, kBob));
  EXPECT_THAT(presence_.Of(kOther), UnorderedElementsAre(kAda));
  EXPECT_THAT(Told(), ::testing::AnyOf("+2:2 +1:1", "+1:1 +2:2")) << "7 was in what was loaded";
}

TEST_F(GroupPresenceTest, RepeatsAreDropped) {
  Load();
  Enter(1, kAda);
  Enter(1, kAda);
  Leave(2, kAda);
  Enter(1, kAda);
  Leave(2, kAda);
  EXPECT_EQ(Told(), "+1:1 -1:0");
  EXPECT_THAT(presence_.Of(kGroup), IsEmpty());
}

TEST_F(GroupPresenceTest, ChangesAreAppliedInTheOrderOfTheirNumbers) {
  Load();
  Leave(3, kAda);
  Leave(3, kAda);
  Enter(2, kBob);
  EXPECT_EQ(Told(), "");
  Enter(1, kAda);
  EXPECT_EQ(Told(), "+1:1 +2:2 -1:1");
  EXPECT_THAT(Tick(60000), IsEmpty());
}

TEST_F(GroupPresenceTest, GroupWithAGapIsLoadedAgainAfterAWhile) {
  Load();
  Enter(1, kAda);
  Enter(3, kBob);
  EXPECT_EQ(Told(), "+1:1");
  EXPECT_THAT(Tick(options_.gap_wait_ms - 1), IsEmpty());
  EXPECT_THAT(Tick(1), ElementsAre(kGroup));
  EXPECT_THAT(Tick(60000), IsEmpty()) << "asked once";
  Enter(5, kAda);
  Reload({kGroup, 4, {kBob}});
  EXPECT_EQ(Told(), "+1:2") << "what the snapshot told is silent, what is behind it is not";
  EXPECT_THAT(presence_.Of(kGroup), UnorderedElementsAre(kAda, kBob));
  Leave(2, kBob);
  EXPECT_EQ(Told(), "") << "comes after all";
  EXPECT_THAT(Tick(60000), IsEmpty());
}

TEST_F(GroupPresenceTest, AGapThatGrowsInTimeWaitsAnew) {
  Load();
  Enter(2, kBob);
  Tick(options_.gap_wait_ms - 1);
  Enter(1, kAda);
  Leave(4, kBob);
  EXPECT_THAT(Tick(options_.gap_wait_ms - 1), IsEmpty());
  EXPECT_THAT(Tick(1), ElementsAre(kGroup));
}

TEST_F(GroupPresenceTest, AnotherGroupsGapHoldsNobodyUp) {
  Load();
  Enter(2, kAda);
  Enter(1, kBob, kOther);
  EXPECT_EQ(Told(), "+2:1");
}

TEST_F(GroupPresenceTest, SnapshotThatIsNotNeededAnyMoreChangesNothing) {
  Load();
  Enter(2, kBob);
  ASSERT_THAT(Tick(options_.gap_wait_ms), ElementsAre(kGroup));
  Enter(1, kAda);
  EXPECT_EQ(Told(), "+1:1 +2:2");
  Reload({kGroup, 3, {kBob}});
  Leave(3, kAda);
  EXPECT_EQ(Told(), "-1:1") << "nothing was missing, so nothing is silent";
  Enter(5, kAda);
  ASSERT_THAT(Tick(options_.gap_wait_ms), ElementsAre(kGroup));
  Reload({kGroup, 2, {kAda, kBob}});
  EXPECT_THAT(presence_.Of(kGroup), UnorderedElementsAre(kBob)) << "older than what is known";
  EXPECT_THAT(Tick(options_.gap_wait_ms), ElementsAre(kGroup)) << "and still there is a gap";
}

TEST_F(GroupPresenceTest, FailedReloadIsTriedAgain) {
  Load();
  Enter(2, kBob);
  ASSERT_THAT(Tick(options_.gap_wait_ms), ElementsAre(kGroup));
  presence_.ReloadFailed(kGroup, now_ms_);
  EXPECT_THAT(Tick(options_.retry_ms - 1), IsEmpty());
  EXPECT_THAT(Tick(1), ElementsAre(kGroup));
  Reload({kGroup, 2, {kBob}});
  EXPECT_THAT(presence_.Of(kGroup), UnorderedElementsAre(kBob));
}

TEST_F(GroupPresenceTest, GroupThatIsNoMoreIsForgotten) {
  Load({{kGroup, 1, {kAda}}});
  Enter(3, kBob);
  ASSERT_THAT(Tick(options_.gap_wait_ms), ElementsAre(kGroup));
  presence_.Reloaded(kGroup, {}, now_ms_);
  EXPECT_THAT(presence_.Of(kGroup), IsEmpty());
  EXPECT_THAT(Tick(60000), IsEmpty());
  EXPECT_EQ(Told(), "");
}

TEST_F(GroupPresenceTest, TooMuchHeldIsLoadedAgainAtOnce) {
  Load();
  for (uint64_t seq = 2; seq <= 11; ++seq) Enter(seq, UserId(seq));
  EXPECT_THAT(Tick(0), IsEmpty());
  Enter(12, UserId(12));
  EXPECT_THAT(Tick(0), ElementsAre(kGroup));
  Reload({kGroup, 2, {UserId(2)}});
  EXPECT_EQ(Told().substr(0, 4), "+3:2") << "2 was dropped, the others were not";
  EXPECT_EQ(presence_.Of(kGroup).size(), 11U);
}

TEST_F(GroupPresenceTest, TooMuchBeforeTheLoadIsLoadedAgainAfterIt) {
  for (uint64_t seq = 8; seq <= 18; ++seq) Enter(seq, UserId(seq));
  Load({{kGroup, 7, {}}});
  EXPECT_EQ(Told(), "") << "8 was dropped";
  EXPECT_THAT(Tick(0), ElementsAre(kGroup));
}

// Whatever order events come in, however often, and whenever snapshots are read: in the end the
// state is the database's, and without a reload each change was told once and in order.
TEST(GroupPresenceRandomTest, AnyArrivalOrderEndsInTheTruth) {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    std::vector<PresenceChanged> history;
    std::vector<std::unordered_set<UserId>> states(1);
    for (uint64_t seq = 1; seq <= 40; ++seq) {
      const UserId user(1 + random() % 5);
      states.push_back(states.back());
      const bool entered = states.back().insert(user).second;
      if (!entered) states.back().erase(user);
      history.push_back({kGroup, seq, user, "A", "B", entered});
    }
    std::vector<uint64_t> told;
    GroupPresence presence({}, [&](const PresenceChanged& change) {
      EXPECT_EQ(presence.Of(kGroup), states[change.presence_seq]) << "seed " << seed;
      told.push_back(change.presence_seq);
    });
    const auto snapshot = [&](uint64_t seq) {
      return group_members::Snapshot{kGroup, seq, {states[seq].begin(), states[seq].end()}};
    };
    std::vector<PresenceChanged> arrivals;
    for (const PresenceChanged& change : history) {
      const auto fate = random() % 10;
      const bool lost = fate == 0 && change.presence_seq < 40;
      if (!lost) arrivals.push_back(change);
      if (fate == 9) arrivals.push_back(change);
    }
    std::shuffle(arrivals.begin(), arrivals.end(), random);
    const uint64_t loaded = random() % 40;
    const size_t load_after = random() % arrivals.size();
    int64_t now = 1000;
    bool reloaded = false;
    for (size_t i = 0; i < arrivals.size(); ++i) {
      if (i == load_after) presence.Load(std::vector{snapshot(loaded)}, now);
      presence.Offer(arrivals[i], now);
      now += static_cast<int64_t>(random() % 400);
      for ([[maybe_unused]] const ConversationId group : presence.Tick(now)) {
        reloaded = true;
        const auto read = snapshot(random() % 41);
        presence.Reloaded(kGroup, std::span(&read, 1), now);
      }
    }
    for (int turn = 0; turn < 10; ++turn) {
      now += 5000;
      for ([[maybe_unused]] const ConversationId group : presence.Tick(now)) {
        reloaded = true;
        const auto read = snapshot(40);
        presence.Reloaded(kGroup, std::span(&read, 1), now);
      }
    }
    ASSERT_EQ(presence.Of(kGroup), states.back()) << "seed " << seed;
    ASSERT_EQ(presence.present(), states.back().size()) << "seed " << seed;
    ASSERT_TRUE(std::is_sorted(told.begin(), told.end()));
    ASSERT_EQ(std::adjacent_find(told.begin(), told.end()), told.end());
    if (!reloaded) {
      ASSERT_EQ(told.size(), 40 - loaded) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace parlor::wsd
