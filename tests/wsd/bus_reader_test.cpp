#include "wsd/bus_reader.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <set>

#include "common/events.h"
#include "common/protocol.h"
#include "tests/wsd/thread_fixture.h"

namespace parlor::wsd {
namespace {

class BusReaderTest : public ThreadTest {
 protected:
  BusReaderTest() {
    const std::string path = std::filesystem::temp_directory_path() /
                             ("parlor-bus-" + std::to_string(getpid()) + ".sock");
    config_.bus.endpoint = "ipc://" + path;
    config_.bus.sweep_ms = 20;
  }
  void TearDown() override {
    if (reader_) reader_->Stop(Soon());
  }

  BusReader& Reader(Queue<LoopItem>& mailbox) {
    if (!reader_) reader_ = std::make_unique<BusReader>(config_, clock_, mailbox);
    return *reader_;
  }
  BusReader& Reader() { return Reader(results_); }
  void Start() { ASSERT_TRUE(Reader().Start().ok()); }

  // What a worker does in its transaction …
  EventId AddRow(uint64_t user) {
    EventId id;
    Change([&](db::Transaction& tx) -> Status {
      PARLOR_ASSIGN_OR_RETURN(id, events::Add(tx, UserSuspended{UserId(user)}, clock_.Now()));
      return Ok();
    });
    return id;
  }
  // … and after it.
  void PushToBus(EventId id, uint64_t user) {
    PushToBus(EncodeEvent(UserSuspended{UserId(user)}, id));
  }
  void PushToBus(const std::string& bytes) {
    if (!publisher_) publisher_ = std::make_unique<EventPublisher>(config_.bus);
    ASSERT_TRUE(
        Eventually([&] { return publisher_->Reachable(100) && publisher_->Publish(bytes); }));
  }

  static uint64_t UserOf(const EventArrived& arrived) {
    return std::get<UserSuspended>(arrived.event).user.value;
  }

  std::unique_ptr<BusReader> reader_;

