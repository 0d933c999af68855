#include <gmock/gmock.h>

#include "common/registrations.h"
#include "tests/support/worker_fixture.h"

namespace parlor::fcgi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBrowser = "text/html,application/xhtml+xml,*/*;q=0.8";

class RegistrationHandlersTest : public WorkerFixture {
 protected:
  Response Register(const std::string& email) {
    return Handle(Method::kPost, "/register",
                  R"({"email":")" + email + R"(","password":")" + kPassword +
                      R"(","first_name":"Ada","last_name":"Lovelace"})");
  }
  // Registers, and gives the path of the link as the mailer would have made it.
  std::string LinkFor(const std::string& email) {
    EXPECT_EQ(Register(email).status, 202);
    const std::string token = GenerateToken();
    const RegistrationId id(database_.Number("SELECT MAX(id) FROM pending_registrations"));
    const Status status =
        database_.database().Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) {
          return registrations::SetToken(tx, id, *HashToken(token)).status();
        });
    EXPECT_TRUE(status.ok());
    return "/register/" + token;
  }
};

TEST_F(RegistrationHandlersTest, TheAnswerTellsNotWhetherAnAddressIsTaken) {
  AddAccount("taken@example.org");
  const Response fresh = Register("fresh@example.org");
  const Response taken = Register("taken@example.org");
  EXPECT_EQ(fresh.status, 202);
  EXPECT_EQ(taken.status, 202);
  EXPECT_EQ(fresh.body, taken.body);
  EXPECT_EQ(fresh.headers, taken.headers);
}

TEST_F(RegistrationHandlersTest, EachOwnerGetsTheRightMail) {
  AddAccount("taken@example.org");
  Register("fresh@example.org");
  Register("taken@example.org");
  const db::Rows mails = database_.Read("SELECT recipient, kind FROM mail_outbox ORDER BY id");
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails.Text(0, 0) + " " + mails.Text(0, 1), "fresh@example.org registration_link");
  EXPECT_EQ(mails.Text(1, 0) + " " + mails.Text(1, 1), "taken@example.org address_taken");
  EXPECT_EQ(RowsOf("pending_registrations"), 1U);
}

TEST_F(RegistrationHandlersTest, NobodysMailboxIsFlooded) {
  AddAccount("taken@example.org");
  for (const char* email : {"fresh@example.org", "taken@example.org"}) {
    for (int i = 0; i < config_.limits.registrations_per_hour; ++i) {
      EXPECT_EQ(Register(email).status, 202) << i;
    }
    const Response refused = Register(email);
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(refused.body, HasSubstr("too_many_requests"));
    EXPECT_EQ(HeaderOf(refused, "Retry-After"), "3600");
  }
  EXPECT_EQ(database_.Number("SELECT COUNT(*) FROM mail_outbox WHERE kind = 'address_taken'"),
            static_cast<uint64_t>(config_.limits.registrations_per_hour));
  clock_.Advance(3'600'000);
  EXPECT_EQ(Register("fresh@example.org").status, 202);
}

TEST_F(RegistrationHandlersTest, ThePasswordIsAtRestAsAHashOnly) {
  Register("ada@example.org");
  EXPECT_THAT(database_.Read("SELECT password_hash FROM pending_registrations").Text(0, 0),
              HasSubstr("$argon2id$"));
}

TEST_F(RegistrationHandlersTest, OpeningTheLinkCreatesTheAccountOnce) {
  const std::string link = LinkFor("ada@example.org");
  const Response first = Handle(Method::kGet, link);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(TextOf(first.body, "email"), "ada@example.org");
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("user_update")));
  const Response second = Handle(Method::kGet, link);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(TextOf(second.body, "message"), "already confirmed");
  EXPECT_EQ(RowsOf("users"), 1U);
  EXPECT_EQ(RowsOf("events"), 1U);
  Login("ada@example.org");
}

TEST_F(RegistrationHandlersTest, HeadCreatesNothing) {
  const std::string link = LinkFor("ada@example.org");
  EXPECT_EQ(Handle(Method::kHead, link).status, 200);
  EXPECT_EQ(RowsOf("users"), 0U);
}

TEST_F(RegistrationHandlersTest, ABrowserGetsAButtonAndTheButtonCreates) {
  const std::string link = LinkFor("ada@example.org");
  const Response page = Handle(Method::kGet, link, "", "", kBrowser);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<form method=\"post\">"));
  EXPECT_EQ(RowsOf("users"), 0U);
  const Response result = Handle(Method::kPost, link, "", "", kBrowser);
  EXPECT_EQ(result.status, 201);
  EXPECT_THAT(result.body, HasSubstr("Welcome, Ada"));
  EXPECT_EQ(RowsOf("users"), 1U);
  EXPECT_THAT(Handle(Method::kGet, link, "", "", kBrowser).body, Not(HasSubstr("<form")));
}

