// A worker over a real database and a real bus, with a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/token.h"
#include "fcgi/worker.h"
#include "tests/support/database.h"
#include "tests/support/fake_clock.h"

namespace parlor::fcgi {

class WorkerFixture : public ::testing::Test {
 protected:
  static constexpr const char* kPassword = "correct horse battery";
  static constexpr int kDeadlineMs = 20'000;

  void SetUp() override {
    ASSERT_NE(daemon_, nullptr);
    ASSERT_TRUE(publisher_.Reachable(kDeadlineMs));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // One request; `token` empty: none.
  Response Handle(Method method, const std::string& path, const std::string& body = "",
                  const std::string& token = "", const std::string& accept = "") {
    Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.token = token;
    request.accept = accept;
    return worker_.Handle(request);
  }

  Response Handle(const Request& request) { return worker_.Handle(request); }

  // The same worker's services over another way to the database. The parts outlive the test.
  Services ServicesWith(db::Database& database) {
    return {config_, clock_, database, publisher_, hasher_, *slots_};
  }

  // An account that can sign in with kPassword.
  std::string AddAccount(const std::string& email) {
    database_.Run(
        "INSERT INTO users (email, email_key, first_name, last_name, password_hash, "
        "created_at_ms) VALUES ('" +
        email + "', '" + email + "', 'Ada', 'Lovelace', '" + *hasher_.Hash(kPassword) + "', 1)");
    return email;
  }
  Response TryLogin(const std::string& email, const std::string& password) {
    return Handle(Method::kPost, "/login",
                  R"({"email":")" + email + R"(","password":")" + password + R"("})");
  }
  std::string Login(const std::string& email) {
    const Response response = TryLogin(email, kPassword);
    EXPECT_EQ(response.status, 200) << response.body;
    return TextOf(response.body, "token");
  }

  // The string behind "key": in compact JSON.
  static std::string TextOf(const std::string& json, const std::string& key) {
    const std::string mark = "\"" + key + "\":\"";
    const size_t start = json.find(mark);
    if (start == std::string::npos) return "";
    const size_t end = json.find('"', start + mark.size());
    return json.substr(start + mark.size(), end - start - mark.size());
  }
  static std::string HeaderOf(const Response& response, std::string_view name) {
    for (const auto& [header, value] : response.headers) {
      if (header == name) return value;
    }
    return "";
  }

  // What was pushed to the daemon, waiting for `count` events; there are no more.
  std::vector<std::string> Pushed(size_t count) {
    std::vector<std::string> events;
    while (events.size() < count) {
      auto event = daemon_->Receive(kDeadlineMs);
      if (!event) break;
      events.push_back(*event);
    }
    EXPECT_EQ(daemon_->Receive(0), std::nullopt);
    return events;
  }
  // What was pushed is what the daemon will find in the table: the same ids, in the same order.
  void ExpectPushedAsWritten(const std::vector<std::string>& pushed) {
    const db::Rows rows = database_.Read("SELECT id FROM events ORDER BY id");
    ASSERT_EQ(pushed.size(), rows.size());
    for (size_t row = 0; row < rows.size(); ++row) {
      EXPECT_NE(pushed[row].find("\"id\":" + std::to_string(rows.U64(row, 0)) + ","),
                std::string::npos)
          << pushed[row];
    }
  }
  uint64_t IdOf(const std::string& email) {
    return database_.Number("SELECT id FROM users WHERE email_key = '" + email + "'");
  }
  uint64_t RowsOf(const std::string& table) {
    return database_.Number("SELECT COUNT(*) FROM " + table);
  }

 private:
  static std::string MakeFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "parlor-worker-XXXXXX").string();
    return mkdtemp(name.data()) == nullptr ? "" : name;
  }
  static Config MakeConfig(const std::string& folder) {
    Config config;
    config.bus.endpoint = "ipc://" + folder + "/bus";
    config.bus.linger_ms = 0;
    config.password.memory_kib = 8192;  // libsodium's least: tests need no strength
    config.password.passes = 1;
    config.password.slots_path = folder + "/slots";
    return config;
  }
  static std::unique_ptr<EventSubscriber> Bind(const BusConfig& config) {
    auto subscriber = EventSubscriber::Bind(config);
    return subscriber.ok() ? std::move(subscriber).value() : nullptr;
  }

  const std::string folder_ = MakeFolder();
  const SystemClock system_clock_{};

 protected:
  testing::TestDatabase database_;
  FakeClock clock_;
  Config config_ = MakeConfig(folder_);

 private:
  const std::unique_ptr<EventSubscriber> daemon_ = Bind(config_.bus);
  EventPublisher publisher_{config_.bus};
  const PasswordHasher hasher_{config_.password};
  const std::unique_ptr<HashSlots> slots_ =
      std::move(HashSlots::Open(config_.password, system_clock_)).value();
  const Services services_{config_, clock_, database_.database(), publisher_, hasher_, *slots_};
  Worker worker_{services_};
};

}  // namespace parlor::fcgi
