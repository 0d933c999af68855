#include "wsd/ended_sessions.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

using Verdict = EndedSessions::Verdict;

sessions::Session SessionOf(uint64_t id, uint64_t user) {
  sessions::Session session;
  session.id = SessionId(id);
  session.user = UserId(user);
  return session;
}

TEST(EndedSessionsTest, EndAfterTheQuestionCountsEndBeforeItDoesNot) {
  EndedSessions ended;
  const uint64_t before = ended.Stamp();
  ended.SessionEnded(SessionId(1), 0);
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), before), Verdict::kEnded);
  EXPECT_EQ(ended.Judge(SessionOf(2, 9), before), Verdict::kLive);
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), ended.Stamp()), Verdict::kLive);
}

TEST(EndedSessionsTest, SuspensionEndsAllSessionsOfTheUser) {
  EndedSessions ended;
  const uint64_t before = ended.Stamp();
  ended.UserSuspended(UserId(9), 0);
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), before), Verdict::kEnded);
  EXPECT_EQ(ended.Judge(SessionOf(1, 8), before), Verdict::kLive);
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), ended.Stamp()), Verdict::kLive) << "unsuspended since";
}

TEST(EndedSessionsTest, WhatWasForgottenIsAskedAgain) {
  EndedSessions ended;
  const uint64_t before = ended.Stamp();
  ended.SessionEnded(SessionId(1), 0);
  ended.ForgetOld(EndedSessions::kRememberMs);
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), before), Verdict::kEnded);
  ended.ForgetOld(EndedSessions::kRememberMs + 1);
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), before), Verdict::kForgotten);
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), ended.Stamp()), Verdict::kLive);
}

TEST(EndedSessionsTest, IsBounded) {
  EndedSessions ended;
  const uint64_t before = ended.Stamp();
  for (uint64_t id = 1; id <= EndedSessions::kMaxRemembered + 1; ++id) {
    ended.SessionEnded(SessionId(id), 0);
  }
  EXPECT_EQ(ended.Judge(SessionOf(1, 9), before), Verdict::kForgotten);
  EXPECT_EQ(ended.Judge(SessionOf(2, 9), before), Verdict::kEnded);
}

}  // namespace
}  // namespace parlor::wsd
