#include "wsd/lookup.h"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>

#include "common/group_members.h"
#include "common/messages.h"
#include "common/sessions.h"
#include "common/token.h"
#include "tests/support/database_proxy.h"
#include "tests/wsd/thread_fixture.h"

namespace parlor::wsd {
namespace {

class LookupTest : public ThreadTest {
 protected:
  TokenHash SignIn(UserId user) {
    const TokenHash token = *HashToken(GenerateToken());
    Change([&](db::Transaction& tx) {
      return sessions::Create(tx, user, token, config_.session, clock_.Now()).status();
    });
    return token;
  }

  ConversationId Send(UserId from, UserId to, int count) {
    std::vector<Result<messages::Stored>> outcomes;
    const std::vector<messages::Outgoing> batch(
        static_cast<size_t>(count), messages::Outgoing{from, messages::ToUser{to}, "x", {}});
    Change([&](db::Transaction& tx) {
      outcomes.clear();
      return messages::Append(tx, batch, clock_.Now(), &outcomes);
    });
    return outcomes.front()->conversation;
  }

  void Enter(ConversationId group, UserId user) {
    Change([&](db::Transaction& tx) {
      return group_members::Enter(tx, group, user, LimitsConfig(), clock_.Now()).status();
    });
  }
  Lookup& Thread() {
    if (!lookup_) lookup_ = std::make_unique<Lookup>(config_, clock_, results_);
    return *lookup_;
  }
  void Start() { ASSERT_TRUE(Thread().Start().ok()); }

