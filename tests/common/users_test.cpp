#include "common/users.h"

#include "common/presence_store.h"
#include "tests/support/store_test.h"

namespace parlor::users {
namespace {

class UsersTest : public testing::StoreTest {
 protected:
  Result<UserId> Make(const std::string& email, const std::string& first = "Ada",
                      const std::string& last = "Lovelace") {
    return In([&](db::Transaction& tx) { return Create(tx, email, first, last, "$hash", kNow); });
  }
  std::vector<std::string> Names(const UserQuery& query) {
    std::vector<std::string> names;
    const auto users = In([&](db::Transaction& tx) { return List(tx, query, kNow); });
    for (const PublicUser& user : *users) {
      names.push_back(user.first_name + (user.online ? "*" : ""));
    }
    return names;
  }
  UserQuery Named(std::string name) { return {{}, {}, false, std::move(name)}; }
  static UserQuery Online() { return {{}, {}, true, {}}; }
  using Names_ = std::vector<std::string>;
};

TEST_F(UsersTest, WhoIsErasedIsNotListed) {
  const UserId eve = *Make("eve@example.org", "Eve");
  ASSERT_TRUE(Make("ada@example.org").ok());
  db_.Run("UPDATE users SET erased_at_ms = 1, email = '', email_key = '' WHERE id = " +
          std::to_string(eve.value));
  EXPECT_EQ(Names({}), Names_{"Ada"});
  EXPECT_TRUE(Make("eve@example.org", "Eve").ok()) << "the address is free again";
}

TEST_F(UsersTest, AddressIsFoundWithoutRegardToCase) {
  const UserId id = *Make(
      "Ada.\xc3\x89"
      "cole@Example.org");
  const auto found = *In([&](db::Transaction& tx) {
    return FindCredentials(tx,
                           "ADA.\xc3\xa9"
                           "COLE@example.ORG");
  });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->password_hash, "$hash");
  EXPECT_FALSE(found->suspended);
  EXPECT_EQ(Code(Make("aDa.\xc3\xa9"
                      "cole@example.org")),
            ErrorCode::kConflict);
  EXPECT_TRUE(*In([&](db::Transaction& tx) {
    return EmailTaken(tx,
                      "ada.\xc3\x89"
                      "cole@example.org");
  }));
  EXPECT_FALSE(*In([&](db::Transaction& tx) { return EmailTaken(tx, "ada.ecole@example.org"); }));
}

TEST_F(UsersTest, ProfileIsWhatWasGiven) {
  const UserId id = *Make("Ada@Example.org", "Ad\xc3\xa4 '\\", "\xf0\x9f\x98\x80");
  const Profile profile = *In([&](db::Transaction& tx) { return GetProfile(tx, id); });
  EXPECT_EQ(profile.email, "Ada@Example.org");
  EXPECT_EQ(profile.first_name, "Ad\xc3\xa4 '\\");
  EXPECT_EQ(profile.last_name, "\xf0\x9f\x98\x80");
  EXPECT_EQ(profile.created_at, kNow);
  EXPECT_EQ(Code(In([&](db::Transaction& tx) { return GetProfile(tx, UserId(999)); })),
            ErrorCode::kNotFound);
}

TEST_F(UsersTest, NamesAndHashChange) {
  const UserId id = *Make("ada@example.org");
  const Profile profile = *In([&](db::Transaction& tx) -> Result<Profile> {
    PARLOR_RETURN_IF_ERROR(SetNames(tx, id, "Augusta", "King"));
    PARLOR_RETURN_IF_ERROR(SetPasswordHash(tx, id, "$new"));
    return GetProfileForUpdate(tx, id);
  });
  EXPECT_EQ(profile.first_name + " " + profile.last_name, "Augusta King");
  const Credentials credentials = *In([&](db::Transaction& tx) { return GetCredentials(tx, id); });
  EXPECT_EQ(credentials.password_hash, "$new");
}

TEST_F(UsersTest, SuspendedIsSaid) {
  const UserId id = *Make("ada@example.org");
  db_.Run("UPDATE users SET suspended_at_ms = 5");
  EXPECT_TRUE(In([&](db::Transaction& tx) { return GetCredentials(tx, id); })->suspended);
}

TEST_F(UsersTest, ListGoesByIdAndInSlices) {
  for (const char* name : {"a", "b", "c", "d"})
    ASSERT_TRUE(Make(std::string(name) + "@x.y", name).ok());
  EXPECT_EQ(Names({}), (Names_{"a", "b", "c", "d"}));
  const UserId second(db_.Number("SELECT id FROM users WHERE first_name = 'b'"));
  EXPECT_EQ(Names({second, {}, false, {}}), (Names_{"c", "d"}));
  EXPECT_EQ(Names({second, 1, false, {}}), (Names_{"c"}));
}

TEST_F(UsersTest, NameIsSearchedAsTextWithoutRegardToCase) {
  ASSERT_TRUE(Make("1@x.y", "Zo\xc3\xab", "100%").ok());
  ASSERT_TRUE(Make("2@x.y", "Bob", "under_score").ok());
  ASSERT_TRUE(Make("3@x.y", "Back\\slash", "O'Hara").ok());
  EXPECT_EQ(Names(Named("ZO\xc3\x8b 1")), (Names_{"Zo\xc3\xab"}));
  EXPECT_EQ(Names(Named("%")), (Names_{"Zo\xc3\xab"}));
  EXPECT_EQ(Names(Named("_")), (Names_{"Bob"}));
  EXPECT_EQ(Names(Named("\\")), (Names_{"Back\\slash"}));
  EXPECT_EQ(Names(Named("o'h")), (Names_{"Back\\slash"}));
  EXPECT_EQ(Names(Named("b")), (Names_{"Bob", "Back\\slash"}));
  EXPECT_EQ(Names(Named("nobody")), (Names_{}));
}

TEST_F(UsersTest, OnlineNeedsALivingDaemonAndNoSuspension) {
  const UserId ada = *Make("1@x.y", "Ada"), bob = *Make("2@x.y", "Bob"),
               eve = *Make("3@x.y", "Eve");
  const auto daemon = [&](const char* endpoint, TimestampMs heartbeat, UserId user) {
    ASSERT_TRUE(In([&](db::Transaction& tx) -> Status {
                  PARLOR_ASSIGN_OR_RETURN(const DaemonId id,
                                          presence_store::RegisterDaemon(tx, endpoint, heartbeat));
                  const UserId users[] = {user};
                  return presence_store::SetOnline(tx, id, users, heartbeat).status();
                }).ok());
  };
  daemon("a", kNow, ada);
  daemon("b", After(-presence_store::kDeadAfterMs - 1), bob);
  daemon("c", After(-presence_store::kDeadAfterMs), eve);
  EXPECT_EQ(Names({}), (Names_{"Ada*", "Bob", "Eve*"}));
  EXPECT_EQ(Names(Online()), (Names_{"Ada*", "Eve*"}));
  EXPECT_EQ(Names({{}, 1, true, "e"}), (Names_{"Ada*"}));
  db_.Run("UPDATE users SET suspended_at_ms = 5 WHERE first_name = 'Ada'");
  EXPECT_EQ(Names(Online()), (Names_{"Eve*"}));
}

}  // namespace
}  // namespace parlor::users
