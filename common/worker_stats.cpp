#include "common/worker_stats.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "common/config_checks.h"

namespace parlor {
namespace {

constexpr std::string_view kName = "parlor-stats ";
constexpr std::string_view kHead = "parlor-stats 1 ";
constexpr std::string_view kNone = "-";
constexpr size_t kMaxMethodBytes = 8;
constexpr size_t kMaxRouteBytes = 64;

Status Malformed() { return {ErrorCode::kMalformedJson, "This is no report of a worker."}; }

std::string_view TakeWord(std::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<uint64_t> TakeNumber(std::string_view& line) {
  const std::string_view word = TakeWord(line);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

bool IsMethod(std::string_view text) {
  return !text.empty() && text.size() <= kMaxMethodBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool IsRoute(std::string_view text) {
  if (text == kNone) return true;
  return text.starts_with('/') && text.size() <= kMaxRouteBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || c == '/' || c == '_' || c == '{' || c == '}';
         });
}

bool ReadRequest(std::string_view line, WorkerStats& stats) {
  const std::string_view method = TakeWord(line);
  const std::string_view route = TakeWord(line);
  const auto status_class = TakeNumber(line);
  if (!IsMethod(method) || !IsRoute(route) || !status_class || *status_class < 1 ||
      *status_class > 5) {
    return false;
  }
  RequestNumbers numbers;
  std::vector<uint64_t*> places = {&numbers.count, &numbers.microseconds};
  for (uint64_t& bucket : numbers.buckets) places.push_back(&bucket);
  for (uint64_t* place : places) {
    const auto number = TakeNumber(line);
    if (!number) return false;
    *place = *number;
  }
  stats.requests[{std::string(method), std::string(route), static_cast<int>(*status_class)}].Add(
      numbers);
  return line.empty() && stats.requests.size() <= kMaxStatsRows;
}

bool ReadDatabase(std::string_view line, WorkerStats& stats) {
  const std::string_view kind = TakeWord(line);
  const auto* found = std::find(kDatabaseErrorKinds.begin(), kDatabaseErrorKinds.end(), kind);
  const auto number = TakeNumber(line);
  if (found == kDatabaseErrorKinds.end() || !number || !line.empty()) return false;
  stats.database_errors[static_cast<size_t>(found - kDatabaseErrorKinds.begin())] += *number;
  return true;
}

bool ReadLine(std::string_view line, WorkerStats& stats) {
  const std::string_view what = TakeWord(line);
  if (what == "request") return ReadRequest(line, stats);
  return what == "database" && ReadDatabase(line, stats);
}

}  // namespace

void RequestNumbers::Observe(int64_t duration_us) {
  ++count;
  microseconds += static_cast<uint64_t>(std::max<int64_t>(duration_us, 0));
  const auto* bound =
      std::lower_bound(kRequestBoundsUs.begin(), kRequestBoundsUs.end(), duration_us);
  ++buckets[static_cast<size_t>(bound - kRequestBoundsUs.begin())];
}

void RequestNumbers::Add(const RequestNumbers& other) {
  count += other.count;
  microseconds += other.microseconds;
  for (size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
}

bool IsWorkerStats(std::string_view bytes) { return bytes.starts_with(kName); }

std::string EncodeWorkerStats(const WorkerStats& stats) {
  std::string out(kHead);
  out.append(stats.pool.empty() ? kNone : std::string_view(stats.pool)).append("\n");
  for (const auto& [key, numbers] : stats.requests) {
    out.append("request ").append(key.method).append(" ").append(key.route).append(" ");
    out.append(std::to_string(key.status_class)).append(" ").append(std::to_string(numbers.count));
    out.append(" ").append(std::to_string(numbers.microseconds));
    for (const uint64_t bucket : numbers.buckets) out.append(" ").append(std::to_string(bucket));
    out += '\n';
  }
  for (size_t i = 0; i < stats.database_errors.size(); ++i) {
    if (stats.database_errors[i] == 0) continue;
    out.append("database ").append(kDatabaseErrorKinds[i]).append(" ");
    out.append(std::to_string(stats.database_errors[i])).append("\n");
  }
  return out;
}

Result<WorkerStats> DecodeWorkerStats(std::string_view bytes) {
  if (!bytes.starts_with(kHead)) return Malformed();
  bytes.remove_prefix(kHead.size());
  WorkerStats stats;
  bool first = true;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return Malformed();
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (first) {
      const std::string_view pool = line == kNone ? std::string_view() : line;
      if (!config_checks::IsPoolName(pool) || line.empty()) return Malformed();
      stats.pool = pool;
    } else if (!ReadLine(line, stats)) {
      return Malformed();
    }
    first = false;
  }
  return first ? Result<WorkerStats>(Malformed()) : Result<WorkerStats>(std::move(stats));
}

}  // namespace parlor
