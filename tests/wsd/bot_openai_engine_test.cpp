// The engine over real HTTP, against a server that behaves as badly as it is told.
#include "wsd/bot/openai_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "tests/support/completions_server.h"

namespace parlor::wsd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kKey = "sk-very-secret";
constexpr const char* kWords = "confidential words";

class OpenAiEngineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<testing::CompletionsServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  OpenAiEngineTest() {
    config_.engine = "openai";
    config_.openai_url = server_->Url();
    config_.openai_model = "ok";
    config_.openai_key = kKey;
    config_.timeout_s = 20;
  }

  BotEngine& Engine() {
    if (!engine_) {
      auto made = MakeOpenAiEngine(config_, clock_, stop_);
      EXPECT_TRUE(made.ok()) << made.status().message();
      engine_ = *std::move(made);
    }
    return *engine_;
  }
  static Message User(std::string body) { return {Seq(1), TimestampMs(1), UserId(7), body}; }
  static Message Bot(std::string body) { return {Seq(1), TimestampMs(1), kBotUserId, body}; }
  Question Ask(std::vector<Message> context, int64_t in_ms = 20'000) const {
    return {UserId(7), "Ada", std::move(context), TimestampMs(1), clock_.MonotonicMs() + in_ms};
  }
  // The answer, or "failed: " and why. No reason has the key or what was said in it.
  std::string Answer(const Question& question) {
    const Result<std::string> answer = Engine().Answer(question);
    if (answer.ok()) return *answer;
    EXPECT_EQ(answer.status().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(answer.status().message(),
                AllOf(Not(HasSubstr("secret")), Not(HasSubstr("confidential"))));
    return "failed: " + answer.status().message();
  }
  std::string AnswerOf(const std::string& mode) {
    config_.openai_model = mode;
    const std::string answer = Answer(Ask({User(kWords)}));
    while (server_->Request()["mode"] != mode) {
    }
    return answer;
  }

  static std::unique_ptr<testing::CompletionsServer> server_;
  SystemClock clock_;
  BotConfig config_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<BotEngine> engine_;
};

std::unique_ptr<testing::CompletionsServer> OpenAiEngineTest::server_;

// ---- What is sent

TEST_F(OpenAiEngineTest, SendsModelPromptConversationAndKey) {
  config_.system_prompt = "Be kind.";
  Message apology = Bot("Sorry");
  apology.is_apology = true;
  const Question question =
      Ask({Bot("cut off"), User("One"), apology, User("Two"), Bot("Deux"), User("Three\n\"3\"")});
  EXPECT_EQ(Answer(question), "You said: Three\n\"3\"");
  const Json request = server_->Request();
  EXPECT_EQ(request["path"], "/v1/chat/completions");
  EXPECT_EQ(request["authorization"], std::string("Bearer ") + kKey);
  EXPECT_TRUE(request["expect"].is_null());
  EXPECT_EQ(request["body"], Json::parse(R"({"model": "ok", "stream": false, "messages": [
      {"role": "system", "content": "Be kind."},
      {"role": "user", "content": "One\n\nTwo"},
      {"role": "assistant", "content": "Deux"},
      {"role": "user", "content": "Three\n\"3\""}]})"));
}

TEST_F(OpenAiEngineTest, NameOfTheUserIsNotSent) {
  EXPECT_EQ(Answer(Ask({User("Hi")})), "You said: Hi");
  EXPECT_THAT(server_->Request().dump(), Not(HasSubstr("Ada")));
}

TEST_F(OpenAiEngineTest, WithoutAKeyNoneIsSent) {
  config_.openai_key.clear();
  EXPECT_EQ(Answer(Ask({User("Hi")})), "You said: Hi");
  EXPECT_TRUE(server_->Request()["authorization"].is_null());
}

TEST_F(OpenAiEngineTest, ConnectionIsKept) {
  EXPECT_EQ(Answer(Ask({User("One")})), "You said: One");
  EXPECT_EQ(Answer(Ask({User("Two")})), "You said: Two");
  EXPECT_EQ(server_->Request()["connection"], server_->Request()["connection"]);
}

