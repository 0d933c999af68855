#include "common/messages.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/support/database.h"

namespace parlor::messages {
namespace {

constexpr TimestampMs kNow{1'800'000'000'000};

class MessagesTest : public ::testing::Test {
 protected:
  std::vector<Result<Stored>> Send(const std::vector<Outgoing>& batch, TimestampMs now = kNow) {
    return SendOn(db_.database(), batch, now);
  }

  static std::vector<Result<Stored>> SendOn(db::Database& database,
                                            const std::vector<Outgoing>& batch, TimestampMs now) {
    std::vector<Result<Stored>> outcomes;
    const Status status = database.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) {
      return Append(tx, batch, now, &outcomes);
    });
    EXPECT_TRUE(status.ok()) << status.message();
    if (!status.ok()) outcomes.clear();
    return outcomes;
  }

  Stored SendOne(const Outgoing& message, TimestampMs now = kNow) {
    const auto outcomes = Send({message}, now);
    EXPECT_EQ(outcomes.size(), 1u);
    return outcomes.at(0).value();
  }

  Outgoing ToGrace(std::string body, std::optional<std::string> id = {}) {
    return {ada_, ToUser{grace_}, std::move(body), std::move(id)};
  }
  Outgoing ToAda(std::string body, std::optional<std::string> id = {}) {
    return {grace_, ToUser{ada_}, std::move(body), std::move(id)};
  }

  MessagePage Page(ConversationId conversation, const PageRequest& request) {
    MessagePage page;
    EXPECT_TRUE(db_.database()
                    .Transact(db::Repeat::kIdempotent,
                              [&](db::Transaction& tx) -> Status {
                                PARLOR_ASSIGN_OR_RETURN(page, ReadPage(tx, conversation, request));
                                return Ok();
                              })
                    .ok());
    return page;
  }

  uint64_t ReadSeq(ConversationId conversation, UserId user) {
    return db_.Number("SELECT read_seq FROM members WHERE conversation_id = " +
                      std::to_string(conversation.value) +
                      " AND user_id = " + std::to_string(user.value));
  }

  testing::TestDatabase db_;
  UserId ada_ = db_.AddUser("Ada", "Lovelace");
  UserId grace_ = db_.AddUser("Grace", "Hopper");
};

TEST_F(MessagesTest, FirstMessageMakesTheRoomOfBoth) {
  const Stored stored = SendOne(ToGrace("hello"));
  EXPECT_EQ(stored.seq, Seq(1));
  EXPECT_EQ(stored.sent_at, kNow);
  EXPECT_FALSE(stored.duplicate);
  EXPECT_EQ(SendOne(ToAda("hello yourself")).conversation, stored.conversation);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM chat_rooms"), 1u);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM members"), 2u);
  EXPECT_EQ(db_.Number("SELECT kind FROM conversations"), 1u);
}

TEST_F(MessagesTest, TimesStrictlyIncreaseWhateverTheClockSays) {
  const auto together = Send({ToGrace("a"), ToAda("b"), ToGrace("c")});
  EXPECT_EQ(together[1]->sent_at, TimestampMs(kNow.value + 1));
  EXPECT_EQ(together[2]->sent_at, TimestampMs(kNow.value + 2));
  const Stored earlier = SendOne(ToGrace("the clock went back"), TimestampMs(kNow.value - 5000));
  EXPECT_EQ(earlier.sent_at, TimestampMs(kNow.value + 3));
  EXPECT_EQ(earlier.seq, Seq(4));
}

TEST_F(MessagesTest, RepeatStoresNothingAndPointsToTheFirst) {
  const Stored first = SendOne(ToGrace("hello", "id-1"));
  const Stored again = SendOne(ToGrace("something else", "id-1"), TimestampMs(kNow.value + 60000));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(again.sent_at, first.sent_at);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM messages"), 1u);
  EXPECT_EQ(db_.Number("SELECT last_seq FROM conversations"), 1u);
}

