#include "common/registrations.h"

#include "common/mail_outbox.h"
#include "common/users.h"
#include "tests/support/store_test.h"

namespace parlor::registrations {
namespace {

constexpr int64_t kLifeMs = 86'400'000;

TokenHash Token(uint8_t seed) {
  TokenHash token{};
  token.fill(seed);
  return token;
}

class RegistrationsTest : public testing::StoreTest {
 protected:
  RegistrationId Ask(const std::string& email = "Ada@Example.org") {
    const Request request{email, "Ada", "Lovelace", "$hash"};
    return *In([&](db::Transaction& tx) { return Put(tx, request, kNow, After(kLifeMs)); });
  }
  bool Link(RegistrationId id, uint8_t token) {
    return *In([&](db::Transaction& tx) { return SetToken(tx, id, Token(token)); });
  }
  Result<Confirmation> Open(uint8_t token, int64_t after_ms = 1) {
    return In([&](db::Transaction& tx) { return Confirm(tx, Token(token), After(after_ms)); });
  }
};

TEST_F(RegistrationsTest, LinkMakesTheAccountOnce) {
  ASSERT_TRUE(Link(Ask(), 1));
  const Confirmation first = *Open(1);
  EXPECT_EQ(first.outcome, Outcome::kCreated);
  EXPECT_EQ(first.user.email, "Ada@Example.org");
  EXPECT_EQ(first.user.created_at, After(1));
  const Confirmation second = *Open(1, 2 * kLifeMs);
  EXPECT_EQ(second.outcome, Outcome::kAlreadyConfirmed);
  EXPECT_EQ(second.user.id, first.user.id);
  EXPECT_EQ(Count("users WHERE password_hash = '$hash'"), 1u);
}

TEST_F(RegistrationsTest, UnknownAndExpiredLinksAreTold) {
  ASSERT_TRUE(Link(Ask(), 1));
  EXPECT_EQ(Code(Open(2)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(Open(1, kLifeMs)), ErrorCode::kGone);
  EXPECT_TRUE(Open(1, kLifeMs - 1).ok());
}

TEST_F(RegistrationsTest, NewestRequestOfAnAddressWins) {
  const RegistrationId old = Ask("ada@example.org");
  ASSERT_TRUE(Link(old, 1));
  const RegistrationId newer = Ask("ADA@example.org");
  EXPECT_EQ(Code(Open(1)), ErrorCode::kNotFound);
  EXPECT_FALSE(Link(old, 3));
  ASSERT_TRUE(Link(newer, 2));
  EXPECT_TRUE(Open(2).ok());
  EXPECT_EQ(Count("pending_registrations"), 1u);
}

TEST_F(RegistrationsTest, NewestLinkOfARequestWins) {
  const RegistrationId id = Ask();
  ASSERT_TRUE(Link(id, 1));
  ASSERT_TRUE(Link(id, 2));
  EXPECT_EQ(Code(Open(1)), ErrorCode::kNotFound);
  EXPECT_TRUE(Open(2).ok());
  EXPECT_FALSE(Link(id, 3));  // confirmed: no more links
}

TEST_F(RegistrationsTest, MailOfAReplacedRequestGoesWithIt) {
  const RegistrationId old = Ask();
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return mail_outbox::Add(tx, mail_outbox::Kind::kRegistrationLink, "a@b.c", "Ada",
                                        old, kNow);
              }).ok());
  Ask();
  EXPECT_EQ(Count("mail_outbox"), 0u);
}

TEST_F(RegistrationsTest, OpenInvitationIsRenewedAndNeverReplaced) {
  constexpr int64_t kInvitationMs = 7 * kLifeMs;
  const RegistrationId id = Ask("Ada@Example.org");
  ASSERT_TRUE(Link(id, 1));
  const auto renew = [&](int64_t after_ms) {
    return *In([&](db::Transaction& tx) {
      return RenewInvitation(tx, "ADA@example.org", After(after_ms));
    });
  };
  const Request stranger{"ada@example.org", "Evil", "Stranger", "$evil"};
  EXPECT_FALSE(renew(1)) << "an ordinary registration";
  db_.Run("UPDATE pending_registrations SET password_hash = ''");
  const std::optional<Invitation> found = renew(1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->email + found->first_name + found->last_name, "Ada@Example.orgAdaLovelace");
  EXPECT_TRUE(found->mail_due);
  EXPECT_FALSE(renew(kLifeMs)->mail_due) << "not a day after the one just ordered";
  EXPECT_TRUE(renew(kLifeMs + 1)->mail_due);
  int attempts = 0;
  const auto made_in_between = [&](db::Transaction& tx) -> Status {
    if (attempts++ == 0) return Put(tx, stranger, After(1), After(kLifeMs)).status();
    return RenewInvitation(tx, stranger.email, After(1)).status();
  };
  EXPECT_TRUE(In(made_in_between).ok());
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(*In([&](db::Transaction& tx) { return Check(tx, Token(1), After(kInvitationMs)); }),
            Outcome::kInvited);
  EXPECT_FALSE(renew(1 + kLifeMs + kInvitationMs)) << "expired";
  const TimestampMs late = After(1 + kLifeMs + kInvitationMs);
  EXPECT_TRUE(In([&](db::Transaction& tx) { return Put(tx, stranger, late, late); }).ok());
  EXPECT_EQ(Count("pending_registrations WHERE password_hash = '$evil'"), 1u);
}

TEST_F(RegistrationsTest, AddressTakenMeanwhileIsAConflict) {
  ASSERT_TRUE(Link(Ask(), 1));
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return users::Create(tx, "ada@example.org", "A", "L", "$other", kNow);
              }).ok());
  EXPECT_EQ(Code(Open(1)), ErrorCode::kConflict);
  EXPECT_EQ(Count("users"), 1u);
}

TEST_F(RegistrationsTest, LookingChangesNothing) {
  ASSERT_TRUE(Link(Ask(), 1));
  const auto look = [&](int64_t after_ms) {
    return In([&](db::Transaction& tx) { return Check(tx, Token(1), After(after_ms)); });
  };
  EXPECT_EQ(*look(1), Outcome::kUsable);
  EXPECT_EQ(Count("users"), 0u);
  EXPECT_EQ(Code(look(kLifeMs)), ErrorCode::kGone);
  ASSERT_TRUE(Open(1).ok());
  EXPECT_EQ(*look(1), Outcome::kAlreadyConfirmed);
}

TEST_F(RegistrationsTest, PurgeKeepsAMonth) {
  Ask();
  const auto purge = [&](int64_t after_ms) {
    return In([&](db::Transaction& tx) { return Purge(tx, After(after_ms), 10); });
  };
  ASSERT_TRUE(purge(kLifeMs * 31).ok());
  EXPECT_EQ(Count("pending_registrations"), 1u);
  ASSERT_TRUE(purge(kLifeMs * 31 + 1).ok());
  EXPECT_EQ(Count("pending_registrations"), 0u);
}

}  // namespace
}  // namespace parlor::registrations
