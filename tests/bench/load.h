// What all load generators need: people who are signed in, time, CPU of other processes,
// percentiles. One thread (the generator's).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"

namespace parlor::bench {

using Nanos = int64_t;

Nanos NowNs();  // monotonic

// How the database is reached, and which processes are watched. The command line's.
struct Target {
  uint16_t port = 8080;
  std::string db_socket, database = "parlor", db_user = "root";
  std::vector<std::string> watch;  // name=pid
};

struct Account {
  UserId id;
  std::string token;
};
// New users with a session each, made in the database.
std::vector<Account> MakeAccounts(const Target& target, size_t count);

// CPU seconds of each watched process with its children so far.
std::vector<double> WatchedCpu(const Target& target);
std::string WatchedName(const std::string& watch);

// In milliseconds; `part` from 0 to 1. Reorders the values.
double PercentileMs(std::vector<Nanos>& values, double part);

// The number right behind `key` in the text; 0 if there is none.
uint64_t NumberAfter(std::string_view text, std::string_view key);

}  // namespace parlor::bench
