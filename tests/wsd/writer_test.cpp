#include "wsd/writer.h"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>

#include "tests/support/database_proxy.h"
#include "tests/wsd/thread_fixture.h"

namespace parlor::wsd {
namespace {

using ::testing::ElementsAre;
using Cut = testing::DatabaseProxy::Cut;

class WriterTest : public ThreadTest {
 protected:
  static messages::Outgoing ToRoom(UserId from, UserId to, std::string body,
                                   std::optional<std::string> id = std::nullopt) {
    return {from, messages::ToUser{to}, std::move(body), std::move(id)};
  }

  WriterPool& Writer() {
    if (!writer_) writer_ = std::make_unique<WriterPool>(config_, clock_, results_);
    return *writer_;
  }
  bool Push(messages::Outgoing message) {
    return Writer().Push(WriteMessage{ConnectionId(++connection_), std::move(message)});
  }
  // Starts the writer: what was pushed before is one batch.
  void Start() { ASSERT_TRUE(Writer().Start().ok()); }

  // The next `count` outcomes.
  std::vector<WriteOutcome> Outcomes(size_t count) {
    std::vector<WriteOutcome> all;
    while (all.size() < count) {
      BatchWritten batch = Next<BatchWritten>();
      batch_sizes_.push_back(batch.outcomes.size());
      for (WriteOutcome& outcome : batch.outcomes) all.push_back(std::move(outcome));
    }
    EXPECT_EQ(all.size(), count);
    return all;
  }

  // Between the writer and the database, from now on.
  testing::DatabaseProxy& Proxy() {
    if (!proxy_) {
      const std::string path = std::filesystem::temp_directory_path() /
                               ("parlor-proxy-" + std::to_string(getpid()) + ".sock");
      proxy_ = std::make_unique<testing::DatabaseProxy>(path, config_.database.socket);
      config_.database.socket = path;
    }
    return *proxy_;
  }

  // The bodies of all messages in order of time.
  std::vector<std::string> StoredBodies() {
    const db::Rows rows =
        db_.Read("SELECT body FROM messages ORDER BY conversation_id, sent_at_ms");
    std::vector<std::string> bodies;
    bodies.reserve(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) bodies.push_back(rows.Text(i, 0));
    return bodies;
  }

  const UserId ada_ = db_.AddUser();
  const UserId bob_ = db_.AddUser();
  uint64_t connection_ = 0;
  std::vector<size_t> batch_sizes_;
  std::unique_ptr<testing::DatabaseProxy> proxy_;
  std::unique_ptr<WriterPool> writer_;
};

std::vector<uint64_t> SeqsOf(const std::vector<WriteOutcome>& outcomes) {
  std::vector<uint64_t> seqs;
  seqs.reserve(outcomes.size());
  for (const WriteOutcome& outcome : outcomes) {
    seqs.push_back(outcome.stored.ok() ? outcome.stored->seq.value : 0);
  }
  return seqs;
}

void ExpectAllFresh(const std::vector<WriteOutcome>& outcomes) {
  for (const WriteOutcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.stored.ok()) << outcome.stored.status().message();
    EXPECT_FALSE(outcome.stored->duplicate);
  }
}

TEST_F(WriterTest, AnswersInTheOrderOfTheCommits) {
  Start();
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(Push(ToRoom(i % 2 ? ada_ : bob_, i % 2 ? bob_ : ada_, std::to_string(i))));
  }
  const std::vector<WriteOutcome> outcomes = Outcomes(100);
  ExpectAllFresh(outcomes);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].request.from, ConnectionId(i + 1));
    EXPECT_EQ(outcomes[i].request.message.body, std::to_string(i + 1));
    EXPECT_EQ(outcomes[i].stored->seq, Seq(i + 1));
  }
  EXPECT_EQ(Writer().Unanswered(), 0U);
}

TEST_F(WriterTest, ConversationKeepsItsOrderOverSeveralThreads) {
  config_.writer.threads = 3;
  std::vector<UserId> others;
  others.reserve(5);
  for (int i = 0; i < 5; ++i) others.push_back(db_.AddUser());
  Start();
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(Push(ToRoom(ada_, others[static_cast<size_t>(i) % 5], std::to_string(i))));
  }
  std::map<ConversationId, std::vector<int>> bodies;
  for (const WriteOutcome& outcome : Outcomes(300)) {
    ASSERT_TRUE(outcome.stored.ok());
    bodies[outcome.stored->conversation].push_back(std::stoi(outcome.request.message.body));
  }
  ASSERT_EQ(bodies.size(), 5U);
  for (const auto& [room, numbers] : bodies) {
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    EXPECT_EQ(numbers.size(), 60U);
  }
}