  std::unique_ptr<Lookup> lookup_;
};

TEST_F(LookupTest, FindsSessionsByTheirTokens) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const TokenHash tokens[] = {SignIn(ada), SignIn(bob), *HashToken(GenerateToken())};
  for (uint64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(Thread().Push(Authenticate{ConnectionId(i + 1), tokens[i]}));
  }
  Start();
  std::map<ConnectionId, UserId> found;
  for (int i = 0; i < 3; ++i) {
    const Authenticated answer = Next<Authenticated>();
    ASSERT_TRUE(answer.session.ok());
    EXPECT_EQ(answer.token, tokens[answer.from.value - 1]);
    found[answer.from] = *answer.session ? (*answer.session)->user : UserId();
  }
  EXPECT_EQ(found,
            (std::map<ConnectionId, UserId>{
                {ConnectionId(1), ada}, {ConnectionId(2), bob}, {ConnectionId(3), UserId()}}));
}

TEST_F(LookupTest, SeveralConnectionsOfOneSessionAreAllAnswered) {
  const TokenHash token = SignIn(db_.AddUser());
  for (uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(Thread().Push(Authenticate{ConnectionId(i), token}));
  }
  Start();
  for (uint64_t i = 1; i <= 5; ++i) {
    const Authenticated answer = Next<Authenticated>();
    EXPECT_EQ(answer.from, ConnectionId(i));
    EXPECT_TRUE(answer.session.ok() && answer.session->has_value());
  }
}

TEST_F(LookupTest, MoreSignInsThanOneQueryTakesAreAllAnswered) {
  const TokenHash token = SignIn(db_.AddUser());
  for (uint64_t i = 1; i <= 2500; ++i) {
    ASSERT_TRUE(Thread().Push(
        Authenticate{ConnectionId(i), i == 2500 ? token : *HashToken(GenerateToken())}));
  }
  Start();
  int alive = 0;
  for (int i = 0; i < 2500; ++i) alive += Next<Authenticated>().session->has_value() ? 1 : 0;
  EXPECT_EQ(alive, 1);
}

TEST_F(LookupTest, AwayDatabaseIsAnErrorAndNotAnUnknownToken) {
  config_.database.retry_limit_ms = 100;
  config_.database.socket = "/nonexistent/socket";
  ASSERT_TRUE(Thread().Push(Authenticate{ConnectionId(1), Sha256("x")}));
  ASSERT_TRUE(
      Thread().Push(FetchMissing{ConversationKind::kBot, ConversationId(1), {}, Seq(1), Seq(2)}));
  Start();
  const Authenticated answer = Next<Authenticated>();
  ASSERT_FALSE(answer.session.ok());
  EXPECT_EQ(answer.session.status().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(Next<MissingFetched>().messages.status().code(), ErrorCode::kUnavailable);
}

TEST_F(LookupTest, FetchesMissingMessages) {
  const ConversationId room = Send(db_.AddUser(), db_.AddUser(), 10);
  Start();
  ASSERT_TRUE(Thread().Push(FetchMissing{ConversationKind::kRoom, room, {}, Seq(4), Seq(6)}));
  const MissingFetched fetched = Next<MissingFetched>();
  ASSERT_TRUE(fetched.messages.ok());
  ASSERT_EQ(fetched.messages->size(), 3U);
  EXPECT_EQ(fetched.messages->front().seq, Seq(4));
  EXPECT_EQ(fetched.messages->back().seq, Seq(6));
  EXPECT_EQ(fetched.request.conversation, room);
}

TEST_F(LookupTest, FetchesAtMostAThousandTheOldestFirst) {
  const ConversationId room = Send(db_.AddUser(), db_.AddUser(), 1200);
  Start();
  ASSERT_TRUE(Thread().Push(FetchMissing{ConversationKind::kRoom, room, {}, Seq(1), Seq(1200)}));
  const MissingFetched fetched = Next<MissingFetched>();
  ASSERT_TRUE(fetched.messages.ok());
  ASSERT_EQ(fetched.messages->size(), Lookup::kMaxFetched);
  EXPECT_EQ(fetched.messages->back().seq, Seq(1000));
}

TEST_F(LookupTest, ConversationThatIsNoneHasNoMessages) {
  Start();
  ASSERT_TRUE(
      Thread().Push(FetchMissing{ConversationKind::kRoom, ConversationId(77), {}, Seq(1), Seq(2)}));
  const MissingFetched fetched = Next<MissingFetched>();
  ASSERT_TRUE(fetched.messages.ok());
  EXPECT_TRUE(fetched.messages->empty());
}

TEST_F(LookupTest, LoadsWhoIsPresentInOneGroupOrInAll) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  const ConversationId empty = db_.AddGroup(bob);
  Enter(group, ada);
  Enter(group, bob);
  Start();
  ASSERT_TRUE(Thread().Push(LoadPresence{}));
  const PresenceLoaded all = Next<PresenceLoaded>();
  EXPECT_FALSE(all.request.group);
  ASSERT_TRUE(all.groups.ok());
  std::map<ConversationId, group_members::Snapshot> found;
  for (const auto& snapshot : *all.groups) found[snapshot.group] = snapshot;
  EXPECT_THAT(found[group].present, ::testing::UnorderedElementsAre(ada, bob));
  EXPECT_EQ(found[group].presence_seq, 2U);
  EXPECT_THAT(found.at(empty).present, ::testing::IsEmpty());

  ASSERT_TRUE(Thread().Push(LoadPresence{group}));
  const PresenceLoaded one = Next<PresenceLoaded>();
  EXPECT_EQ(one.request.group, group);
  ASSERT_EQ(one.groups->size(), 1U);
  EXPECT_EQ(one.groups->front().presence_seq, 2U);
  ASSERT_TRUE(Thread().Push(LoadPresence{ConversationId(987654)}));
  EXPECT_TRUE(Next<PresenceLoaded>().groups->empty());
}

TEST_F(LookupTest, PresenceOfAllGroupsIsAnsweredBeforeTheSignInsBehindIt) {
  ASSERT_TRUE(Thread().Push(LoadPresence{}));
  ASSERT_TRUE(Thread().Push(Authenticate{ConnectionId(1), {}}));
  Start();
  ASSERT_TRUE(Eventually([&] { return results_.size() == 2; }));
  const auto items = results_.TakeAll();
  EXPECT_TRUE(std::holds_alternative<PresenceLoaded>(items[0]));
  EXPECT_TRUE(std::holds_alternative<Authenticated>(items[1]));
}

TEST_F(LookupTest, CountsWhatIsUnreadForTheNamedOrForAllMembers) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const UserId stranger = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  Enter(group, bob);
  const std::vector<messages::Outgoing> batch(
      3, messages::Outgoing{ada, messages::ToGroup{group}, "x", {}});
  std::vector<Result<messages::Stored>> outcomes;
  Change([&](db::Transaction& tx) {
    outcomes.clear();
    return messages::Append(tx, batch, clock_.Now(), &outcomes);
  });
  Start();
  using ::testing::ElementsAre;
  using ::testing::Pair;
  ASSERT_TRUE(Thread().Push(CountUnread{group, {stranger, bob}}));  // nobody has a row in `online`
  UnreadCounted counted = Next<UnreadCounted>();
  EXPECT_EQ(counted.request.group, group);
  ASSERT_TRUE(counted.counts.ok());
  EXPECT_THAT(counted.counts->unread, ElementsAre(Pair(bob, 3U)));
  EXPECT_EQ(counted.counts->last_sent_at, outcomes.back()->sent_at);
  ASSERT_TRUE(Thread().Push(CountUnread{group, {}}));
  EXPECT_THAT(Next<UnreadCounted>().counts->unread, ElementsAre(Pair(ada, 0U), Pair(bob, 3U)));
}

