// The fixture of the stores' tests: a database, and a way to call a store's function in a
// transaction of its own.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "common/config.h"
#include "tests/support/database.h"

namespace parlor::testing {

class StoreTest : public ::testing::Test {
 protected:
  static constexpr TimestampMs kNow{1'800'000'000'000};
  static TimestampMs After(int64_t ms) { return TimestampMs(kNow.value + ms); }

  // `call` gets the Transaction; its Status or Result comes back. Committed when it succeeds.
  template <typename Call>
  auto In(db::Database& database, Call call) {
    std::optional<decltype(call(std::declval<db::Transaction&>()))> outcome;
    const Status status = database.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) {
      outcome.emplace(call(tx));
      return StatusOf(*outcome);
    });
    if (!status.ok()) outcome.emplace(status);
    return *std::move(outcome);
  }
  template <typename Call>
  auto In(Call call) {
    return In(db_.database(), std::move(call));
  }

  // The code of a failure, for comparing: nullopt means success.
  template <typename Outcome>
  static std::optional<ErrorCode> Code(const Outcome& outcome) {
    const Status status = StatusOf(outcome);
    if (status.ok()) return std::nullopt;
    return status.code();
  }

  uint64_t Count(const std::string& table_and_where) {
    return db_.Number("SELECT COUNT(*) FROM " + table_and_where);
  }

  TestDatabase db_;

 private:
  static Status StatusOf(const Status& status) { return status; }
  template <typename T>
  static Status StatusOf(const Result<T>& result) {
    return result.status();
  }
};

}  // namespace parlor::testing