TEST_F(WriterTest, WhatWaitsIsOneBatchUpToTheLimitOfMessages) {
  config_.writer.max_batch_messages = 10;
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(Push(ToRoom(ada_, bob_, "x")));
  Start();
  Outcomes(25);
  EXPECT_THAT(batch_sizes_, ElementsAre(10, 10, 5));
}

TEST_F(WriterTest, WhatWaitsIsOneBatchUpToTheLimitOfBytes) {
  config_.writer.max_batch_bytes = 10'000;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Push(ToRoom(ada_, bob_, std::string(4000, 'x'))));
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, std::string(16'000, 'y'))));
  Start();
  Outcomes(5);
  EXPECT_THAT(batch_sizes_, ElementsAre(2, 2, 1));
}

TEST_F(WriterTest, RefusedMessagesAreToldWhy) {
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "good")));
  ASSERT_TRUE(Push(ToRoom(ada_, ada_, "to oneself")));
  ASSERT_TRUE(Push(ToRoom(ada_, UserId(987'654'321), "to nobody")));
  ASSERT_TRUE(Push(messages::Outgoing{ada_, messages::ToBot{}, "hello bot", std::nullopt}));
  Start();
  const std::vector<WriteOutcome> outcomes = Outcomes(4);
  EXPECT_TRUE(outcomes[0].stored.ok());
  EXPECT_EQ(outcomes[1].stored.status().code(), ErrorCode::kInvalidField);
  EXPECT_EQ(outcomes[2].stored.status().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(outcomes[3].stored.ok());
}

TEST_F(WriterTest, RepeatIsReportedAsDuplicate) {
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "once", "id-1")));
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "once", "id-1")));
  Start();
  const std::vector<WriteOutcome> outcomes = Outcomes(2);
  EXPECT_FALSE(outcomes[0].stored->duplicate);
  EXPECT_TRUE(outcomes[1].stored->duplicate);
  EXPECT_EQ(outcomes[1].stored->seq, outcomes[0].stored->seq);
  EXPECT_EQ(outcomes[1].request.message.client_msg_id, "id-1");
}

TEST_F(WriterTest, FullQueueRefusesAndCounts) {
  config_.writer.max_queue_messages = 5;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Push(ToRoom(ada_, bob_, "x")));
  EXPECT_FALSE(Push(ToRoom(ada_, bob_, "one too many")));
  EXPECT_EQ(Writer().Refused(), 1U);
  EXPECT_EQ(Writer().Unanswered(), 5U);
  Start();
  ExpectAllFresh(Outcomes(5));
  EXPECT_TRUE(Push(ToRoom(ada_, bob_, "room again")));
  ExpectAllFresh(Outcomes(1));
  EXPECT_EQ(Count("messages"), 6U);
}

TEST_F(WriterTest, WaitsForADatabaseThatComesBack) {
  Proxy().SetAway(true);
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "patient")));
  Start();
  ASSERT_TRUE(Eventually([&] { return Proxy().turned_away() > 2; }));
  Proxy().SetAway(false);
  ExpectAllFresh(Outcomes(1));
}

TEST_F(WriterTest, DatabaseThatStaysAwayMakesMessagesUnavailable) {
  config_.database.retry_limit_ms = 200;
  Proxy().SetAway(true);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Push(ToRoom(ada_, bob_, "x")));
  Start();
  for (const WriteOutcome& outcome : Outcomes(3)) {
    EXPECT_EQ(outcome.stored.status().code(), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(Count("messages"), 0U);
}

TEST_F(WriterTest, AnOutageIsWaitedOutOnceAndNotOnceABatch) {
  config_.database.retry_limit_ms = 200;
  config_.writer.max_batch_messages = 1;
  Proxy().SetAway(true);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Push(ToRoom(ada_, bob_, "x")));
  Start();
  for (const WriteOutcome& outcome : Outcomes(50)) {
    EXPECT_EQ(outcome.stored.status().code(), ErrorCode::kUnavailable);
  }
  EXPECT_THAT(batch_sizes_, ElementsAre(1, 49));
  EXPECT_EQ(Writer().Unanswered(), 0U);
}

TEST_F(WriterTest, FullQueueIsLoggedWhenItHappensAndNotForEveryMessage) {
  config_.writer.max_queue_messages = 1;
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "x")));
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Push(ToRoom(ada_, bob_, "one too many")));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1);
  EXPECT_THAT(log, ::testing::HasSubstr("the writer's queue is full limit=1"));
}

