#include "wsd/sequencer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace parlor::wsd {
namespace {

constexpr TimestampMs kStart{1'000'000};
constexpr ConversationId kRoom{5};

Message MessageOf(uint64_t seq) {
  return {Seq(seq), TimestampMs(kStart.value + static_cast<int64_t>(seq)), UserId(seq % 2 + 1),
          "text " + std::to_string(seq)};
}

Arrival ArrivalOf(uint64_t seq, ConversationId conversation = kRoom) {
  const Message message = MessageOf(seq);
  return {ConversationKind::kRoom, conversation, UserId(message.sender.value == 1 ? 2 : 1), message,
          ConnectionId(),          true};
}

class SequencerTest : public ::testing::Test {
 protected:
  bool Offer(uint64_t seq, ConversationId conversation = kRoom) {
    const bool taken = sequencer_.Offer(ArrivalOf(seq, conversation), wall_, now_ms_, actions_);
    return taken;
  }
  // The answer to the oldest open request: those of first..last that `exist`.
  void Answer(const std::vector<uint64_t>& exist) {
    ASSERT_FALSE(actions_.fetch.empty());
    const FetchMissing request = actions_.fetch.front();
    actions_.fetch.erase(actions_.fetch.begin());
    std::vector<Message> messages;
    for (const uint64_t seq : exist) {
      if (seq >= request.first.value && seq <= request.last.value) {
        messages.push_back(MessageOf(seq));
      }
    }
    sequencer_.Fetched({request, std::move(messages)}, now_ms_, actions_);
  }
  void Tick(int64_t ms) {
    now_ms_ += ms;
    sequencer_.Tick(now_ms_, actions_);
  }
  // What was let through since the last call.
  std::vector<uint64_t> Delivered() {
    std::vector<uint64_t> seqs;
    for (const Arrival& arrival : actions_.deliver) seqs.push_back(arrival.message.seq.value);
    actions_.deliver.clear();
    return seqs;
  }

