// What a worker says without a database: order of the checks, and that being alone ends nothing.
#include "fcgi/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "fcgi/routes.h"

namespace parlor::fcgi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class WorkerTest : public ::testing::Test {
 protected:
  static std::string MakeFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "parlor-worker-XXXXXX").string();
    return mkdtemp(name.data()) == nullptr ? "" : name;
  }
  static Config MakeConfig(const std::string& folder) {
    Config config;
    config.database.socket = folder + "/nobody-listens-here";
    config.database.name = "parlor";
    config.database.user = "parlor";
    config.database.retry_limit_ms = 0;
    config.bus.endpoint = "ipc://" + folder + "/bus";
    config.bus.linger_ms = 0;
    config.password.memory_kib = 8192;
    config.password.passes = 1;
    config.password.slots_path = folder + "/slots";
    return config;
  }
  static std::unique_ptr<HashSlots> MakeSlots(const Config& config, const Clock& clock) {
    auto slots = HashSlots::Open(config.password, clock);
    EXPECT_TRUE(slots.ok());
    return std::move(slots).value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Response Handle(Method method, const std::string& path, const std::string& body = "",
                  const std::string& token = "") {
    Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.token = token;
    request.accept = accept_;
    request.content_type = content_type_;
    return worker_.Handle(request);
  }
  static std::string HeaderOf(const Response& response, std::string_view name) {
    for (const auto& [header, value] : response.headers) {
      if (header == name) return value;
    }
    return "";
  }

  const std::string folder_ = MakeFolder();
  const SystemClock clock_{};
  const Config config_ = MakeConfig(folder_);
  db::Database database_{config_.database, clock_};
  EventPublisher publisher_{config_.bus};
  const PasswordHasher hasher_{config_.password};
  const std::unique_ptr<HashSlots> slots_ = MakeSlots(config_, clock_);
  const Services services_{config_, clock_, database_, publisher_, hasher_, *slots_};
  Worker worker_{services_};
  std::string accept_;
  std::string content_type_;
};

const std::string kLooksLikeAToken(43, 'A');

TEST_F(WorkerTest, EverythingThatIsNotPublicAsksForTheTokenFirst) {
  accept_ = "image/png";
  content_type_ = "text/plain";
  for (const Route& route : Routes()) {
    if (route.access == Access::kPublic) continue;
    const Response response = Handle(route.method, std::string(route.pattern), "{broken");
    EXPECT_EQ(response.status, 401) << route.pattern;
    EXPECT_THAT(response.body, HasSubstr("invalid_token"));
  }
}

TEST_F(WorkerTest, AStrangerDoesNotLearnWhichPathsExist) {
  EXPECT_EQ(Handle(Method::kGet, "/nothing").status, 401);
  EXPECT_EQ(Handle(Method::kDelete, "/users").status, 401);
  EXPECT_EQ(Handle(Method::kGet, "/nothing", "", "garbage").status, 401);
}

TEST_F(WorkerTest, APublicPathTellsItsMethods) {
  const Response response = Handle(Method::kPut, "/login");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(HeaderOf(response, "Allow"), "POST");
  EXPECT_THAT(response.body, HasSubstr("method_not_allowed"));
}

TEST_F(WorkerTest, WhoTakesNoJsonGetsNone) {
  accept_ = "text/html";
  EXPECT_EQ(Handle(Method::kPost, "/login", "{}").status, 406);
}

TEST_F(WorkerTest, ABodyMustBeJson) {
  content_type_ = "application/x-www-form-urlencoded";
  EXPECT_EQ(Handle(Method::kPost, "/login", "email=a").status, 415);
  content_type_ = "";
  EXPECT_EQ(Handle(Method::kPost, "/login", "email=a").status, 400);
  EXPECT_EQ(Handle(Method::kPost, "/login", "").status, 400);
  EXPECT_EQ(Handle(Method::kPost, "/login", "{}").status, 422);
}

TEST_F(WorkerTest, ABodyAboveTheLimitIsTooLarge) {
  Request request;
  request.method = Method::kPost;
  request.path = "/login";
  request.body_too_large = true;
  EXPECT_EQ(worker_.Handle(request).status, 413);
}

TEST_F(WorkerTest, ATooSimplePasswordIsRefusedBeforeItIsHashed) {
  const Response response =
      Handle(Method::kPost, "/register",
             R"({"email":"a@example.org","password":"short","first_name":"A","last_name":"B"})");
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr(R"("field":"password")"));
}