TEST_F(WriterTest, MessageThatCannotBeStoredFailsAlone) {
  for (int i = 1; i <= 20; ++i) {
    // Not UTF-8: the codec never lets it through, the database refuses the statement for it.
    ASSERT_TRUE(Push(ToRoom(ada_, bob_, i == 13 ? "\xFF\xFE" : std::to_string(i))));
  }
  Start();
  const std::vector<WriteOutcome> outcomes = Outcomes(20);
  for (size_t i = 0; i < 20; ++i) {
    if (i == 12) {
      EXPECT_EQ(outcomes[i].stored.status().code(), ErrorCode::kInternal);
    } else {
      ASSERT_TRUE(outcomes[i].stored.ok()) << i;
      EXPECT_EQ(outcomes[i].stored->seq, Seq(i < 12 ? i + 1 : i));
    }
  }
  EXPECT_THAT(batch_sizes_, ElementsAre(20));
  EXPECT_EQ(Count("messages"), 19U);
}

// ---- In doubt

TEST_F(WriterTest, InDoubtAndStored_NothingIsDoubled) {
  Proxy().CutCommits(Cut::kAfterCommit);
  for (const char* body : {"1", "2", "3"}) ASSERT_TRUE(Push(ToRoom(ada_, bob_, body)));
  Start();
  const std::vector<WriteOutcome> outcomes = Outcomes(3);
  ExpectAllFresh(outcomes);
  EXPECT_THAT(SeqsOf(outcomes), ElementsAre(1, 2, 3));
  for (const WriteOutcome& outcome : outcomes) {
    EXPECT_FALSE(outcome.request.message.client_msg_id.has_value());
  }
  EXPECT_EQ(Proxy().commits_cut(), 1);
  EXPECT_THAT(StoredBodies(), ElementsAre("1", "2", "3"));
}

TEST_F(WriterTest, InDoubtAndNotStored_NothingIsLost) {
  Proxy().CutCommits(Cut::kBeforeCommit);
  for (const char* body : {"1", "2", "3"}) ASSERT_TRUE(Push(ToRoom(ada_, bob_, body)));
  Start();
  const std::vector<WriteOutcome> outcomes = Outcomes(3);
  ExpectAllFresh(outcomes);
  EXPECT_THAT(SeqsOf(outcomes), ElementsAre(1, 2, 3));
  EXPECT_EQ(Proxy().commits_cut(), 1);
  EXPECT_THAT(StoredBodies(), ElementsAre("1", "2", "3"));
}

TEST_F(WriterTest, InDoubtWhileTheServerStillCommits_EveryMessageIsStoredOnce) {
  Proxy();
  Start();
  std::vector<std::string> sent;
  for (int round = 0; round < 20; ++round) {
    Proxy().CutCommits(round % 2 ? Cut::kDuringCommit : Cut::kBeforeCommit);
    for (int i = 0; i < 3; ++i) {
      sent.push_back(std::to_string(round) + "." + std::to_string(i));
      ASSERT_TRUE(Push(ToRoom(ada_, bob_, sent.back())));
    }
    ExpectAllFresh(Outcomes(3));
  }
  EXPECT_GE(Proxy().commits_cut(), 20);
  EXPECT_EQ(StoredBodies(), sent);
}

TEST_F(WriterTest, InDoubtWithClientIds_TheFirstRequestIsNoDuplicate) {
  for (const Cut cut : {Cut::kAfterCommit, Cut::kBeforeCommit}) {
    const std::string id = cut == Cut::kAfterCommit ? "a" : "b";
    Proxy().CutCommits(cut);
    ASSERT_TRUE(Push(ToRoom(ada_, bob_, id, id)));
    ASSERT_TRUE(Push(ToRoom(ada_, bob_, id, id)));  // a real repeat
    if (cut == Cut::kAfterCommit) Start();
    const std::vector<WriteOutcome> outcomes = Outcomes(2);
    ASSERT_TRUE(outcomes[0].stored.ok());
    ASSERT_TRUE(outcomes[1].stored.ok());
    EXPECT_FALSE(outcomes[0].stored->duplicate);
    EXPECT_EQ(outcomes[1].stored->seq, outcomes[0].stored->seq);
  }
  EXPECT_EQ(Proxy().commits_cut(), 2);
  EXPECT_THAT(StoredBodies(), ElementsAre("a", "b"));
}

