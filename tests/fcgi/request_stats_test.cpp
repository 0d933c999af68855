#include "fcgi/request_stats.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/fake_clock.h"

namespace parlor::fcgi {
namespace {

class RequestStatsTest : public ::testing::Test {
 protected:
  static constexpr int64_t kDeadlineMs = 20'000;

  RequestStatsTest() {
    config_.endpoint = "ipc://" + (std::filesystem::temp_directory_path() /
                                   ("parlor-stats-" + std::to_string(getpid()) + ".sock"))
                                      .string();
    config_.linger_ms = 0;
  }
  void Bind() {
    auto bound = EventSubscriber::Bind(config_);
    ASSERT_TRUE(bound.ok());
    daemon_ = std::move(bound).value();
    ASSERT_TRUE(publisher_->Reachable(static_cast<int>(kDeadlineMs)));
  }
  void SetUp() override {
    publisher_ = std::make_unique<EventPublisher>(config_);
    stats_ = std::make_unique<RequestStats>(clock_, *publisher_, "api");
  }
  WorkerStats NextReport() {
    const auto bytes = daemon_->Receive(kDeadlineMs);
    EXPECT_TRUE(bytes.has_value());
    const Result<WorkerStats> stats = DecodeWorkerStats(bytes.value_or(""));
    EXPECT_TRUE(stats.ok());
    return stats.ok() ? *stats : WorkerStats{};
  }

  BusConfig config_;
  FakeClock clock_;
  std::unique_ptr<EventSubscriber> daemon_;
  std::unique_ptr<EventPublisher> publisher_;
  std::unique_ptr<RequestStats> stats_;
};

TEST_F(RequestStatsTest, TheFirstIsToldAtOnceAndTheOthersOnceASecond) {
  Bind();
  EXPECT_EQ(stats_->PushIfDue(), std::nullopt) << "nothing to tell";
  stats_->Observe("GET", "/users", 200, 1500);
  EXPECT_EQ(stats_->PushIfDue(), std::nullopt);
  EXPECT_EQ(NextReport().requests.at({"GET", "/users", 2}).count, 1U);

  clock_.Advance(300);
  stats_->Observe("GET", "/users", 200, 1500);
  stats_->Observe("GET", "", 404, 10);
  EXPECT_EQ(stats_->PushIfDue(), 700);
  EXPECT_EQ(daemon_->Receive(0), std::nullopt);
  clock_.Advance(700);
  EXPECT_EQ(stats_->PushIfDue(), std::nullopt);
  const WorkerStats report = NextReport();
  EXPECT_EQ(report.pool, "api");
  EXPECT_EQ(report.requests.at({"GET", "/users", 2}).count, 1U) << "differences, not sums";
  EXPECT_EQ(report.requests.at({"GET", "-", 4}).count, 1U);
}

TEST_F(RequestStatsTest, ErrorsOfTheDatabaseAloneAreNews) {
  Bind();
  stats_->AddDatabaseErrors({1, 0, 2, 0});
  stats_->Push();
  EXPECT_EQ(NextReport().database_errors, (DatabaseErrors{1, 0, 2, 0}));
}

TEST_F(RequestStatsTest, WhatNobodyTookIsToldLater) {
  stats_->Observe("GET", "/users", 200, 1500);
  EXPECT_EQ(stats_->PushIfDue(), RequestStats::kPushMs);
  clock_.Advance(RequestStats::kPushMs);
  Bind();
  EXPECT_EQ(stats_->PushIfDue(), std::nullopt);
  EXPECT_EQ(NextReport().requests.at({"GET", "/users", 2}).count, 1U);
}

}  // namespace
}  // namespace parlor::fcgi
