#include "wsd/online_tracker.h"

#include <gtest/gtest.h>

#include <string>

namespace parlor::wsd {
namespace {

constexpr UserId kAda{1};
constexpr UserId kBob{2};
constexpr SessionId kSession{7};
constexpr int64_t kGraceMs = 10000;

class OnlineTrackerTest : public ::testing::Test {
 protected:
  // "+1 -2": user 1 came, user 2 left.
  std::string Told() { return std::exchange(told_, ""); }
  std::string told_;
  OnlineTracker tracker_{kGraceMs, [this](const PresenceCommand& command) {
                           const bool came = std::holds_alternative<UserCame>(command);
                           const UserId user = came ? std::get<UserCame>(command).user
                                                    : std::get<UserLeft>(command).user;
                           told_ += (told_.empty() ? "" : " ") + std::string(came ? "+" : "-") +
                                    std::to_string(user.value);
                         }};
};

TEST_F(OnlineTrackerTest, ComesAtOnceAndLeavesAfterTheGrace) {
  tracker_.FirstConnection(kAda);
  EXPECT_EQ(Told(), "+1");
  tracker_.LastVanished(kAda, kSession, 1000);
  tracker_.Tick(1000 + kGraceMs - 1);
  EXPECT_EQ(Told(), "");
  tracker_.Tick(1000 + kGraceMs);
  EXPECT_EQ(Told(), "-1");
  tracker_.Tick(1000 + 9 * kGraceMs);
  EXPECT_EQ(Told(), "");
}

TEST_F(OnlineTrackerTest, ReloadWithinTheGraceIsNotSeen) {
  tracker_.FirstConnection(kAda);
  tracker_.LastVanished(kAda, kSession, 1000);
  tracker_.FirstConnection(kAda);
  tracker_.Tick(1000 + 2 * kGraceMs);
  EXPECT_EQ(Told(), "+1");
}

TEST_F(OnlineTrackerTest, EachVanishingHasAGraceOfItsOwn) {
  tracker_.FirstConnection(kAda);
  tracker_.LastVanished(kAda, kSession, 0);
  tracker_.FirstConnection(kAda);
  tracker_.LastVanished(kAda, kSession, 8000);
  tracker_.Tick(kGraceMs + 5000);
  EXPECT_EQ(Told(), "+1");
  tracker_.Tick(8000 + kGraceMs);
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, LogoutAnnouncesAtOnce) {
  tracker_.FirstConnection(kAda);
  tracker_.LoggedOut(kAda);
  EXPECT_EQ(Told(), "+1 -1");
}

TEST_F(OnlineTrackerTest, LogoutAfterTheTabWasClosedEndsTheGrace) {
  tracker_.FirstConnection(kAda);
  tracker_.LastVanished(kAda, kSession, 0);
  tracker_.SessionEnded(kAda, kSession);
  EXPECT_EQ(Told(), "+1 -1");
  tracker_.Tick(2 * kGraceMs);
  EXPECT_EQ(Told(), "");
}

TEST_F(OnlineTrackerTest, AnotherSessionsEndDoesNot) {
  tracker_.FirstConnection(kAda);
  tracker_.LastVanished(kAda, kSession, 0);
  tracker_.SessionEnded(kAda, SessionId(8));
  tracker_.SessionEnded(kBob, kSession);
  EXPECT_EQ(Told(), "+1");
  tracker_.SessionEnded(kAda, SessionId());  // suspended: all of them
  EXPECT_EQ(Told(), "-1");
}

}  // namespace
}  // namespace parlor::wsd