TEST_F(MessagesTest, RepeatInsideABatchIsOneMessage) {
  const auto outcomes = Send({ToGrace("x", "id"), ToGrace("y"), ToGrace("x", "id")});
  EXPECT_FALSE(outcomes[0]->duplicate);
  EXPECT_TRUE(outcomes[2]->duplicate);
  EXPECT_EQ(outcomes[2]->seq, Seq(1));
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM messages"), 2u);
}

TEST_F(MessagesTest, ClientIdsAreComparedByteByByteAndPerSenderAndConversation) {
  const UserId third = db_.AddUser();
  const std::string zero("i\0", 2);
  const auto outcomes =
      Send({ToGrace("1", "i"), ToGrace("2", "I"), ToGrace("3", "i "), ToGrace("4", zero),
            ToGrace("5", "\xff'\\"), ToAda("6", "i"), Outgoing{ada_, ToUser{third}, "7", "i"}});
  for (const auto& outcome : outcomes) EXPECT_FALSE(outcome->duplicate);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM messages"), 7u);
  EXPECT_TRUE(SendOne(ToGrace("", zero)).duplicate);
  EXPECT_TRUE(SendOne(ToGrace("", "\xff'\\")).duplicate);
}

TEST_F(MessagesTest, TextComesBackToTheByte) {
  std::string text = "'; DROP TABLE messages; -- \\' \" % \r\n\t\x01 \xf0\x9f\x98\x80 \xd0\x96  ";
  text.append("\0end", 4);
  const Stored stored = SendOne(ToGrace(text));
  EXPECT_EQ(Page(stored.conversation, {}).messages.at(0).body, text);
}

TEST_F(MessagesTest, LongestMessagesFitInOneBatch) {
  const std::vector<Outgoing> batch(64, ToGrace(std::string(kMaxMessageBytes, '\'')));
  EXPECT_EQ(Send(batch).size(), 64u);
  EXPECT_EQ(db_.Number("SELECT MIN(LENGTH(body)) FROM messages"), kMaxMessageBytes);
}

TEST_F(MessagesTest, RefusalsAreTheirsAlone) {
  const ConversationId group = db_.AddGroup(grace_);
  const auto outcomes =
      Send({Outgoing{ada_, ToUser{ada_}, "me", {}}, Outgoing{ada_, ToUser{UserId(999)}, "who", {}},
            Outgoing{ada_, ToGroup{group}, "let me in", {}},
            Outgoing{ada_, ToGroup{ConversationId(999)}, "where", {}}, ToGrace("fine")});
  EXPECT_EQ(outcomes[0].status().code(), ErrorCode::kInvalidField);
  EXPECT_EQ(outcomes[1].status().code(), ErrorCode::kNotFound);
  EXPECT_EQ(outcomes[2].status().code(), ErrorCode::kForbidden);
  EXPECT_EQ(outcomes[3].status().code(), ErrorCode::kNotFound);
  EXPECT_EQ(outcomes[4]->seq, Seq(1));
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM chat_rooms"), 1u);
}

TEST_F(MessagesTest, RoomIsNoGroup) {
  const Stored room = SendOne(ToGrace("hello"));
  const auto outcomes = Send({Outgoing{ada_, ToGroup{room.conversation}, "trick", {}}});
  EXPECT_EQ(outcomes[0].status().code(), ErrorCode::kNotFound);
}

TEST_F(MessagesTest, SuspendedUserCanBeWrittenTo) {
  db_.Run("UPDATE users SET suspended_at_ms = 1 WHERE id = " + std::to_string(grace_.value));
  EXPECT_EQ(SendOne(ToGrace("for later")).seq, Seq(1));
}

TEST_F(MessagesTest, NobodyWritesToWhoIsErased) {
  SendOne(ToGrace("before"));
  const UserId eve = db_.AddUser();
  db_.Run("UPDATE users SET erased_at_ms = 1 WHERE id IN (" + std::to_string(grace_.value) + "," +
          std::to_string(eve.value) + ")");
  const auto outcomes = Send({ToGrace("after"), {ada_, ToUser{eve}, "no room yet", {}}});
  for (const auto& outcome : outcomes) EXPECT_EQ(outcome.status().code(), ErrorCode::kNotFound);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM messages"), 1u);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM chat_rooms"), 1u);
}

