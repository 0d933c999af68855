#include "wsd/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MeterTest, ValueOfABoundIsInItsBucketAndWhatIsAboveAllInTheLast) {
  BatchHistogram histogram;
  for (const int64_t value : {1, 2, 3, 256, 257}) histogram.Observe(value);
  const Distribution read = histogram.Read();
  ASSERT_EQ(read.counts.size(), read.bounds.size() + 1);
  EXPECT_EQ(read.counts[0], 1U);
  EXPECT_EQ(read.counts[1], 1U);
  EXPECT_EQ(read.counts[2], 1U);
  EXPECT_EQ(read.counts[8], 1U);
  EXPECT_EQ(read.counts[9], 1U);
  EXPECT_EQ(read.total(), 5U);
  EXPECT_DOUBLE_EQ(read.sum, 519);
}

TEST(MeterTest, TimesAreReadInSeconds) {
  MillisecondHistogram histogram;
  histogram.Observe(250);
  const Distribution read = histogram.Read();
  EXPECT_DOUBLE_EQ(read.sum, 0.25);
  EXPECT_DOUBLE_EQ(read.bounds.front(), 0.001);
}

TEST(MeterTest, SumAddsPartsOfOneKind) {
  BatchHistogram one;
  BatchHistogram other;
  one.Observe(4);
  other.Observe(4);
  other.Observe(300);
  const std::array parts = {one.Read(), other.Read()};
  const Distribution sum = Sum(parts);
  EXPECT_EQ(sum.counts[2], 2U);
  EXPECT_EQ(sum.total(), 3U);
  EXPECT_DOUBLE_EQ(sum.sum, 308);
}

TEST(LoopBoardTest, ReaderHasTheNewestReportAndKeepsHis) {
  LoopBoard board;
  EXPECT_EQ(board.Read(), nullptr);
  LoopReport report;
  report.connections = 1;
  board.Publish(report);
  const auto first = board.Read();
  report.connections = 2;
  board.Publish(report);
  EXPECT_EQ(first->connections, 1U);
  EXPECT_EQ(board.Read()->connections, 2U);
}

TEST(MetricsPageTest, CloseCodesAreThereBeforeAnybodyWasClosed) {
  MetricsNumbers numbers;
  numbers.loop.counters.closed[4408] = 3;
  const std::string text = MetricsText(numbers);
  EXPECT_THAT(text, HasSubstr("parlor_closes_total{code=\"4401\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("parlor_closes_total{code=\"4408\"} 3\n"));
}

TEST(MetricsPageTest, WhatIsTakenAndWhatTheBotLeftIsCounted) {
  MetricsNumbers numbers;
  numbers.loop.counters.messages_taken = 7;
  numbers.loop.counters.bot_failures = 2;
  const std::string text = MetricsText(numbers);
  EXPECT_THAT(text, HasSubstr("\nparlor_messages_taken_total 7\n"));
  EXPECT_THAT(text, HasSubstr("\nparlor_bot_failures_total 2\n"));
}

TEST(MetricsPageTest, BucketsAreCumulativeAndTheLastOneHasAll) {
  BatchHistogram histogram;
  for (const int64_t value : {1, 2, 1000}) histogram.Observe(value);
  MetricsNumbers numbers;
  numbers.batch_sizes = histogram.Read();
  const std::string text = MetricsText(numbers);
  EXPECT_THAT(text, HasSubstr("parlor_writer_batch_messages_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("parlor_writer_batch_messages_bucket{le=\"256\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("parlor_writer_batch_messages_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("parlor_writer_batch_messages_count 3\n"));
}

TEST(MetricsPageTest, RequestsOfAllPoolsShareTheDurationsOfTheirRoute) {
  MetricsNumbers numbers;
  RequestNumbers one;
  one.Observe(2'000);
  numbers.workers.requests[{"api", {"GET", "/users", 2}}] = one;
  numbers.workers.requests[{"auth", {"GET", "/users", 4}}] = one;
  const std::string text = MetricsText(numbers);
  EXPECT_THAT(text, HasSubstr("parlor_http_requests_total{pool=\"api\",method=\"GET\","
                              "route=\"/users\",status=\"2xx\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("parlor_http_requests_total{pool=\"auth\",method=\"GET\","
                              "route=\"/users\",status=\"4xx\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("parlor_http_request_seconds_count{method=\"GET\",route=\"/users\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("route=\"/users\",le=\"0.001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("route=\"/users\",le=\"0.0025\"} 2\n"));
}

TEST(ProcessNumbersTest, TheProcessHasSomeOfEverything) {
  const ProcessNumbers numbers = ReadProcessNumbers();
  EXPECT_GT(numbers.resident_bytes, uint64_t{1} << 20);
  EXPECT_GE(numbers.virtual_bytes, numbers.resident_bytes);
  EXPECT_GE(numbers.threads, 1U);
  EXPECT_GE(numbers.open_descriptors, 3U);
  EXPECT_LT(numbers.open_descriptors, numbers.max_descriptors);
  EXPECT_GT(numbers.start_time_seconds, 1.6e9);
}

}  // namespace
}  // namespace parlor::wsd