 private:
  std::unique_ptr<EventPublisher> publisher_;
};

TEST_F(BusReaderTest, EventFromTheBusArrives) {
  config_.bus.sweep_ms = 60'000;
  Start();
  PushToBus(EventId(0), 7);
  EXPECT_EQ(UserOf(Next<EventArrived>()), 7U);
}

TEST_F(BusReaderTest, RowThatWasNeverPushedArrivesAndGoesWhenDone) {
  Start();
  const EventId id = AddRow(7);
  const EventArrived arrived = Next<EventArrived>();
  EXPECT_EQ(UserOf(arrived), 7U);
  EXPECT_EQ(arrived.id, id);
  EXPECT_EQ(Count("events"), 1U);
  ASSERT_TRUE(Reader().Push(EventDone{id}));
  EXPECT_TRUE(Eventually([&] { return Count("events") == 0; }));
  EXPECT_TRUE(Nothing<EventArrived>());
}

TEST_F(BusReaderTest, EventThatComesBothWaysIsHandedOutOnce) {
  Start();
  std::set<uint64_t> seen;
  for (uint64_t user = 1; user <= 50; ++user) PushToBus(AddRow(user), user);
  for (int i = 0; i < 50; ++i) {
    const EventArrived arrived = Next<EventArrived>();
    EXPECT_TRUE(seen.insert(UserOf(arrived)).second);
    ASSERT_TRUE(Reader().Push(EventDone{arrived.id}));
  }
  ASSERT_TRUE(Eventually([&] { return Count("events") == 0; }));
  EXPECT_TRUE(Nothing<EventArrived>());
}

TEST_F(BusReaderTest, LatePushOfAnEventThatIsDoneIsDropped) {
  Start();
  const EventId id = AddRow(1);
  Next<EventArrived>();
  ASSERT_TRUE(Reader().Push(EventDone{id}));
  ASSERT_TRUE(Eventually([&] { return Count("events") == 0; }));
  PushToBus(id, 1);
  PushToBus(EventId(0), 2);
  EXPECT_EQ(UserOf(Next<EventArrived>()), 2U);
}

TEST_F(BusReaderTest, RowThatCannotBeDecodedIsDeletedAndKeepsNothingBack) {
  db_.Run(
      "INSERT INTO events (created_at_ms, payload) VALUES (1, 'nonsense'), "
      "(1, '{\"v\":1,\"type\":\"unheard_of\"}')");
  const EventId good = AddRow(7);
  Start();
  EXPECT_EQ(Next<EventArrived>().id, good);
  EXPECT_TRUE(Eventually([&] { return Count("events") == 1; }));
}

TEST_F(BusReaderTest, NonsenseOnTheBusIsSkipped) {
  Start();
  PushToBus("nonsense");
  PushToBus(EventId(0), 7);
  EXPECT_EQ(UserOf(Next<EventArrived>()), 7U);
}

TEST_F(BusReaderTest, CountsWhatCameByWhichWay) {
  Start();
  AddRow(1);
  Next<EventArrived>();
  PushToBus(EventId(0), 2);
  Next<EventArrived>();
  PushToBus("{nonsense");
  const BusReader::Numbers& numbers = Reader().numbers();
  ASSERT_TRUE(Eventually([&] { return numbers.bad_on_bus.value() == 1; }));
  EXPECT_EQ(numbers.from_table.value(), 1U);
  EXPECT_EQ(numbers.from_bus.value(), 1U);
  EXPECT_EQ(numbers.bad_in_table.value(), 0U);
  EXPECT_GT(Reader().swept_at_ms(), 0) << "the database has answered";
}

TEST_F(BusReaderTest, ReportsOfWorkersAreAddedUpAndNoEvents) {
  Start();
  WorkerStats stats;
  stats.pool = "api";
  stats.requests[{"GET", "/users", 2}].Observe(1000);
  PushToBus(EncodeWorkerStats(stats));
  PushToBus(EncodeWorkerStats(stats));
  PushToBus("parlor-stats 1 api\nnonsense\n");
  ASSERT_TRUE(Eventually([&] { return Reader().workers().Read().malformed == 1; }));
  const WorkerTotals::Totals totals = Reader().workers().Read();
  EXPECT_EQ(totals.requests.at({"api", {"GET", "/users", 2}}).count, 2U);
  EXPECT_EQ(totals.reports, 2U);
  EXPECT_TRUE(Nothing<EventArrived>());
}

TEST_F(BusReaderTest, RowHasItsTimeAndItsRequest) {
  Change([&](db::Transaction& tx) -> Status {
    return events::Add(tx, UserSuspended{UserId(7)}, TimestampMs(1234)).status();
  });
  Start();
  EXPECT_EQ(Next<EventArrived>().origin.at, TimestampMs(1234));
  db_.database().SetRequestId("7f00");
  AddRow(8);
  db_.database().SetRequestId("");
  EXPECT_EQ(Next<EventArrived>().origin.request_id, "7f00");
}

TEST_F(BusReaderTest, WhatTheLastDaemonLeftIsThereAfterTheFirstSweep) {
  for (uint64_t user = 1; user <= 5; ++user) AddRow(user);
  Start();
  ASSERT_TRUE(Reader().WaitFirstSweep(Soon()));
  EXPECT_EQ(results_.size(), 5U);
  for (uint64_t user = 1; user <= 5; ++user) EXPECT_EQ(UserOf(Next<EventArrived>()), user);
}

TEST_F(BusReaderTest, MoreRowsThanOneSweepTakesAllArriveInOrder) {
  std::string rows;
  for (int user = 1; user <= 1300; ++user) {
    rows += std::string(user == 1 ? "" : ",") + "(1, '" +
            EncodeEvent(UserSuspended{UserId(static_cast<uint64_t>(user))}, EventId()) + "')";
  }
  db_.Run("INSERT INTO events (created_at_ms, payload) VALUES " + rows);
  Start();
  for (uint64_t user = 1; user <= 1300; ++user) {
    const EventArrived arrived = Next<EventArrived>();
    ASSERT_EQ(UserOf(arrived), user);
    ASSERT_TRUE(Reader().Push(EventDone{arrived.id}));
  }
  EXPECT_TRUE(Eventually([&] { return Count("events") == 0; }));
}

TEST_F(BusReaderTest, OneSweepTakesWhatIsMoreThanAPage) {
  config_.bus.sweep_ms = 60'000;
  std::string rows;
  for (int user = 1; user <= 1300; ++user) {
    rows += std::string(user == 1 ? "" : ",") + "(1, '" +
            EncodeEvent(UserSuspended{UserId(static_cast<uint64_t>(user))}, EventId()) + "')";
  }
  db_.Run("INSERT INTO events (created_at_ms, payload) VALUES " + rows);
  Start();
  ASSERT_TRUE(Reader().WaitFirstSweep(Soon()));
  EXPECT_EQ(results_.size(), 1300U);
}

TEST_F(BusReaderTest, WhatWasPushedTogetherIsInTheOrderOfTheCommits) {
  std::vector<std::string> pushed;
  for (const uint64_t id : {30, 10, 20}) {
    pushed.push_back(EncodeEvent(UserSuspended{UserId(id + 1)}, EventId(id)));
    pushed.emplace_back("nonsense");
  }
  std::vector<uint64_t> users;
  for (const DecodedEvent& event : BusReader::DecodeInOrder(pushed)) {
    users.push_back(std::get<UserSuspended>(event.event).user.value);
  }
  EXPECT_THAT(users, ::testing::ElementsAre(11, 21, 31));
}

TEST_F(BusReaderTest, DatabaseThatIsAwayHoldsPushesUpNoLongerThanASweep) {
  config_.database.socket = "/nonexistent/socket";
  config_.database.retry_limit_ms = 3'600'000;
  Start();
  PushToBus(EventId(0), 7);
  EXPECT_EQ(UserOf(Next<EventArrived>()), 7U);
}

TEST_F(BusReaderTest, FullMailboxHoldsAndLosesNothing) {
  Queue<LoopItem> small(3);
  for (uint64_t user = 1; user <= 20; ++user) AddRow(user);
  ASSERT_TRUE(Reader(small).Start().ok());
  // Whoever empties the mailbox may be waiting for this.
  ASSERT_TRUE(Reader().WaitFirstSweep(Soon()));
  ASSERT_TRUE(Eventually([&] { return small.refused() > 0; }));
  EXPECT_EQ(small.size(), 3U);
  std::vector<uint64_t> users;
  ASSERT_TRUE(Eventually([&] {
    for (LoopItem& item : small.TakeAll()) users.push_back(UserOf(std::get<EventArrived>(item)));
    return users.size() >= 20;
  }));
  EXPECT_EQ(users.size(), 20U);
  EXPECT_TRUE(std::is_sorted(users.begin(), users.end()));
}

TEST_F(BusReaderTest, StartsWithoutADatabase) {
  config_.database.socket = "/nonexistent/socket";
  config_.database.retry_limit_ms = 50;
  Start();
  EXPECT_FALSE(Reader().WaitFirstSweep(Soon(300)));
  PushToBus(EventId(0), 7);
  EXPECT_EQ(UserOf(Next<EventArrived>()), 7U);
}

TEST_F(BusReaderTest, EndpointThatCannotBeBoundIsSaidAtTheStart) {
  config_.bus.endpoint = "ipc:///nonexistent/folder/bus.sock";
  EXPECT_FALSE(Reader().Start().ok());
}

TEST_F(BusReaderTest, StopDeletesTheRowsOfWhatIsDone) {
  config_.bus.sweep_ms = 60'000;
  const EventId id = AddRow(7);
  Start();
  EXPECT_EQ(Next<EventArrived>().id, id);
  ASSERT_TRUE(Reader().Push(EventDone{id}));
  Reader().Stop(Soon());
  EXPECT_EQ(Count("events"), 0U);
}

}  // namespace
}  // namespace parlor::wsd