TEST_F(MessagesTest, ARemovedMessageKeepsItsPlaceInPages) {
  const Stored first = SendOne(ToGrace("secret", "x"));
  SendOne(ToGrace("stays"));
  db_.Run("UPDATE messages SET body = '', flags = flags | 4 WHERE seq = 1");
  const MessagePage page = Page(first.conversation, {});
  ASSERT_EQ(page.messages.size(), 2u);
  EXPECT_TRUE(page.messages[0].is_removed);
  EXPECT_EQ(page.messages[0].body, "");
  EXPECT_FALSE(page.messages[1].is_removed);
  EXPECT_TRUE(SendOne(ToGrace("secret", "x")).duplicate) << "its client_msg_id is still taken";
}

// What sql/admin/groups.sql leaves while it deletes the messages, batch by batch.
TEST_F(MessagesTest, AGroupThatIsBeingDeletedTakesNothing) {
  const ConversationId group = db_.AddGroup(ada_);
  db_.Run("DELETE FROM chat_groups WHERE id = " + std::to_string(group.value));
  db_.Run("UPDATE conversations SET kind = 0 WHERE id = " + std::to_string(group.value));
  EXPECT_EQ(Send({{ada_, ToGroup{group}, "x", {}}}).at(0).status().code(), ErrorCode::kNotFound);
}

TEST_F(MessagesTest, MembersWriteToTheirGroup) {
  const ConversationId group = db_.AddGroup(grace_);
  db_.AddMember(group, ada_);
  const auto outcomes = Send({Outgoing{ada_, ToGroup{group}, "a", "1"},
                              Outgoing{grace_, ToGroup{group}, "b", "1"}, ToGrace("c")});
  EXPECT_EQ(outcomes[0]->seq, Seq(1));
  EXPECT_EQ(outcomes[1]->seq, Seq(2));
  EXPECT_EQ(outcomes[1]->conversation, group);
  EXPECT_EQ(outcomes[2]->seq, Seq(1));
  EXPECT_EQ(ReadSeq(group, ada_), 1u);
  EXPECT_EQ(ReadSeq(group, grace_), 2u);
}

// What somebody with a script has spoiled is one member's trouble, not that of a whole batch.
TEST_F(MessagesTest, SpoiledMarkKeepsNobodyFromWriting) {
  const ConversationId group = db_.AddGroup(ada_);
  const Stored stored = SendOne(ToGrace("hello"));
  db_.Run("UPDATE members SET read_seq = 99 WHERE user_id = " + std::to_string(ada_.value));
  db_.Run("DELETE FROM members WHERE user_id = " + std::to_string(grace_.value));
  const auto outcomes = Send({ToGrace("a"), ToAda("b"), Outgoing{ada_, ToGroup{group}, "c", {}}});
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.ok());
  EXPECT_EQ(outcomes[1]->conversation, stored.conversation);
}

TEST_F(MessagesTest, EveryUserHasOneTalkWithTheBot) {
  const auto outcomes =
      Send({Outgoing{ada_, ToBot{}, "hello", {}}, Outgoing{grace_, ToBot{}, "hello", {}},
            Outgoing{ada_, ToBot{}, "still there?", {}}});
  EXPECT_EQ(outcomes[0]->conversation, outcomes[2]->conversation);
  EXPECT_NE(outcomes[0]->conversation, outcomes[1]->conversation);
  EXPECT_EQ(outcomes[2]->seq, Seq(2));
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM bot_chats"), 2u);
}

TEST_F(MessagesTest, SendingMovesTheSendersMarkAlone) {
  const Stored stored = SendOne(ToGrace("a"));
  SendOne(ToGrace("b"));
  EXPECT_EQ(ReadSeq(stored.conversation, ada_), 2u);
  EXPECT_EQ(ReadSeq(stored.conversation, grace_), 0u);
  EXPECT_EQ(db_.Number("SELECT last_sender_id FROM conversations"), ada_.value);
  EXPECT_EQ(db_.Number("SELECT last_sent_at_ms FROM conversations"), uint64_t(kNow.value) + 1);
}

