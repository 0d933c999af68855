#include "common/worker_stats.h"

#include <gtest/gtest.h>

#include <string>

namespace parlor {
namespace {

WorkerStats Example() {
  WorkerStats stats;
  stats.pool = "api";
  stats.requests[{"GET", "/chat_rooms/{id}", 2}].Observe(1'500);
  stats.requests[{"GET", "/chat_rooms/{id}", 2}].Observe(99'000'000);
  stats.requests[{"OTHER", "-", 4}].Observe(0);
  stats.database_errors = {0, 2, 0, 5};
  return stats;
}

TEST(WorkerStatsTest, TheDaemonReadsWhatTheWorkerWrote) {
  const WorkerStats stats = Example();
  const std::string bytes = EncodeWorkerStats(stats);
  ASSERT_TRUE(IsWorkerStats(bytes));
  const Result<WorkerStats> read = DecodeWorkerStats(bytes);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->pool, "api");
  EXPECT_EQ(read->database_errors, stats.database_errors);
  ASSERT_EQ(read->requests.size(), 2U);
  const RequestNumbers& numbers = read->requests.at({"GET", "/chat_rooms/{id}", 2});
  EXPECT_EQ(numbers.count, 2U);
  EXPECT_EQ(numbers.microseconds, 99'001'500U);
  EXPECT_EQ(numbers.buckets[1], 1U);
  EXPECT_EQ(numbers.buckets.back(), 1U);
}

TEST(WorkerStatsTest, NoPoolIsNoPool) {
  const Result<WorkerStats> read = DecodeWorkerStats(EncodeWorkerStats({}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->pool, "");
}

TEST(WorkerStatsTest, AnEventIsNoReport) {
  EXPECT_FALSE(IsWorkerStats(R"({"v":1,"type":"user_suspended","user_id":1})"));
  EXPECT_FALSE(IsWorkerStats("garbage")) << "counted with the events, as malformed";
}

TEST(WorkerStatsTest, WhatNoWorkerWritesIsRefused) {
  const std::string good = EncodeWorkerStats(Example());
  const std::string row = "request GET /users 2 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0\n";
  ASSERT_TRUE(DecodeWorkerStats("parlor-stats 1 api\n" + row).ok());
  const std::string bad[] = {
      "",
      "nonsense",
      "parlor-stats 2 api\n",
      "parlor-stats 1 \n",
      "parlor-stats 1 A pool\n",
      good.substr(0, good.size() - 1),
      "parlor-stats 1 api\nmystery 1\n",
      "parlor-stats 1 api\ndatabase gone 1\n",
      "parlor-stats 1 api\ndatabase lost -1\n",
      "parlor-stats 1 api\nrequest GET /users 2 1 1 1\n",
      "parlor-stats 1 api\n" + row.substr(0, row.size() - 1) + " 7\n",
      "parlor-stats 1 api\nrequest GET /users?token=x 2 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0\n",
      "parlor-stats 1 api\nrequest GET /users 6 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0\n",
      "parlor-stats 1 api\nrequest get /users 2 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0\n"};
  for (const std::string& bytes : bad) EXPECT_FALSE(DecodeWorkerStats(bytes).ok()) << bytes;
}

}  // namespace
}  // namespace parlor
