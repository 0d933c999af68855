#include "wsd/worker_totals.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace parlor::wsd {
namespace {

WorkerStats Report(const std::string& pool, const std::string& route, int count = 1) {
  WorkerStats stats;
  stats.pool = pool;
  for (int i = 0; i < count; ++i) stats.requests[{"GET", route, 2}].Observe(1000);
  stats.database_errors[0] = 1;
  return stats;
}

TEST(WorkerTotalsTest, ReportsOfAllWorkersAddUp) {
  WorkerTotals totals;
  totals.Add(Report("api", "/users", 2));
  totals.Add(Report("api", "/users", 3));
  totals.Add(Report("auth", "/login"));
  totals.AddMalformed();
  const WorkerTotals::Totals read = totals.Read();
  EXPECT_EQ(read.requests.at({"api", {"GET", "/users", 2}}).count, 5U);
  EXPECT_EQ(read.requests.at({"auth", {"GET", "/login", 2}}).count, 1U);
  EXPECT_EQ(read.database_errors[0], 3U);
  EXPECT_EQ(read.reports, 3U);
  EXPECT_EQ(read.malformed, 1U);
}

TEST(WorkerTotalsTest, NobodyMakesMoreSeriesThanThereMayBe) {
  WorkerTotals totals;
  std::string route = "/";
  size_t sent = 0;
  for (; sent < WorkerTotals::kMaxSeries + 50; ++sent) {
    route.back() = static_cast<char>('a' + sent % 26);
    if (sent % 26 == 25) route += 'a';
    totals.Add(Report("api", "/" + route));
  }
  const WorkerTotals::Totals read = totals.Read();
  EXPECT_LE(read.requests.size(), WorkerTotals::kMaxSeries + 1);
  uint64_t counted = 0;
  for (const auto& [key, numbers] : read.requests) counted += numbers.count;
  EXPECT_EQ(counted, sent);
  EXPECT_GT(read.requests.at({"api", {"OTHER", "other", 2}}).count, 0U);
}

TEST(WorkerTotalsTest, NobodyMakesMorePoolsThanThereMayBe) {
  WorkerTotals totals;
  for (size_t i = 0; i < WorkerTotals::kMaxPools + 5; ++i) {
    totals.Add(Report("pool" + std::to_string(i), "/users"));
  }
  std::set<std::string> pools;
  for (const auto& [key, numbers] : totals.Read().requests) pools.insert(key.pool);
  EXPECT_EQ(pools.size(), WorkerTotals::kMaxPools + 1);
  EXPECT_TRUE(pools.contains("other"));
}

}  // namespace
}  // namespace parlor::wsd