TEST_F(WriterTest, InDoubt_EarlierMessageStaysADuplicate) {
  Start();
  Proxy();
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "earlier", "e")));
  Outcomes(1);
  writer_->Stop(Soon());
  writer_.reset();
  Proxy().CutCommits(Cut::kAfterCommit);
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "earlier", "e")));
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "without id")));
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "with id", "w")));
  Start();
  const std::vector<WriteOutcome> outcomes = Outcomes(3);
  EXPECT_TRUE(outcomes[0].stored->duplicate);
  EXPECT_FALSE(outcomes[1].stored->duplicate);
  EXPECT_FALSE(outcomes[2].stored->duplicate);
  EXPECT_THAT(SeqsOf(outcomes), ElementsAre(1, 2, 3));
  EXPECT_THAT(StoredBodies(), ElementsAre("earlier", "without id", "with id"));
}

TEST_F(WriterTest, InDoubt_RefusedFirstMessageDoesNotHideTheOthers) {
  Proxy().CutCommits(Cut::kAfterCommit);
  ASSERT_TRUE(Push(ToRoom(ada_, UserId(987'654'321), "to nobody")));
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "1")));
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "2")));
  Start();
  const std::vector<WriteOutcome> outcomes = Outcomes(3);
  EXPECT_EQ(outcomes[0].stored.status().code(), ErrorCode::kNotFound);
  EXPECT_THAT(SeqsOf(outcomes), ElementsAre(0, 1, 2));
  EXPECT_EQ(Proxy().commits_cut(), 1);
  EXPECT_THAT(StoredBodies(), ElementsAre("1", "2"));
}

TEST_F(WriterTest, InDoubtWithTheDatabaseGone_IsHeldUntilTheTruthIsKnown) {
  config_.database.retry_limit_ms = 200;
  Proxy().CutCommits(Cut::kAfterCommit);
  Proxy().GoAwayWithNextCut();
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "stored")));
  Start();
  ASSERT_TRUE(Eventually([&] { return Proxy().commits_cut() == 1; }));
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "behind it")));
  const std::vector<WriteOutcome> behind = Outcomes(1);
  EXPECT_EQ(behind[0].request.message.body, "behind it");
  EXPECT_EQ(behind[0].stored.status().code(), ErrorCode::kUnavailable);
  Proxy().SetAway(false);
  const std::vector<WriteOutcome> held = Outcomes(1);
  EXPECT_EQ(held[0].request.message.body, "stored");
  ExpectAllFresh(held);
  EXPECT_THAT(StoredBodies(), ElementsAre("stored"));
}

TEST_F(WriterTest, InDoubtWithTheDatabaseGone_StoppingSaysSo) {
  config_.database.retry_limit_ms = 200;
  Proxy().CutCommits(Cut::kAfterCommit);
  Proxy().GoAwayWithNextCut();
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "who knows")));
  Start();
  ASSERT_TRUE(Eventually([&] { return Proxy().commits_cut() == 1; }));
  Writer().Stop(Now());
  EXPECT_EQ(Outcomes(1)[0].stored.status().code(), ErrorCode::kInDoubt);
}

// A refusal that comes at once must not make it a busy loop.
TEST_F(WriterTest, InDoubt_PausesBetweenTriesAndStoppingEndsThePause) {
  config_.database.retry_limit_ms = 0;
  Proxy().CutCommits(Cut::kAfterCommit);
  Proxy().GoAwayWithNextCut();
  ASSERT_TRUE(Push(ToRoom(ada_, bob_, "who knows")));
  Start();
  ASSERT_TRUE(Eventually([&] { return Proxy().turned_away() >= 1; }));
  const Deadline begin = Now();
  ASSERT_TRUE(Eventually([&] { return Proxy().turned_away() >= 4; }));
  EXPECT_GE(Now() - begin, std::chrono::milliseconds(500));
  Writer().Stop(Now());
  EXPECT_EQ(Outcomes(1)[0].stored.status().code(), ErrorCode::kInDoubt);
}

// ---- The end

TEST_F(WriterTest, StopCommitsWhatIsQueued) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(Push(ToRoom(ada_, bob_, "x")));
  Start();
  Writer().Stop(Soon());
  ExpectAllFresh(Outcomes(1000));
  EXPECT_FALSE(Push(ToRoom(ada_, bob_, "too late")));
  EXPECT_EQ(Count("messages"), 1000U);
}

TEST_F(WriterTest, StopAnswersTheRestAtItsDeadline) {
  Proxy().SetAway(true);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(Push(ToRoom(ada_, bob_, "x")));
  Start();
  Writer().Stop(Now());
  for (const WriteOutcome& outcome : Outcomes(1000)) {
    EXPECT_EQ(outcome.stored.status().code(), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(Writer().Unanswered(), 0U);
}

}  // namespace
}  // namespace parlor::wsd