TEST_F(LookupTest, SignInThatArrivesDuringACountGoesBeforeTheNextCount) {
  const ConversationId group = db_.AddGroup(db_.AddUser());
  Change([&](db::Transaction& tx) -> Status {
    PARLOR_RETURN_IF_ERROR(tx.ExecuteText("LOCK TABLES members WRITE").status());
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(Thread().Push(CountUnread{group, {}}));
    Start();
    EXPECT_TRUE(Eventually([&] {
      const auto waiting = tx.QueryText(
          "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE "
          "'Waiting for table%'");
      return waiting.ok() && !waiting->empty();
    }));
    EXPECT_TRUE(Thread().Push(Authenticate{ConnectionId(1), {}}));
    return tx.ExecuteText("UNLOCK TABLES").status();
  });
  ASSERT_TRUE(Eventually([&] { return results_.size() == 3; }));
  const auto items = results_.TakeAll();
  EXPECT_TRUE(std::holds_alternative<UnreadCounted>(items[0]));
  EXPECT_TRUE(std::holds_alternative<Authenticated>(items[1]));
  EXPECT_TRUE(std::holds_alternative<UnreadCounted>(items[2]));
}

TEST_F(LookupTest, AwayDatabaseIsAnErrorOfEveryKindOfQuestion) {
  config_.database.retry_limit_ms = 100;
  config_.database.socket = "/nonexistent/socket";
  ASSERT_TRUE(Thread().Push(LoadPresence{}));
  ASSERT_TRUE(Thread().Push(LoadPresence{ConversationId(1)}));
  ASSERT_TRUE(Thread().Push(CountUnread{ConversationId(1), {}}));
  Start();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Next<PresenceLoaded>().groups.status().code(), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(Next<UnreadCounted>().counts.status().code(), ErrorCode::kUnavailable);
}

TEST_F(LookupTest, AnOutageIsWaitedOutOnceATurnAndNotOnceACommand) {
  const std::string path = std::filesystem::temp_directory_path() /
                           ("parlor-lookup-" + std::to_string(getpid()) + ".sock");
  testing::DatabaseProxy proxy(path, config_.database.socket);
  config_.database.socket = path;
  config_.database.retry_limit_ms = 200;
  proxy.SetAway(true);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        Thread().Push(FetchMissing{ConversationKind::kBot, ConversationId(1), {}, Seq(1), Seq(2)}));
  }
  Start();
  EXPECT_FALSE(Next<MissingFetched>().messages.ok());
  const int tries = proxy.turned_away();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Next<MissingFetched>().messages.status().code(), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(proxy.turned_away(), tries);
  proxy.SetAway(false);
  ASSERT_TRUE(Thread().Push(Authenticate{ConnectionId(1), {}}));
  EXPECT_TRUE(Next<Authenticated>().session.ok());
  Thread().Stop(Soon());
}

TEST_F(LookupTest, FullQueueRefuses) {
  for (size_t i = 0; i < Lookup::kMaxQueued; ++i) {
    ASSERT_TRUE(Thread().Push(Authenticate{ConnectionId(1), {}}));
  }
  EXPECT_FALSE(Thread().Push(Authenticate{ConnectionId(1), {}}));
}

TEST_F(LookupTest, StopAnswersWhatIsQueued) {
  for (uint64_t i = 1; i <= 10; ++i) ASSERT_TRUE(Thread().Push(Authenticate{ConnectionId(i), {}}));
  Start();
  Thread().Stop(Soon());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Next<Authenticated>().session.ok());
  EXPECT_FALSE(Thread().Push(Authenticate{ConnectionId(11), {}}));
}

}  // namespace
}  // namespace parlor::wsd