TEST_F(WorkerTest, WithoutADatabaseTheAnswerIsToTryAgain) {
  for (int i = 0; i < 2; ++i) {
    const Response response = Handle(Method::kGet, "/users", "", kLooksLikeAToken);
    EXPECT_EQ(response.status, 503);
    EXPECT_NE(HeaderOf(response, "Retry-After"), "");
    EXPECT_THAT(response.body, HasSubstr(R"("code":"unavailable")"));
  }
}

TEST_F(WorkerTest, WithoutADatabaseNobodyIsToldThatTheirTokenIsWrong) {
  EXPECT_EQ(Handle(Method::kGet, "/nothing", "", kLooksLikeAToken).status, 503);
}

TEST_F(WorkerTest, HealthNamesWhatIsMissing) {
  const Response response = Handle(Method::kGet, "/health");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("database"));
  EXPECT_THAT(response.body, HasSubstr("event bus"));
  EXPECT_NE(HeaderOf(response, "Retry-After"), "");
}

TEST_F(WorkerTest, HealthWaitsForTheBusOnlyOnce) {
  EXPECT_FALSE(publisher_.ReachableAtStart(0));
  EXPECT_THAT(Handle(Method::kGet, "/health").body, HasSubstr("event bus"));
  // Would take weeks otherwise.
  EXPECT_FALSE(publisher_.ReachableAtStart(std::numeric_limits<int>::max()));
}

TEST_F(WorkerTest, HealthSeesTheDaemonsEndOfTheBus) {
  const auto daemon = EventSubscriber::Bind(config_.bus);
  ASSERT_TRUE(daemon.ok());
  ASSERT_TRUE(publisher_.Reachable(20'000));
  EXPECT_THAT(Handle(Method::kGet, "/health").body, Not(HasSubstr("event bus")));
}

TEST_F(WorkerTest, LogoutNeedsSomeToken) {
  EXPECT_EQ(Handle(Method::kGet, "/logout").status, 401);
  EXPECT_EQ(Handle(Method::kPost, "/logout").status, 401);
}

TEST_F(WorkerTest, ALogoutIsNotRefusedForWhatItsClientAccepts) {
  for (const char* accept : {"text/html", "image/png", "application/json;q=0"}) {
    accept_ = accept;
    EXPECT_EQ(Handle(Method::kPost, "/logout", "", "garbage").status, 204) << accept;
    EXPECT_EQ(Handle(Method::kPost, "/logout").status, 401) << accept;
  }
}

TEST_F(WorkerTest, WithATokenLogoutTellsItsMethods) {
  EXPECT_EQ(Handle(Method::kDelete, "/logout").status, 401);
  const Response response = Handle(Method::kDelete, "/logout", "", "garbage");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(HeaderOf(response, "Allow"), "GET, HEAD, POST");
}

TEST_F(WorkerTest, LogoutOfWhatWasNeverATokenIsDone) {
  EXPECT_EQ(Handle(Method::kGet, "/logout", "", "garbage").status, 204);
}

TEST_F(WorkerTest, ALinkThatCannotBeOursIsNotFound) {
  EXPECT_EQ(Handle(Method::kGet, "/register/nonsense").status, 404);
}

TEST_F(WorkerTest, ABrowserGetsAPageForALinkThatIsNotFound) {
  accept_ = "text/html,application/xhtml+xml,*/*;q=0.8";
  const Response response = Handle(Method::kGet, "/register/nonsense");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "text/html; charset=utf-8");
}

TEST_F(WorkerTest, ABrowserIsToldWhenToComeBack) {
  accept_ = "text/html";
  const Response response = Handle(Method::kGet, "/register/" + kLooksLikeAToken);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "2");
}

TEST_F(WorkerTest, NoAnswerRepeatsTheTokenOfALink) {
  accept_ = "text/html";
  EXPECT_THAT(Handle(Method::kGet, "/register/nonsense").body, Not(HasSubstr("nonsense")));
}

TEST_F(WorkerTest, LoginsWaitForASlotAndAreThenTurnedAway) {
  Config config = config_;
  config.password.hash_wait_ms = 0;
  config.password.max_concurrent_hashes = 1;
  const auto slots = MakeSlots(config, clock_);
  const auto taken = slots->Acquire();
  const Services services{config, clock_, database_, publisher_, hasher_, *slots};
  Worker worker(services);
  Request request;
  request.method = Method::kPost;
  request.path = "/login";
  request.body = R"({"email":"a@example.org","password":"does not matter"})";
  const Response response = worker.Handle(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "1");
}

}  // namespace
}  // namespace parlor::fcgi