// ---- pages

class PagesTest : public MessagesTest {
 protected:
  // 250 messages, `kNow`, `kNow` + 1, …
  void Fill() {
    std::vector<Outgoing> batch;
    for (int i = 1; i <= 250; ++i) batch.push_back(ToGrace(std::to_string(i)));
    room_ = Send(batch)[0]->conversation;
  }
  static PageRequest At(int64_t offset_ms, bool before, bool remainder = false) {
    return {ParsedTimestamp{TimestampMs(kNow.value + offset_ms), remainder}, before, {}};
  }
  static std::pair<uint64_t, uint64_t> Range(const MessagePage& page) {
    if (page.messages.empty()) return {0, 0};
    return {page.messages.front().seq.value, page.messages.back().seq.value};
  }
  using Pair = std::pair<uint64_t, uint64_t>;
  ConversationId room_;
};

TEST_F(PagesTest, NewestHundredOldestFirst) {
  Fill();
  const MessagePage page = Page(room_, {});
  EXPECT_EQ(Range(page), Pair(151, 250));
  EXPECT_TRUE(page.has_more);
}

TEST_F(PagesTest, BeforeIsStrict) {
  Fill();
  EXPECT_EQ(Range(Page(room_, At(150, true))), Pair(51, 150));
  const MessagePage first = Page(room_, At(50, true));
  EXPECT_EQ(Range(first), Pair(1, 50));
  EXPECT_FALSE(first.has_more);
  EXPECT_EQ(Range(Page(room_, At(0, true))), Pair(0, 0));
}

TEST_F(PagesTest, AfterIsStrictAndGoesForward) {
  Fill();
  EXPECT_EQ(Range(Page(room_, At(99, false))), Pair(101, 250));
  EXPECT_FALSE(Page(room_, At(99, false)).has_more);
  PageRequest ten = At(99, false);
  ten.limit = 10;
  EXPECT_EQ(Range(Page(room_, ten)), Pair(101, 110));
  EXPECT_TRUE(Page(room_, ten).has_more);
}

TEST_F(PagesTest, TimeBetweenTwoMillisecondsLiesBetweenTheirMessages) {
  Fill();
  EXPECT_EQ(Range(Page(room_, At(9, true, true))), Pair(1, 10));
  EXPECT_EQ(Range(Page(room_, At(9, false, true))), Pair(11, 250));
}

TEST_F(PagesTest, JoinedEndToEndTheyAreTheConversation) {
  Fill();
  std::vector<uint64_t> seqs;
  PageRequest request;
  for (;;) {
    const MessagePage page = Page(room_, request);
    std::vector<uint64_t> older;
    for (const Message& message : page.messages) older.push_back(message.seq.value);
    seqs.insert(seqs.begin(), older.begin(), older.end());
    if (!page.has_more) break;
    request = {ParsedTimestamp{page.messages.front().sent_at}, true, {}};
  }
  ASSERT_EQ(seqs.size(), 250u);
  for (size_t i = 0; i < seqs.size(); ++i) EXPECT_EQ(seqs[i], i + 1);
}

TEST_F(PagesTest, APageForwardIsUpToAThousand) {
  std::vector<Outgoing> batch;
  for (int i = 1; i <= 1001; ++i) batch.push_back(ToGrace(std::to_string(i)));
  room_ = Send(batch)[0]->conversation;
  const MessagePage page = Page(room_, At(-1, false));
  EXPECT_EQ(Range(page), Pair(1, 1000));
  EXPECT_EQ(page.messages.size(), 1000u);
  EXPECT_TRUE(page.has_more);
  EXPECT_EQ(Range(Page(room_, At(0, false))), Pair(2, 1001));
  EXPECT_FALSE(Page(room_, At(0, false)).has_more);
}

