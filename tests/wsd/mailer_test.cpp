#include "wsd/mailer.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/registrations.h"
#include "common/token.h"
#include "tests/support/database_proxy.h"
#include "tests/support/process.h"
#include "tests/wsd/thread_fixture.h"

namespace parlor::wsd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
namespace fs = std::filesystem;

class MailerTest : public ThreadTest {
 protected:
  MailerTest() {
    std::string pattern = fs::temp_directory_path() / "parlor-mailer-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    config_.http.public_url = "http://chat.example.org/";
    config_.mail.folder = folder_ / "mail";
    config_.mail.from = "parlor@example.org";
    config_.mail.smtp_tls = "required";
    config_.mail.helo_name = "chat.example.org";
    config_.mail.timeout_s = 20;
    config_.mail.poll_ms = 10;
    config_.mail.max_attempts = 3;
    config_.registration.link_hours = 24;
  }
  void TearDown() override {
    if (mailer_) mailer_->Stop(Soon());
    fs::remove_all(folder_);
  }

  RegistrationId AddRegistration() {
    RegistrationId id;
    Change([&](db::Transaction& tx) -> Status {
      PARLOR_ASSIGN_OR_RETURN(
          id, registrations::Put(tx, {"ada@example.org", "Ada", "Lovelace", "hash"}, manual_.Now(),
                                 TimestampMs(manual_.Now().value + 86'400'000)));
      return Ok();
    });
    return id;
  }
  void AddMail(mail_outbox::Kind kind, const std::string& to = "ada@example.org",
               const std::string& name = "Ada Lovelace", RegistrationId registration = {}) {
    Change([&](db::Transaction& tx) {
      return mail_outbox::Add(tx, kind, to, name, registration, manual_.Now());
    });
  }