class InvitationTest : public RegistrationHandlersTest {
 protected:
  // As sql/admin/users.sql makes one.
  InvitationTest() : link_(LinkFor("ada@example.org")) {
    database_.Run("UPDATE pending_registrations SET password_hash = ''");
  }
  Response Answer(const std::string& body) { return Handle(Method::kPost, link_, body); }
  Response Submit(const std::string& form) {
    Request request;
    request.method = Method::kPost;
    request.path = link_;
    request.accept = kBrowser;
    request.content_type = "application/x-www-form-urlencoded; charset=utf-8";
    request.body = form;
    return Handle(request);
  }
  const std::string link_;
};

TEST_F(InvitationTest, NothingButAPasswordAcceptsIt) {
  EXPECT_EQ(Handle(Method::kHead, link_).status, 200);
  EXPECT_EQ(Handle(Method::kGet, link_).status, 422);
  for (const char* body : {"", "{}", R"({"password":null})", R"({"password":"short"})"}) {
    const Response refused = Answer(body);
    EXPECT_EQ(refused.status, 422) << body;
    EXPECT_EQ(TextOf(refused.body, "field"), "password") << body;
  }
  EXPECT_EQ(Answer("{").status, 400);
  EXPECT_EQ(RowsOf("users"), 0U);
  EXPECT_EQ(Answer(std::string(R"({"password":")") + kPassword + "\"}").status, 201);
  Login("ada@example.org");
}

TEST_F(InvitationTest, ASecondAnswerChangesNothing) {
  EXPECT_EQ(Answer(std::string(R"({"password":")") + kPassword + "\"}").status, 201);
  const Response again = Answer(R"({"password":"quite another one"})");
  EXPECT_EQ(TextOf(again.body, "message"), "already confirmed");
  Login("ada@example.org");
}

TEST_F(InvitationTest, ABrowserIsAskedUntilThePasswordIsGood) {
  const Response page = Handle(Method::kGet, link_, "", "", kBrowser);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("name=\"password\""));
  EXPECT_THAT(page.body, Not(HasSubstr("role=\"alert\"")));
  for (const char* form : {"", "password=", "password=short", "other=x", "password=%zz"}) {
    const Response again = Submit(form);
    EXPECT_EQ(again.status, 422) << form;
    EXPECT_THAT(again.body, HasSubstr("role=\"alert\"")) << form;
    EXPECT_THAT(again.body, HasSubstr("name=\"password\"")) << form;
  }
  EXPECT_EQ(RowsOf("users"), 0U);
  EXPECT_EQ(Submit("password=a+long%20one+%2B%C3%A4").status, 201);
  EXPECT_EQ(RowsOf("users"), 1U);
  EXPECT_EQ(
      Handle(Method::kPost, "/login", R"({"email":"ada@example.org","password":"a long one +ä"})")
          .status,
      200);
}

TEST_F(RegistrationHandlersTest, APasswordWithAnOrdinaryLinkIsIgnored) {
  const std::string link = LinkFor("ada@example.org");
  EXPECT_EQ(Handle(Method::kPost, link, R"({"password":"quite another one"})").status, 201);
  Login("ada@example.org");
}

TEST_F(RegistrationHandlersTest, OurMistakeBehindAPageIsLoggedToo) {
  const std::string link = LinkFor("ada@example.org");
  database_.Run("RENAME TABLE pending_registrations TO gone");
  Request request;
  request.method = Method::kGet;
  request.path = link;
  request.accept = kBrowser;
  request.request_id = "7f00";
  ::testing::internal::CaptureStderr();
  const Response page = Handle(request);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(page.status, 500);
  EXPECT_EQ(HeaderOf(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(log,
              HasSubstr(R"(answering route=/register/{token} request_id=7f00 error="internal: )"));
  EXPECT_THAT(log, Not(HasSubstr(link)));
}

TEST_F(RegistrationHandlersTest, AnExpiredLinkIsGone) {
  const std::string link = LinkFor("ada@example.org");
  clock_.Advance(config_.registration.link_hours * 3600 * 1000);
  EXPECT_EQ(Handle(Method::kHead, link).status, 410);
  EXPECT_EQ(Handle(Method::kGet, link).status, 410);
  EXPECT_EQ(Handle(Method::kPost, link, "", "", kBrowser).status, 410);
  EXPECT_EQ(RowsOf("users"), 0U);
}

TEST_F(RegistrationHandlersTest, ANewerLinkReplacesTheOlder) {
  const std::string older = LinkFor("ada@example.org");
  const std::string newer = LinkFor("ada@example.org");
  EXPECT_EQ(Handle(Method::kGet, older).status, 404);
  EXPECT_EQ(Handle(Method::kGet, newer).status, 201);
}

}  // namespace
}  // namespace parlor::fcgi