// 32 of the longest are 512,000 bytes, and a 33rd would be too much. Backward there are always 100.
TEST_F(PagesTest, LongMessagesMakeAForwardPageShorter) {
  std::vector<Outgoing> batch;
  for (int i = 1; i <= 120; ++i) batch.push_back(ToGrace(std::string(16'000, 'x')));
  room_ = Send(batch)[0]->conversation;
  const MessagePage forward = Page(room_, At(-1, false));
  EXPECT_EQ(Range(forward), Pair(1, 32));
  EXPECT_TRUE(forward.has_more);
  const MessagePage newest = Page(room_, {});
  EXPECT_EQ(Range(newest), Pair(21, 120));
  EXPECT_TRUE(newest.has_more);
  EXPECT_EQ(Range(Page(room_, At(110, true))), Pair(11, 110));
  EXPECT_FALSE(Page(room_, At(87, false)).has_more);
}

TEST_F(PagesTest, ThePageEndsWhereverTheLongMessagesBegin) {
  std::vector<Outgoing> batch;
  for (int i = 1; i <= 240; ++i)
    batch.push_back(ToGrace(i <= 200 ? "x" : std::string(16'000, 'x')));
  room_ = Send(batch)[0]->conversation;
  EXPECT_EQ(Range(Page(room_, At(-1, false))), Pair(1, 232));
}

TEST_F(PagesTest, RangeIsWhatAReaderMissed) {
  Fill();
  ASSERT_TRUE(db_.database()
                  .Transact(db::Repeat::kIdempotent,
                            [&](db::Transaction& tx) -> Status {
                              PARLOR_ASSIGN_OR_RETURN(
                                  const auto range,
                                  ReadRange(tx, room_, kNow, Seq(20), Seq(200), 100));
                              EXPECT_EQ(range.size(), 100u);
                              EXPECT_EQ(range.front().seq, Seq(20));
                              EXPECT_EQ(range.front().body, "20");
                              return Ok();
                            })
                  .ok());
}

// ---- several writers

class WritersTest : public MessagesTest {
 protected:
  // Runs `work(thread, database)` in `count` threads with a connection each.
  template <typename Work>
  void InThreads(int count, Work work) {
    std::vector<std::thread> threads;
    threads.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([this, i, work] {
        const SystemClock clock;
        db::Database database(db_.config(), clock);
        work(i, database);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  // Every conversation: seq 1, 2, 3 … in the order of time, and its row says the last.
  void ExpectWholeConversations() {
    const db::Rows rows =
        db_.Read("SELECT conversation_id, seq FROM messages ORDER BY conversation_id, sent_at_ms");
    std::map<uint64_t, uint64_t> last;
    for (size_t row = 0; row < rows.size(); ++row) {
      EXPECT_EQ(rows.U64(row, 1), ++last[rows.U64(row, 0)]);
    }
    for (const auto& [conversation, seq] : last) {
      EXPECT_EQ(db_.Number("SELECT last_seq FROM conversations WHERE id = " +
                           std::to_string(conversation)),
                seq);
    }
  }
};

TEST_F(WritersTest, RoomsMadeByManyAtOnceAreMadeOnce) {
  std::vector<UserId> users;
  users.reserve(12);
  for (int i = 0; i < 12; ++i) users.push_back(db_.AddUser());
  InThreads(4, [&](int thread, db::Database& database) {
    std::vector<Outgoing> batch;
    for (size_t i = 1; i < users.size(); ++i) {
      const bool turned = thread % 2 == 1;
      batch.push_back(
          {turned ? users[i] : users[0], ToUser{turned ? users[0] : users[i]}, "x", {}});
    }
    if (thread >= 2) std::reverse(batch.begin(), batch.end());
    for (const auto& outcome : SendOn(database, batch, kNow)) EXPECT_TRUE(outcome.ok());
  });
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM chat_rooms"), 11u);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM conversations"), 11u);
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM messages"), 44u);
  ExpectWholeConversations();
}

TEST_F(WritersTest, TheSameClientIdFromManyAtOnceIsOneMessage) {
  std::array<std::vector<Stored>, 4> outcomes;
  InThreads(4, [&](int thread, db::Database& database) {
    for (int i = 0; i < 25; ++i) {
      const auto sent = SendOn(database, {ToGrace("x", "id-" + std::to_string(i))}, kNow);
      outcomes[static_cast<size_t>(thread)].push_back(sent.at(0).value());
    }
  });
  for (size_t i = 0; i < 25; ++i) {
    int stored = 0;
    for (const auto& of_thread : outcomes) {
      EXPECT_EQ(of_thread[i].seq, outcomes[0][i].seq);
      stored += of_thread[i].duplicate ? 0 : 1;
    }
    EXPECT_EQ(stored, 1);
  }
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM messages"), 25u);
}

TEST_F(WritersTest, RandomOverlappingBatchesLeaveNoHoleAndNoDouble) {
  std::vector<UserId> users;
  users.reserve(8);
  for (int i = 0; i < 8; ++i) users.push_back(db_.AddUser());
  const ConversationId group = db_.AddGroup(users[0]);
  for (size_t i = 1; i < users.size(); ++i) db_.AddMember(group, users[i]);

  InThreads(4, [&](int thread, db::Database& database) {
    std::minstd_rand random(static_cast<unsigned>(thread) + 1);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    for (int round = 0; round < 40; ++round) {
      std::vector<Outgoing> batch;
      batch.reserve(30);
      for (size_t i = 0, n = 1 + pick(30); i < n; ++i) {
        const UserId sender = users[pick(users.size())];
        const UserId other = users[pick(users.size())];
        Outgoing message{sender, ToUser{other}, "text", {}};
        if (sender == other) message.to = ToGroup{group};
        if (pick(10) == 0) message.to = ToBot{};
        if (pick(2) == 0) message.client_msg_id = "id-" + std::to_string(pick(200));
        batch.push_back(std::move(message));
      }
      const TimestampMs now(kNow.value + static_cast<int64_t>(pick(50)));
      EXPECT_EQ(SendOn(database, batch, now).size(), batch.size());
    }
  });
  ExpectWholeConversations();
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE client_msg_id IS NOT "
                       "NULL GROUP BY conversation_id, sender_id, client_msg_id HAVING COUNT(*) > "
                       "1) doubled"),
            0u);
}

// ---- what it costs the server

TEST_F(MessagesTest, WhenTheBotTakesNoMoreOnlyRepeatsGetThrough) {
  Send({Outgoing{ada_, ToBot{}, "first", "q1"}});
  const auto outcomes =
      Send({Outgoing{ada_, ToBot{true}, "first", "q1"}, Outgoing{ada_, ToBot{true}, "new", "q2"},
            Outgoing{ada_, ToBot{true}, "new", "q2"}, Outgoing{ada_, ToBot{true}, "new", {}}});
  ASSERT_TRUE(outcomes.at(0).ok());
  EXPECT_TRUE(outcomes.at(0)->duplicate);
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(outcomes.at(i).status().code(), ErrorCode::kBusy) << i;
  EXPECT_EQ(db_.Number("SELECT COUNT(*) FROM messages"), 1u);
}

TEST_F(MessagesTest, StatementCountDoesNotDependOnTheNumberOfMessages) {
  const auto statements = [&](size_t messages) {
    std::vector<Outgoing> batch;
    for (size_t i = 0; i < messages; ++i) {
      batch.push_back(ToGrace("x", std::to_string(messages) + "/" + std::to_string(i)));
    }
    const auto questions = [&](db::Transaction& tx) {
      return tx.QueryText("SHOW SESSION STATUS LIKE 'Questions'")->U64(0, 1);
    };
    uint64_t count = 0;
    EXPECT_TRUE(db_.database()
                    .Transact(db::Repeat::kIdempotent,
                              [&](db::Transaction& tx) -> Status {
                                const uint64_t before = questions(tx);
                                std::vector<Result<Stored>> outcomes;
                                PARLOR_RETURN_IF_ERROR(Append(tx, batch, kNow, &outcomes));
                                count = questions(tx) - before - 1;
                                return Ok();
                              })
                    .ok());
    return count;
  };
  SendOne(ToGrace("makes the room"));
  EXPECT_EQ(statements(1), 6u);  // and START TRANSACTION and COMMIT
  EXPECT_EQ(statements(100), 6u);
}

}  // namespace
}  // namespace parlor::messages