TEST_F(OpenAiEngineTest, LongestQuestionArrivesWhole) {
  const std::string longest(16'000, 'x');
  EXPECT_EQ(Answer(Ask({User(longest)})), "You said: " + longest);
  server_->Request();
}

TEST_F(OpenAiEngineTest, SlashBehindTheUrlIsNoTrouble) {
  config_.openai_url += "/";
  EXPECT_EQ(Answer(Ask({User("Hi")})), "You said: Hi");
  EXPECT_EQ(server_->Request()["path"], "/v1/chat/completions");
}

TEST_F(OpenAiEngineTest, ProxyOfTheEnvironmentIsIgnored) {
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  const std::string answer = Answer(Ask({User("Hi")}));
  ASSERT_EQ(unsetenv("http_proxy"), 0);
  EXPECT_EQ(answer, "You said: Hi");
  server_->Request();
}

// ---- What is understood

TEST_F(OpenAiEngineTest, UnderstandsWhatServersSend) {
  for (const char* mode : {"ok", "stream", "stream-open", "stream-reason", "stream-reason-open",
                           "parts", "thoughts"}) {
    EXPECT_EQ(AnswerOf(mode), std::string("You said: ") + kWords) << mode;
  }
}

// ---- What fails

TEST_F(OpenAiEngineTest, WhatIsNoAnswerFailsWithAReason) {
  const std::pair<const char*, const char*> broken[] = {
      {"empty", "is not JSON"},
      {"blank", "has no text"},
      {"null", "has no text"},
      {"no-choices", "has no choices"},
      {"error-200", "is an error"},
      {"not-json", "is not JSON"},
      {"not-utf8", "is not JSON"},
      {"deep", "is not JSON"},
      {"stream-cut", "breaks off"},
      {"html", "neither JSON nor a stream"},
      {"no-type", "neither JSON nor a stream"},
      {"status-400", "answered 400"},
      {"status-401", "answered 401 invalid_api_key"},
      {"status-404", "answered 404"},
      {"status-429", "answered 429 rate_limit_exceeded"},
      {"status-500", "answered 500"},
      {"status-503", "answered 503"},
      {"redirect", "answered 302"},
      {"huge", "larger than bot.max_answer_bytes"},
      {"huge-stream", "larger than bot.max_answer_bytes"},
      {"huge-headers", "larger than bot.max_answer_bytes"},
      {"half", "partial"},
      {"reset", "returned nothing"},
  };
  for (const auto& [mode, why] : broken) {
    EXPECT_THAT(AnswerOf(mode), AllOf(StartsWith("failed: "), HasSubstr(why))) << mode;
  }
  // And afterwards all is well again.
  EXPECT_EQ(AnswerOf("ok"), std::string("You said: ") + kWords);
}

TEST_F(OpenAiEngineTest, SilentServerIsGivenUpAfterTheTimeout) {
  config_.timeout_s = 1;
  EXPECT_THAT(AnswerOf("hold"), HasSubstr("timed out"));
}

TEST_F(OpenAiEngineTest, DrippingServerIsGivenUpAfterTheTimeout) {
  config_.timeout_s = 1;
  EXPECT_THAT(AnswerOf("drip"), HasSubstr("timed out"));
}

TEST_F(OpenAiEngineTest, QuestionsTimeGoesBeforeTheTimeout) {
  config_.openai_model = "hold";
  EXPECT_THAT(Answer(Ask({User("Hi")}, 100)), HasSubstr("timed out"));
  server_->Request();
}

TEST_F(OpenAiEngineTest, NobodyIsAskedWhenTheTimeIsOver) {
  EXPECT_THAT(Answer(Ask({User("Hi")}, 0)), HasSubstr("no time is left"));
  EXPECT_EQ(Answer(Ask({User("Next")})), "You said: Next");
  EXPECT_EQ(server_->Request()["body"]["messages"].back()["content"], "Next");
}

TEST_F(OpenAiEngineTest, ServerThatIsNotThereIsAReason) {
  config_.openai_url = "http://127.0.0.1:1/v1";
  EXPECT_THAT(Answer(Ask({User(kWords)})), AllOf(StartsWith("failed: "), HasSubstr("port 1")));
  engine_.reset();
  config_.openai_url = "http://no-such-host.invalid/v1";
  EXPECT_THAT(Answer(Ask({User(kWords)})), HasSubstr("no-such-host.invalid"));
}

TEST_F(OpenAiEngineTest, StoppingBreaksARequestOff) {
  config_.openai_model = "hold";
  config_.timeout_s = 300;
  std::thread stopper([&] {
    server_->Request();  // it is in work
    stop_ = true;
  });
  EXPECT_THAT(Answer(Ask({User("Hi")}, 300'000)), HasSubstr("the daemon ends"));
  stopper.join();
  EXPECT_THAT(Answer(Ask({User("Hi")})), HasSubstr("the daemon ends"));
}

TEST_F(OpenAiEngineTest, WithoutAddressOrModelThereIsNone) {
  for (std::string BotConfig::*member : {&BotConfig::openai_url, &BotConfig::openai_model}) {
    BotConfig config = config_;
    (config.*member).clear();
    const auto made = MakeOpenAiEngine(config, clock_, stop_);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status().code(), ErrorCode::kInvalidField);
  }
}

// ---- TLS

class OpenAiEngineTlsTest : public OpenAiEngineTest {
 protected:
  OpenAiEngineTlsTest() {
    std::string pattern = fs::temp_directory_path() / "parlor-openai-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    const std::string certificate = folder_ / "certificate.pem";
    const std::string key = folder_ / "key.pem";
    testing::RunOrAbort({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                         certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                         "subjectAltName=DNS:localhost"});
    tls_server_ = std::make_unique<testing::CompletionsServer>(
        std::vector<std::string>{"--certificate", certificate, "--key", key});
    config_.openai_ca = certificate;
    config_.openai_url = "https://localhost:" + tls_server_->port() + "/v1";
  }
  ~OpenAiEngineTlsTest() override { fs::remove_all(folder_); }

  fs::path folder_;
  std::unique_ptr<testing::CompletionsServer> tls_server_;
};

TEST_F(OpenAiEngineTlsTest, TrustedServerIsAsked) {
  EXPECT_EQ(Answer(Ask({User("Hi")})), "You said: Hi");
}

TEST_F(OpenAiEngineTlsTest, CertificateThatIsNotTrustedGetsNothing) {
  config_.openai_ca.clear();  // the system's
  EXPECT_THAT(Answer(Ask({User(kWords)})), HasSubstr("certificate"));
}

TEST_F(OpenAiEngineTlsTest, CertificateForAnotherHostGetsNothing) {
  config_.openai_url = "https://127.0.0.1:" + tls_server_->port() + "/v1";
  EXPECT_THAT(Answer(Ask({User(kWords)})), HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace parlor::wsd