  Mailer& Thread() {
    if (!mailer_) mailer_ = std::make_unique<Mailer>(config_, manual_);
    return *mailer_;
  }
  void Start() {
    const Status started = Thread().Start();
    ASSERT_TRUE(started.ok()) << started.message();
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    std::error_code none_yet;
    for (const auto& entry : fs::directory_iterator(config_.mail.folder, none_yet)) {
      files.push_back(entry.path());
    }
    return files;
  }
  static std::string Content(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  // Of the link, which stands on a line of its own; "" if there is none.
  static std::string TokenIn(const std::string& mail) {
    const std::string before = "\r\nhttp://chat.example.org/http/register/";
    const size_t begin = mail.find(before);
    if (begin == std::string::npos) return "";
    const size_t end = mail.find("\r\n", begin + before.size());
    const std::string token = mail.substr(begin + before.size(), end - begin - before.size());
    return HashToken(token) ? token : "";
  }
  bool OutboxIsEmpty() {
    return Eventually([&] { return Count("mail_outbox") == 0; });
  }

  // ---- SMTP
  // A server of its own for the test; `options` are those of smtp_server.py.
  testing::Process& StartServer(std::vector<std::string> options,
                                const std::string& scheme = "smtp",
                                const std::string& host = "localhost") {
    options.insert(options.begin(),
                   {"/usr/bin/python3", testing::SourceFolder() + "/tests/support/smtp_server.py"});
    server_ = std::make_unique<testing::Process>(options);
    config_.mail.folder.clear();
    config_.mail.smtp_url = scheme + "://" + host + ":" + server_->ReadLine();
    return *server_;
  }
  // A certificate for localhost that nobody but this test trusts.
  std::vector<std::string> TlsOptions() {
    const std::string certificate = folder_ / "certificate.pem";
    const std::string key = folder_ / "key.pem";
    testing::RunOrAbort({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                         certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                         "subjectAltName=DNS:localhost"});
    config_.mail.smtp_ca = certificate;
    return {"--certificate", certificate, "--key", key};
  }
  std::string LastError() {
    EXPECT_TRUE(Eventually([&] { return Count("mail_outbox WHERE last_error <> ''") == 1; }));
    return db_.Read("SELECT last_error FROM mail_outbox").Text(0, 0);
  }
  bool GivenUp() { return Count("mail_outbox WHERE failed_at_ms IS NOT NULL") == 1; }

  FakeClock manual_;
  fs::path folder_;
  std::unique_ptr<testing::Process> server_;
  std::unique_ptr<Mailer> mailer_;
};

// ---- The outbox, with the folder

TEST_F(MailerTest, LinkOfTheMailConfirmsTheRegistration) {
  const RegistrationId registration = AddRegistration();
  AddMail(mail_outbox::Kind::kRegistrationLink, "ada@example.org", "Ada Lovelace", registration);
  Start();
  ASSERT_TRUE(OutboxIsEmpty());
  ASSERT_EQ(Files().size(), 1U);
  const std::string mail = Content(Files()[0]);
  EXPECT_THAT(mail, AllOf(HasSubstr("To: Ada Lovelace\r\n <ada@example.org>\r\n"),
                          HasSubstr("From: Parlor\r\n <parlor@example.org>\r\n")));
  const std::string token = TokenIn(mail);
  ASSERT_NE(token, "");
  Change([&](db::Transaction& tx) {
    const auto confirmed = registrations::Confirm(tx, *HashToken(token), manual_.Now());
    EXPECT_TRUE(confirmed.ok() && confirmed->outcome == registrations::Outcome::kCreated);
    return confirmed.status();
  });
}

TEST_F(MailerTest, FileIsForItsOwnerAlone) {
  AddMail(mail_outbox::Kind::kPasswordChanged);
  Start();
  ASSERT_TRUE(OutboxIsEmpty());
  ASSERT_EQ(Files().size(), 1U);
  struct stat info {};
  ASSERT_EQ(stat(Files()[0].c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(Files()[0].extension(), ".eml");
  ASSERT_EQ(stat(config_.mail.folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(MailerTest, TokenIsNewWithEveryMailAndTheNewestWorks) {
  const RegistrationId registration = AddRegistration();
  for (int i = 0; i < 2; ++i) {
    AddMail(mail_outbox::Kind::kRegistrationLink, "ada@example.org", "", registration);
    manual_.Advance(1);
  }
  Start();
  ASSERT_TRUE(OutboxIsEmpty());
  int working = 0;
  for (const fs::path& file : Files()) {
    const std::string token = TokenIn(Content(file));
    ASSERT_NE(token, "");
    Change([&](db::Transaction& tx) {
      working += registrations::Check(tx, *HashToken(token), manual_.Now()).ok() ? 1 : 0;
      return Ok();
    });
  }
  EXPECT_EQ(Files().size(), 2U);
  EXPECT_EQ(working, 1);
}

TEST_F(MailerTest, ConfirmedRegistrationNeedsNoLinkAnyMore) {
  const RegistrationId registration = AddRegistration();
  const TokenHash token = Sha256("earlier");
  Change([&](db::Transaction& tx) {
    return registrations::SetToken(tx, registration, token).status();
  });
  Change([&](db::Transaction& tx) {
    return registrations::Confirm(tx, token, manual_.Now()).status();
  });
  AddMail(mail_outbox::Kind::kRegistrationLink, "ada@example.org", "", registration);
  Start();
  EXPECT_TRUE(OutboxIsEmpty());
  EXPECT_TRUE(Files().empty());
}

TEST_F(MailerTest, AddressThatIsNotPlainIsNeverUsed) {
  AddMail(mail_outbox::Kind::kAddressTaken, "ada@example.org\r\nRCPT TO:<victim@example.org>");
  Start();
  EXPECT_THAT(LastError(), HasSubstr("not a plain address"));
  EXPECT_TRUE(GivenUp());
  EXPECT_TRUE(Files().empty());
}

TEST_F(MailerTest, FailedMailIsTriedAgainLaterAndGivenUpAtLast) {
  config_.mail.folder = "/proc/no/such/folder";
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  for (uint32_t attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(Eventually([&] {
      return Count("mail_outbox WHERE claimed_until_ms = 0 AND attempts = " +
                   std::to_string(attempt)) == 1;
    }));
    EXPECT_EQ(GivenUp(), attempt == 3);
    manual_.Advance(Mailer::RetryPauseMs(attempt, 0));
  }
}

TEST_F(MailerTest, WithoutAWayOutMailsWait) {
  config_.mail.folder.clear();
  config_.mail.smtp_url.clear();
  AddMail(mail_outbox::Kind::kAddressTaken);
  ::testing::internal::CaptureStderr();
  Start();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("mails wait"));
  EXPECT_EQ(Count("mail_outbox WHERE attempts = 0"), 1U);
}

TEST_F(MailerTest, MailsWaitForADatabaseThatComesBack) {
  testing::DatabaseProxy proxy(folder_ / "proxy.sock", config_.database.socket);
  config_.database.socket = proxy.path();
  config_.database.retry_limit_ms = 50;
  AddMail(mail_outbox::Kind::kAddressTaken);
  proxy.SetAway(true);
  Start();
  ASSERT_TRUE(Eventually([&] { return proxy.turned_away() > 5; }));
  proxy.SetAway(false);
  EXPECT_TRUE(OutboxIsEmpty());
  Thread().Stop(Soon());
}

TEST(MailerPauseTest, PausesGrowUpToSixHours) {
  EXPECT_EQ(Mailer::RetryPauseMs(1, 0), 30'000);
  EXPECT_EQ(Mailer::RetryPauseMs(2, 0), 60'000);
  EXPECT_EQ(Mailer::RetryPauseMs(2, 0.5), 52'500);
  EXPECT_EQ(Mailer::RetryPauseMs(12, 0), 6 * 3600 * 1000);
  EXPECT_EQ(Mailer::RetryPauseMs(4'000'000'000, 0), 6 * 3600 * 1000);
}

// ---- SMTP, against a real server

TEST_F(MailerTest, MailIsSentOverVerifiedTls) {
  testing::Process& server = StartServer(TlsOptions());
  AddMail(mail_outbox::Kind::kAddressTaken, "ada@example.org", "Ädä Lovelace");
  Start();
  const Json got = Json::parse(server.ReadLine());
  EXPECT_EQ(got["tls"], true);
  EXPECT_EQ(got["helo"], "chat.example.org");
  EXPECT_EQ(got["from"], "parlor@example.org");
  EXPECT_EQ(got["to"], Json::array({"ada@example.org"}));
  EXPECT_THAT(got["message"].get<std::string>(),
              AllOf(HasSubstr("To: =?utf-8?B?"), HasSubstr("\r\nMessage-ID: <parlor-"),
                    HasSubstr("\r\nhttp://chat.example.org\r\n")));
  EXPECT_TRUE(OutboxIsEmpty());
}

TEST_F(MailerTest, ServerWithoutStarttlsGetsNothing) {
  TlsOptions();
  StartServer({});
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_THAT(LastError(), HasSubstr("STARTTLS"));
  EXPECT_FALSE(GivenUp());
}

TEST_F(MailerTest, CertificateThatIsNotTrustedGetsNothing) {
  const std::vector<std::string> options = TlsOptions();
  config_.mail.smtp_ca.clear();  // the system's
  StartServer(options);
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_THAT(LastError(), HasSubstr("certificate"));
  EXPECT_FALSE(GivenUp());
}

TEST_F(MailerTest, CertificateForAnotherHostGetsNothing) {
  StartServer(TlsOptions(), "smtp", "127.0.0.1");
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_THAT(LastError(), HasSubstr("127.0.0.1"));
  EXPECT_FALSE(GivenUp());
}

TEST_F(MailerTest, LogsIntoTheServer) {
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--user", "parlor", "--password", "right"});
  testing::Process& server = StartServer(options);
  config_.mail.smtp_user = "parlor";
  config_.mail.smtp_password = "right";
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_EQ(Json::parse(server.ReadLine())["login"], "parlor");
  EXPECT_TRUE(OutboxIsEmpty());
}

TEST_F(MailerTest, WrongLoginIsTheAdministratorsAndNotTheMailsFault) {
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--user", "parlor", "--password", "right"});
  StartServer(options);
  config_.mail.smtp_user = "parlor";
  config_.mail.smtp_password = "wrong";
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_THAT(LastError(), Not(HasSubstr("wrong")));
  EXPECT_FALSE(GivenUp());
}

TEST_F(MailerTest, RefusedRecipientIsFinal) {
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--answer", "550 5.1.1 No such mailbox"});
  StartServer(options);
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_THAT(LastError(), AllOf(HasSubstr("550"), Not(HasSubstr("ada@"))));
  EXPECT_TRUE(GivenUp());
}

TEST_F(MailerTest, BusyServerIsTriedAgain) {
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--answer", "451 4.7.1 Greylisted"});
  StartServer(options);
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_THAT(LastError(), HasSubstr("451"));
  EXPECT_FALSE(GivenUp());
  EXPECT_EQ(Count("mail_outbox WHERE attempts = 1 AND next_attempt_at_ms > " +
                  std::to_string(manual_.Now().value)),
            1U);
}

TEST_F(MailerTest, ServerThatIsNotThereIsTriedAgain) {
  config_.mail.folder.clear();
  config_.mail.smtp_url = "smtp://localhost:1";
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_NE(LastError(), "");
  EXPECT_FALSE(GivenUp());
}

TEST_F(MailerTest, StalledServerIsCutOff) {
  config_.mail.timeout_s = 1;
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--answer", "stall"});
  StartServer(options);
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_THAT(LastError(), HasSubstr("timed out"));
  EXPECT_FALSE(GivenUp());
}

TEST_F(MailerTest, ServerThatStallsAfterQuitHoldsNothingUp) {
  config_.mail.timeout_s = 1;
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--answer", "stall-quit"});
  testing::Process& server = StartServer(options);
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  ASSERT_NE(server.ReadLine(), "");
  EXPECT_EQ(server.ReadLine(), "\"QUIT\"");
  EXPECT_TRUE(OutboxIsEmpty());  // libcurl alone would wait for two minutes
}

TEST_F(MailerTest, OnlyATryWithANewLinkHasANewMessageId) {
  config_.mail.timeout_s = 1;
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--answer", "stall"});
  testing::Process& server = StartServer(options);
  const auto message_id = [&] {
    const std::string message = Json::parse(server.ReadLine())["message"];
    const size_t begin = message.find("\r\nMessage-ID: ") + 2;
    return message.substr(begin, message.find("\r\n", begin) - begin);
  };
  const RegistrationId registration = AddRegistration();
  for (const auto kind : {mail_outbox::Kind::kRegistrationLink, mail_outbox::Kind::kAddressTaken}) {
    const bool is_link = kind == mail_outbox::Kind::kRegistrationLink;
    AddMail(kind, "ada@example.org", "", is_link ? registration : RegistrationId());
    if (is_link) Start();
    const std::string first = message_id();
    ASSERT_TRUE(Eventually(
        [&] { return Count("mail_outbox WHERE claimed_until_ms = 0 AND attempts = 1") == 1; }));
    manual_.Advance(Mailer::RetryPauseMs(1, 0));
    EXPECT_EQ(message_id() != first, is_link);
    ASSERT_TRUE(Eventually(
        [&] { return Count("mail_outbox WHERE claimed_until_ms = 0 AND attempts = 2") == 1; }));
    db_.Run("DELETE FROM mail_outbox");
  }
}

TEST_F(MailerTest, StoppingBreaksATransferOffAndTheMailStaysDue) {
  std::vector<std::string> options = TlsOptions();
  options.insert(options.end(), {"--answer", "stall"});
  testing::Process& server = StartServer(options);
  config_.mail.timeout_s = 3600;
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  ASSERT_NE(server.ReadLine(), "");  // it has the mail, and now says nothing more
  Thread().Stop(Soon());
  EXPECT_EQ(Count("mail_outbox WHERE claimed_until_ms = 0 AND failed_at_ms IS NULL AND "
                  "next_attempt_at_ms <= " +
                  std::to_string(manual_.Now().value)),
            1U);
}

TEST_F(MailerTest, InTheClearOnlyToThisMachine) {
  testing::Process& server = StartServer({}, "smtp", "127.0.0.1");
  config_.mail.smtp_tls = "none";
  AddMail(mail_outbox::Kind::kAddressTaken);
  Start();
  EXPECT_EQ(Json::parse(server.ReadLine())["tls"], false);
  EXPECT_TRUE(OutboxIsEmpty());
  mailer_->Stop(Soon());

  for (const char* url : {"smtp://mail.example.org", "smtp://127.0.0.1.example.org:25",
                          "smtp://localhost@mail.example.org"}) {
    config_.mail.smtp_url = url;
    mailer_ = std::make_unique<Mailer>(config_, manual_);
    EXPECT_FALSE(mailer_->Start().ok()) << url;
  }
}

}  // namespace
}  // namespace parlor::wsd