  using Seqs = std::vector<uint64_t>;
  Sequencer::Options options_{.max_held_messages = 10, .max_conversations = 3};
  Sequencer sequencer_{options_, kStart};
  Sequencer::Actions actions_;
  TimestampMs wall_{kStart.value + 3'600'000};
  int64_t now_ms_ = 5000;
};

TEST_F(SequencerTest, FirstMessageOfAConversationGoesOutAtOnce) {
  EXPECT_TRUE(Offer(1));
  EXPECT_TRUE(Offer(2));
  EXPECT_EQ(Delivered(), (Seqs{1, 2}));
  EXPECT_TRUE(actions_.fetch.empty());
}

TEST_F(SequencerTest, RepeatIsDropped) {
  Offer(1);
  Offer(2);
  EXPECT_FALSE(Offer(1));
  EXPECT_FALSE(Offer(2));
  EXPECT_EQ(Delivered(), (Seqs{1, 2}));
}

TEST_F(SequencerTest, MessageAheadWaitsForTheMissingOne) {
  Offer(1);
  EXPECT_TRUE(Offer(3));
  EXPECT_FALSE(Offer(3));
  EXPECT_EQ(Delivered(), (Seqs{1}));
  EXPECT_TRUE(Offer(2));
  EXPECT_EQ(Delivered(), (Seqs{2, 3}));
  Tick(10000);
  EXPECT_TRUE(actions_.fetch.empty());
  EXPECT_EQ(sequencer_.held(), 0U);
}

TEST_F(SequencerTest, GapIsReadFromTheDatabaseAfterAShortWait) {
  Offer(1);
  Offer(4);
  Tick(options_.gap_wait_ms - 1);
  EXPECT_TRUE(actions_.fetch.empty());
  Tick(1);
  ASSERT_EQ(actions_.fetch.size(), 1U);
  const FetchMissing& request = actions_.fetch[0];
  EXPECT_EQ(request.first, Seq(2));
  EXPECT_EQ(request.last, Seq(3));
  EXPECT_EQ(request.since, MessageOf(1).sent_at);
  Tick(5000);
  EXPECT_EQ(actions_.fetch.size(), 1U) << "asked once only";
  Answer({2, 3});
  EXPECT_EQ(Delivered(), (Seqs{1, 2, 3, 4}));
}

TEST_F(SequencerTest, FetchedMessageGoesToTheUserWhoDidNotSendIt) {
  Offer(1);
  Offer(3);
  Tick(options_.gap_wait_ms);
  Answer({2});
  ASSERT_EQ(actions_.deliver.size(), 3U);
  const Arrival& fetched = actions_.deliver[1];
  EXPECT_EQ(fetched.message.sender, UserId(1));
  EXPECT_EQ(fetched.other_user, UserId(2));
  EXPECT_FALSE(fetched.from);
}

TEST_F(SequencerTest, MessagesOfAGroupHaveNoOtherUser) {
  const auto offer = [&](uint64_t seq) {
    Arrival arrival{ConversationKind::kGroup, kRoom,          UserId(),
                    MessageOf(seq),           ConnectionId(), true};
    sequencer_.Offer(std::move(arrival), wall_, now_ms_, actions_);
  };
  offer(1);
  offer(4);
  Tick(options_.gap_wait_ms);
  EXPECT_EQ(actions_.fetch.at(0).kind, ConversationKind::kGroup);
  Answer({2, 3});
  ASSERT_EQ(actions_.deliver.size(), 4U);
  for (const Arrival& arrival : actions_.deliver) {
    EXPECT_EQ(arrival.kind, ConversationKind::kGroup);
    EXPECT_FALSE(arrival.other_user);
  }
  for (uint64_t seq = 6; seq < 18; ++seq) offer(seq);
  ASSERT_FALSE(actions_.resync.empty());
  EXPECT_EQ(actions_.resync[0].kind, ConversationKind::kGroup);
  EXPECT_FALSE(actions_.resync[0].user);
}

TEST_F(SequencerTest, UnknownConversationIsCheckedForWhatIsUnderWay) {
  Offer(8);
  EXPECT_EQ(Delivered(), Seqs{});
  ASSERT_EQ(actions_.fetch.size(), 1U);
  EXPECT_EQ(actions_.fetch[0].since, TimestampMs(wall_.value - options_.lookback_ms));
  EXPECT_EQ(actions_.fetch[0].last, Seq(7));
  Offer(9);
  Answer({6, 7});
  EXPECT_EQ(Delivered(), (Seqs{6, 7, 8, 9}));
  EXPECT_FALSE(Offer(6)) << "its event comes late";
}

TEST_F(SequencerTest, NothingFromBeforeTheStartIsDelivered) {
  wall_ = TimestampMs(kStart.value + 100);
  Offer(8);
  ASSERT_EQ(actions_.fetch.size(), 1U);
  EXPECT_EQ(actions_.fetch[0].since, kStart);
}

TEST_F(SequencerTest, UnknownConversationWithNothingUnderWayGoesOn) {
  Offer(8);
  Answer({});
  EXPECT_EQ(Delivered(), Seqs{8});
  Offer(9);
  EXPECT_EQ(Delivered(), Seqs{9});
}

TEST_F(SequencerTest, DatabaseAwayIsAskedAgain) {
  Offer(1);
  Offer(3);
  Tick(options_.gap_wait_ms);
  const FetchMissing request = actions_.fetch.at(0);
  actions_.fetch.clear();
  sequencer_.Fetched({request, Status(ErrorCode::kUnavailable, "away")}, now_ms_, actions_);
  Tick(options_.retry_ms - 1);
  EXPECT_TRUE(actions_.fetch.empty());
  Tick(1);
  ASSERT_EQ(actions_.fetch.size(), 1U);
  actions_.fetch.clear();
  sequencer_.FetchRefused(kRoom, now_ms_);
  Tick(options_.retry_ms);
  Answer({2});
  EXPECT_EQ(Delivered(), (Seqs{1, 2, 3}));
}

TEST_F(SequencerTest, QuestionThatCanNotBeAnsweredIsGivenUp) {
  Offer(1);
  Offer(3);
  Tick(options_.gap_wait_ms);
  const FetchMissing request = actions_.fetch.at(0);
  actions_.fetch.clear();
  sequencer_.Fetched({request, Status(ErrorCode::kInternal, "no such column")}, now_ms_, actions_);
  EXPECT_EQ(sequencer_.held(), 0U);
  ASSERT_EQ(actions_.resync.size(), 1U);
  EXPECT_EQ(actions_.resync[0].conversation, kRoom);
  Tick(10 * options_.retry_ms);
  EXPECT_TRUE(actions_.fetch.empty());
  Offer(4);
  EXPECT_EQ(Delivered(), (Seqs{1, 4}));
}

TEST_F(SequencerTest, MessageThatWasDeletedIsSkipped) {
  Offer(1);
  Offer(4);
  Tick(options_.gap_wait_ms);
  Answer({});
  EXPECT_EQ(Delivered(), (Seqs{1, 4}));
}

TEST_F(SequencerTest, AnswerThatWasCutDoesNotSkipWhatCameBehindIt) {
  Offer(1);
  Offer(6);
  Tick(options_.gap_wait_ms);
  Offer(2);
  Offer(3);
  Answer({2, 3});  // cut; says nothing about 4
  EXPECT_EQ(Delivered(), (Seqs{1, 2, 3}));
  Answer({4, 5});
  EXPECT_EQ(Delivered(), (Seqs{4, 5, 6}));
}

TEST_F(SequencerTest, LongGapIsReadInSeveralParts) {
  Offer(1);
  Offer(6);
  Tick(options_.gap_wait_ms);
  Answer({2, 3});  // the lookup gave as many as it may
  EXPECT_EQ(Delivered(), (Seqs{1, 2, 3}));
  ASSERT_EQ(actions_.fetch.size(), 1U);
  EXPECT_EQ(actions_.fetch[0].first, Seq(4));
  Answer({4, 5});
  EXPECT_EQ(Delivered(), (Seqs{4, 5, 6}));
}

TEST_F(SequencerTest, TooMuchHeldIsGivenUpLoudly) {
  Offer(1);
  for (uint64_t seq = 3; seq < 14; ++seq) Offer(seq);
  ASSERT_EQ(actions_.resync.size(), 1U);
  EXPECT_EQ(actions_.resync[0].conversation, kRoom);
  EXPECT_EQ(std::minmax(actions_.resync[0].user, actions_.resync[0].other_user),
            std::minmax(UserId(1), UserId(2)));
  EXPECT_EQ(sequencer_.held(), 0U);
  EXPECT_EQ(Delivered(), Seqs{1});
  Offer(14);
  EXPECT_EQ(Delivered(), Seqs{14}) << "the live order goes on behind what was held";
}

TEST_F(SequencerTest, QuietConversationsAreForgottenBusyOnesAreNot) {
  for (uint64_t id = 1; id <= 3; ++id) Offer(1, ConversationId(id));
  now_ms_ += options_.keep_idle_ms;
  Offer(2, ConversationId(2));
  Offer(1, ConversationId(4));
  EXPECT_EQ(sequencer_.conversations(), 3U);  // 1 is gone
  Offer(1, ConversationId(5));                // 3
  Offer(1, ConversationId(6));                // nobody was quiet for long enough
  EXPECT_EQ(sequencer_.conversations(), 4U);
  Delivered();
  Offer(3, ConversationId(2));
  EXPECT_EQ(Delivered(), Seqs{3});
}

TEST_F(SequencerTest, ConversationWithSomethingHeldIsNotForgotten) {
  Offer(1, ConversationId(1));
  Offer(3, ConversationId(1));
  now_ms_ += 2 * options_.keep_idle_ms;
  for (uint64_t id = 2; id <= 9; ++id) Offer(1, ConversationId(id));
  EXPECT_EQ(sequencer_.held(), 1U);
}

// Whatever order messages come in, twice or never, and whenever the database answers: each goes out
// once, in order.
TEST(SequencerRandomTest, AnyArrivalOrderIsDeliveredInOrderWithoutHoles) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    Sequencer sequencer({.max_held_messages = 1000}, kStart);
    Sequencer::Actions actions;
    const uint64_t first = random() % 2 == 0 ? 1 : 40;
    const uint64_t count = 5 + random() % 40;
    std::vector<uint64_t> arrivals;
    for (uint64_t seq = first; seq < first + count; ++seq) {
      const auto fate = random() % 10;
      const bool last = seq == first + count - 1;
      if (fate > 1 || last) arrivals.push_back(seq);  // else lost: only the database has it
      if (fate == 9) arrivals.push_back(seq);
    }
    std::shuffle(arrivals.begin(), arrivals.end(), random);
    int64_t now = 1000;
    std::vector<FetchMissing> open;
    std::vector<uint64_t> out;
    const auto settle = [&] {
      for (const Arrival& arrival : actions.deliver) out.push_back(arrival.message.seq.value);
      open.insert(open.end(), actions.fetch.begin(), actions.fetch.end());
      ASSERT_TRUE(actions.resync.empty());
      actions = {};
    };
    const auto answer = [&] {
      const FetchMissing request = open.front();
      open.erase(open.begin());
      if (random() % 4 == 0) {
        const Status away(ErrorCode::kUnavailable, "away");
        sequencer.Fetched({request, away}, now, actions);
        return;
      }
      std::vector<Message> messages;
      const size_t limit = 1 + random() % 10;
      for (uint64_t seq = first; seq < first + count && messages.size() < limit; ++seq) {
        if (seq < request.first.value || seq > request.last.value) continue;
        if (MessageOf(seq).sent_at >= request.since) messages.push_back(MessageOf(seq));
      }
      sequencer.Fetched({request, std::move(messages)}, now, actions);
    };
    for (const uint64_t seq : arrivals) {
      sequencer.Offer(ArrivalOf(seq), kStart, now, actions);
      settle();
      now += static_cast<int64_t>(random() % 40);
      sequencer.Tick(now, actions);
      settle();
      if (!open.empty() && random() % 2 == 0) answer();
      settle();
    }
    for (int turn = 0; turn < 500 && (sequencer.held() > 0 || !open.empty()); ++turn) {
      now += 600;
      sequencer.Tick(now, actions);
      settle();
      if (!open.empty()) answer();
      settle();
    }
    std::vector<uint64_t> expected(count);
    std::iota(expected.begin(), expected.end(), first);
    ASSERT_EQ(out, expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace parlor::wsd
