#include "wsd/online_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace parlor::wsd {
namespace {

constexpr UserId kAda{1};
constexpr UserId kBob{2};
constexpr SessionId kSession{7};
constexpr SessionId kOther{8};
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
  tracker_.Connected(kAda, kSession, true);
  EXPECT_EQ(Told(), "+1");
  tracker_.Vanished(kAda, kSession, true, 1000);
  tracker_.Tick(1000 + kGraceMs - 1);
  EXPECT_EQ(Told(), "");
  tracker_.Tick(1000 + kGraceMs);
  EXPECT_EQ(Told(), "-1");
  tracker_.Tick(1000 + 9 * kGraceMs);
  EXPECT_EQ(Told(), "");
}

TEST_F(OnlineTrackerTest, ReloadWithinTheGraceIsNotSeen) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 1000);
  tracker_.Connected(kAda, kSession, true);
  tracker_.Tick(1000 + 2 * kGraceMs);
  EXPECT_EQ(Told(), "+1");
}

TEST_F(OnlineTrackerTest, EachVanishingHasAGraceOfItsOwn) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 0);
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 8000);
  tracker_.Tick(kGraceMs + 5000);
  EXPECT_EQ(Told(), "+1");
  tracker_.Tick(8000 + kGraceMs);
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, LogoutAnnouncesAtOnce) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.LoggedOut(kAda, kSession);
  EXPECT_EQ(Told(), "+1 -1");
}

TEST_F(OnlineTrackerTest, LogoutAfterTheTabWasClosedEndsTheGrace) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 0);
  tracker_.SessionEnded(kAda, kSession, false);
  EXPECT_EQ(Told(), "+1 -1");
  tracker_.Tick(2 * kGraceMs);
  EXPECT_EQ(Told(), "");
}

TEST_F(OnlineTrackerTest, AnotherSessionsEndDoesNot) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 0);
  tracker_.SessionEnded(kAda, SessionId(8), false);
  tracker_.SessionEnded(kBob, kSession, true);
  EXPECT_EQ(Told(), "+1");
  tracker_.SessionEnded(kAda, SessionId(), false);  // suspended: all of them
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, LogoutLeavesAnotherSessionItsGrace) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Connected(kAda, kOther, false);
  tracker_.Vanished(kAda, kSession, false, 1000);
  tracker_.LoggedOut(kAda, kOther);
  tracker_.SessionEnded(kAda, kOther, true);
  tracker_.Tick(1000 + kGraceMs - 1);
  EXPECT_EQ(Told(), "+1");
  tracker_.Tick(1000 + kGraceMs);
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, LogoutAtOnceWhenTheOthersAreBackOrEndedOrLongGone) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, false, 0);
  tracker_.Tick(kGraceMs);
  tracker_.Vanished(kAda, kOther, false, kGraceMs);
  tracker_.Connected(kAda, kOther, false);
  tracker_.Vanished(kAda, kOther, false, kGraceMs);
  tracker_.SessionEnded(kAda, kOther, false);
  EXPECT_EQ(Told(), "+1");
  tracker_.LoggedOut(kAda, kSession);
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, SuspensionEndsEveryGrace) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kOther, false, 0);
  tracker_.LoggedOut(kAda, kSession);
  tracker_.SessionEnded(kAda, SessionId(), true);
  EXPECT_EQ(Told(), "+1 -1");
  tracker_.Tick(kGraceMs);
  EXPECT_EQ(Told(), "");
}

TEST_F(OnlineTrackerTest, WhoLogsOutWithoutAConnectionHasLeftAllTheSame) {
  tracker_.SessionEnded(kAda, kSession, false);
  EXPECT_EQ(Told(), "-1");
  tracker_.Connected(kBob, kSession, true);
  tracker_.SessionEnded(kBob, kOther, true);
  EXPECT_EQ(Told(), "+2") << "his other session is connected";
  tracker_.Vanished(kBob, kSession, true, 0);
  tracker_.SessionEnded(kBob, kOther, false);
  EXPECT_EQ(Told(), "") << "or in its grace";
}

// ---- Expected: present in a group without a connection

TEST_F(OnlineTrackerTest, ExpectedUserWhoDoesNotComeHasLeftAfterAGrace) {
  tracker_.Expected(kAda, 1000);
  tracker_.Tick(1000 + kGraceMs - 1);
  EXPECT_EQ(Told(), "");
  tracker_.Tick(1000 + kGraceMs);
  EXPECT_EQ(Told(), "-1");
  tracker_.Tick(1000 + 9 * kGraceMs);
  EXPECT_EQ(Told(), "");
}

TEST_F(OnlineTrackerTest, ExpectedUserWhoComesIsToldAsComingAndHasNotLeft) {
  tracker_.Expected(kAda, 1000);
  tracker_.Connected(kAda, kSession, true);
  EXPECT_EQ(Told(), "+1");
  tracker_.Tick(1000 + kGraceMs);
  EXPECT_EQ(Told(), "");
  tracker_.LoggedOut(kAda, kSession);
  EXPECT_EQ(Told(), "-1") << "at once: nothing is left of the expectation";
}

TEST_F(OnlineTrackerTest, ExpectedAnewHasANewGrace) {
  tracker_.Expected(kAda, 0);
  tracker_.Expected(kAda, 8000);
  tracker_.Tick(kGraceMs + 5000);
  EXPECT_EQ(Told(), "");
  tracker_.Tick(8000 + kGraceMs);
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, UserInHisGraceWhoEntersHasANewOne) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 0);
  tracker_.Expected(kAda, 8000);
  tracker_.Tick(kGraceMs);
  EXPECT_EQ(Told(), "+1");
  tracker_.Connected(kAda, kSession, true);
  EXPECT_EQ(Told(), "") << "he never was away";
  tracker_.Vanished(kAda, kSession, true, 9000 + kGraceMs);
  tracker_.Tick(9000 + 2 * kGraceMs);
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, LogoutInTheGraceEndsTheExpectationToo) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 0);
  tracker_.Expected(kAda, 1000);
  tracker_.SessionEnded(kAda, kSession, false);
  EXPECT_EQ(Told(), "+1 -1");
}

TEST_F(OnlineTrackerTest, LogoutOfOneSessionLeavesAnotherItsGraceAlsoWhenExpected) {
  tracker_.Connected(kAda, kSession, true);
  tracker_.Vanished(kAda, kSession, true, 0);
  tracker_.Expected(kAda, 1000);
  tracker_.SessionEnded(kAda, kOther, false);
  EXPECT_EQ(Told(), "+1");
  tracker_.Tick(kGraceMs);
  EXPECT_EQ(Told(), "-1");
}

TEST_F(OnlineTrackerTest, SuspensionEndsTheExpectation) {
  tracker_.Expected(kAda, 0);
  tracker_.SessionEnded(kAda, SessionId(), false);
  EXPECT_EQ(Told(), "-1");
  tracker_.Tick(kGraceMs);
  EXPECT_EQ(Told(), "");
}

TEST_F(OnlineTrackerTest, AThousandWhoVanishAtOnceAllLeave) {
  for (uint64_t user = 1; user <= 1000; ++user) {
    tracker_.Connected(UserId(user), SessionId(user), true);
    tracker_.Vanished(UserId(user), SessionId(user), true, 0);
  }
  Told();
  tracker_.Tick(kGraceMs);
  const std::string told = Told();
  EXPECT_EQ(std::count(told.begin(), told.end(), '-'), 1000);
}

}  // namespace
}  // namespace parlor::wsd
