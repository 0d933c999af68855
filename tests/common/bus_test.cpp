#include "common/bus.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace parlor {
namespace {

constexpr int kDeadlineMs = 20'000;
constexpr int64_t kForeverMs = 20'000'000;

class BusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "parlor-bus-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    config_.endpoint = "ipc://" + name + "/bus";
    config_.linger_ms = 2000;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<EventSubscriber> Bind() {
    auto subscriber = EventSubscriber::Bind(config_);
    EXPECT_TRUE(subscriber.ok());
    return subscriber.ok() ? std::move(subscriber).value() : nullptr;
  }

  std::string folder_;
  BusConfig config_;
};

TEST_F(BusTest, WhatIsPublishedArrivesInOrder) {
  const auto subscriber = Bind();
  EventPublisher publisher(config_);
  ASSERT_TRUE(publisher.Reachable(kDeadlineMs));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(publisher.Publish("event " + std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(subscriber->Receive(kDeadlineMs), "event " + std::to_string(i));
  }
  EXPECT_EQ(subscriber->Receive(0), std::nullopt);
}

TEST_F(BusTest, SeveralWorkersReachOneDaemon) {
  const auto subscriber = Bind();
  EventPublisher one(config_);
  EventPublisher two(config_);
  ASSERT_TRUE(one.Reachable(kDeadlineMs));
  ASSERT_TRUE(two.Reachable(kDeadlineMs));
  EXPECT_TRUE(one.Publish("x"));
  EXPECT_TRUE(two.Publish("x"));
  EXPECT_EQ(subscriber->Receive(kDeadlineMs), "x");
  EXPECT_EQ(subscriber->Receive(kDeadlineMs), "x");
}

TEST_F(BusTest, AnyBytesPass) {
  const auto subscriber = Bind();
  EventPublisher publisher(config_);
  ASSERT_TRUE(publisher.Reachable(kDeadlineMs));
  const std::string event("a\0b\xFF", 4);
  EXPECT_TRUE(publisher.Publish(event));
  EXPECT_TRUE(publisher.Publish(std::string(200'000, 'x')));
  EXPECT_EQ(subscriber->Receive(kDeadlineMs), event);
  EXPECT_EQ(subscriber->Receive(kDeadlineMs), std::string(200'000, 'x'));
}

TEST_F(BusTest, WithoutADaemonPublishingIsRefusedAtOnce) {
  EventPublisher publisher(config_);
  EXPECT_FALSE(publisher.Publish("x"));
  EXPECT_FALSE(publisher.Reachable(0));
}

TEST_F(BusTest, WhatWasRefusedIsNotDeliveredLater) {
  EventPublisher publisher(config_);
  EXPECT_FALSE(publisher.Publish("stale"));
  const auto subscriber = Bind();
  ASSERT_TRUE(publisher.Reachable(kDeadlineMs));
  EXPECT_TRUE(publisher.Publish("fresh"));
  EXPECT_EQ(subscriber->Receive(kDeadlineMs), "fresh");
}

TEST_F(BusTest, ADaemonThatComesBackIsFoundAgain) {
  auto subscriber = Bind();
  EventPublisher publisher(config_);
  ASSERT_TRUE(publisher.Reachable(kDeadlineMs));
  subscriber.reset();
  subscriber = Bind();
  // The old connection may be noticed as gone only after an event was given to it: so, again.
  std::optional<std::string> received;
  for (int i = 0; i < 200 && !received; ++i) {
    if (publisher.Reachable(100)) publisher.Publish("x");
    received = subscriber->Receive(100);
  }
  EXPECT_EQ(received, "x");
}

TEST_F(BusTest, AFullQueueRefusesAndNeverWaits) {
  config_.high_water_mark = 10;
  const auto subscriber = Bind();
  EventPublisher publisher(config_);
  ASSERT_TRUE(publisher.Reachable(kDeadlineMs));
  // Nobody reads. What two queues of ten and the kernel's buffers hold is far below this.
  const std::string event(10'000, 'x');
  int refused = 0;
  for (int i = 0; i < 100'000 && refused == 0; ++i) refused += publisher.Publish(event) ? 0 : 1;
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(subscriber->Receive(kDeadlineMs), event);
}

TEST_F(BusTest, AnEndingWorkerStillDelivers) {
  const auto subscriber = Bind();
  {
    EventPublisher publisher(config_);
    ASSERT_TRUE(publisher.Reachable(kDeadlineMs));
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(publisher.Publish("x"));
  }
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(subscriber->Receive(kDeadlineMs), "x") << i;
}

TEST_F(BusTest, OwnerAndGroupMayConnectAndNobodyElse) {
  const auto subscriber = Bind();
  struct stat file {};
  ASSERT_EQ(stat((folder_ + "/bus").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0660U);
}

TEST_F(BusTest, InterruptEndsWaitingFromAnotherThread) {
  const auto subscriber = Bind();
  std::thread other([&] { subscriber->Interrupt(); });
  EXPECT_EQ(subscriber->Receive(kForeverMs), std::nullopt);
  other.join();
}

TEST_F(BusTest, AfterAnInterruptNothingIsWaitedForAnyMore) {
  const auto subscriber = Bind();
  subscriber->Interrupt();
  subscriber->Interrupt();
  EXPECT_EQ(subscriber->Receive(kForeverMs), std::nullopt);
  EXPECT_EQ(subscriber->Receive(kForeverMs), std::nullopt);
}

TEST_F(BusTest, WhatIsThereIsReceivedWithoutWaitingAlsoAfterAnInterrupt) {
  const auto subscriber = Bind();
  EventPublisher publisher(config_);
  ASSERT_TRUE(publisher.Reachable(kDeadlineMs));
  subscriber->Interrupt();
  ASSERT_TRUE(publisher.Publish("x"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kDeadlineMs);
  std::optional<std::string> received;
  while (!received && std::chrono::steady_clock::now() < deadline) {
    received = subscriber->Receive(kForeverMs);
  }
  EXPECT_EQ(received, "x");
}

TEST_F(BusTest, AnEndpointThatCannotBeBoundIsNamed) {
  config_.endpoint = "ipc://" + folder_ + "/missing/bus";
  const auto subscriber = EventSubscriber::Bind(config_);
  ASSERT_FALSE(subscriber.ok());
  EXPECT_NE(subscriber.status().message().find(config_.endpoint), std::string::npos);
}

TEST_F(BusTest, AnEndpointThatIsNoneReachesNobody) {
  config_.endpoint = "nonsense";
  EventPublisher publisher(config_);
  EXPECT_FALSE(publisher.Reachable(0));
  EXPECT_FALSE(publisher.Publish("x"));
}

}  // namespace
}  // namespace parlor
