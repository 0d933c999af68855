#include "common/mail_outbox.h"

#include <mutex>
#include <set>
#include <thread>

#include "tests/support/store_test.h"

namespace parlor::mail_outbox {
namespace {

constexpr int64_t kLeaseMs = 60'000;

class MailOutboxTest : public testing::StoreTest {
 protected:
  void Owe(const std::string& recipient, TimestampMs now = kNow) {
    ASSERT_TRUE(In([&](db::Transaction& tx) {
                  return Add(tx, Kind::kPasswordChanged, recipient, "Ada Lovelace",
                             RegistrationId(), now);
                }).ok());
  }
  std::vector<Mail> Take(TimestampMs now, uint32_t limit = 10) {
    return *In([&](db::Transaction& tx) { return Claim(tx, now, kLeaseMs, limit); });
  }
};

TEST_F(MailOutboxTest, ClaimedOnceUntilTheLeaseIsOver) {
  Owe("ada@example.org");
  const auto first = Take(kNow);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].kind, Kind::kPasswordChanged);
  EXPECT_EQ(first[0].recipient, "ada@example.org");
  EXPECT_EQ(first[0].recipient_name, "Ada Lovelace");
  EXPECT_FALSE(first[0].registration);
  EXPECT_EQ(first[0].attempts, 0u);
  EXPECT_EQ(first[0].created_at, kNow);
  EXPECT_TRUE(Take(After(kLeaseMs - 1)).empty());
  const auto again = Take(After(kLeaseMs));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].id, first[0].id);
  EXPECT_EQ(again[0].attempts, 1u);
}

TEST_F(MailOutboxTest, SentIsGone) {
  Owe("ada@example.org");
  const MailId id = Take(kNow).at(0).id;
  ASSERT_TRUE(In([&](db::Transaction& tx) { return Sent(tx, id); }).ok());
  EXPECT_EQ(Count("mail_outbox"), 0u);
}

TEST_F(MailOutboxTest, FailedComesBackAtItsTimeOrNever) {
  Owe("ada@example.org");
  const MailId id = Take(kNow).at(0).id;
  const auto fail = [&](std::string_view error, std::optional<TimestampMs> next) {
    ASSERT_TRUE(
        In([&](db::Transaction& tx) { return Failed(tx, id, error, next, After(1)); }).ok());
  };
  fail("450 later", After(5000));
  EXPECT_TRUE(Take(After(4999)).empty());
  EXPECT_EQ(Take(After(5000)).size(), 1u);
  fail("550 no such user", std::nullopt);
  EXPECT_TRUE(Take(After(10'000'000)).empty());
  EXPECT_EQ(Count("mail_outbox WHERE last_error = '550 no such user' AND failed_at_ms > 0"), 1u);
}

TEST_F(MailOutboxTest, AnyErrorTextFits) {
  Owe("ada@example.org");
  const MailId id = Take(kNow).at(0).id;
  for (const std::string& error : {std::string(498, 'x') + "\xf0\x9f\x98\x80",
                                   std::string("\xff\xfe"), std::string(100'000, 'x')}) {
    EXPECT_TRUE(
        In([&](db::Transaction& tx) { return Failed(tx, id, error, After(1), kNow); }).ok());
  }
}

TEST_F(MailOutboxTest, OldestFirstAndNoMoreThanAsked) {
  Owe("late@example.org", After(10));
  Owe("early@example.org", kNow);
  EXPECT_TRUE(Take(After(-1)).empty());
  EXPECT_EQ(Take(After(10), 1).at(0).recipient, "early@example.org");
  EXPECT_EQ(Take(After(10), 5).at(0).recipient, "late@example.org");
}

TEST_F(MailOutboxTest, DaemonsSideBySideNeverTakeTheSame) {
  for (int i = 0; i < 40; ++i) Owe(std::to_string(i) + "@example.org");
  std::mutex mutex;
  std::multiset<uint64_t> taken;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const SystemClock clock;
      db::Database database(db_.config(), clock);
      for (int idle = 0; idle < 3;) {
        const auto mails =
            *In(database, [&](db::Transaction& tx) { return Claim(tx, kNow, kLeaseMs, 3); });
        idle = mails.empty() ? idle + 1 : 0;
        const std::lock_guard lock(mutex);
        for (const Mail& mail : mails) taken.insert(mail.id.value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<uint64_t>(taken.begin(), taken.end()).size(), taken.size());
  EXPECT_EQ(taken.size(), 40u);
}

TEST_F(MailOutboxTest, UnknownKindIsLeftToANewerVersion) {
  Owe("ada@example.org");
  db_.Run("UPDATE mail_outbox SET kind = 'love_letter'");
  EXPECT_TRUE(Take(kNow).empty());
  EXPECT_EQ(Count("mail_outbox"), 1u);
}

}  // namespace
}  // namespace parlor::mail_outbox
