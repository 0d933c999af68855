// A gateway with recorders around it: connections, threads and the clock are the test's.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/token.h"
#include "tests/support/fake_clock.h"
#include "tests/wsd/recording_peer.h"
#include "wsd/gateway.h"

namespace parlor::wsd {

// A client of the gateway. Close codes, pings and pauses are in `peer`.
struct Client {
  RecordingPeer peer;
  Session* session = nullptr;  // null when gone
};

class GatewayTest : public ::testing::Test {
 protected:
  static constexpr UserId kAda{1};
  static constexpr UserId kBob{2};
  using Snapshots = std::vector<group_members::Snapshot>;

  static Config Configuration() {
    Config config;
    config.socket.max_queue_bytes = 4000;
    return config;
  }
  // With nobody present in any group, unless a test wants to load presence itself.
  explicit GatewayTest(Config config = Configuration(), bool load = true)
      : config_(std::move(config)) {
    gateway_ = std::make_unique<Gateway>(
        config_, clock_,
        Threads{[this](WriteMessage message) { return Take(writes_, std::move(message)); },
                [this](const LookupCommand& command) { return Take(lookups_, command); },
                [this](PresenceCommand command) { return Note(std::move(command)); },
                [this](EventDone done) { return Take(events_done_, done); },
                [this](AskBot question) { return Take(questions_, std::move(question)); }});
    gateway_->Start();
    if (load) AnswerPresence(Snapshots());
  }

  // ---- Clients
  Client& Connect() {
    clients_.push_back(std::make_unique<Client>());
    Client& client = *clients_.back();
    client.session = &gateway_->Open(client.peer);
    return client;
  }
  static std::string TokenText(char letter) { return std::string(kTokenLength, letter); }
  static std::string InitText(char letter) { return R"({"token":")" + TokenText(letter) + "\"}"; }
  static std::string MessageText(UserId to, const std::string& id = "") {
    return R"({"chat_type":"room","other_user_id":)" + std::to_string(to.value) +
           R"(,"message":"hello")" + (id.empty() ? "" : R"(,"client_msg_id":")" + id + "\"") + "}";
  }
  void Say(Client& client, std::string_view text) {
    gateway_->Receive(*client.session, text, true, false);
  }
  // Signed in, with `ready` read.
  Client& SignIn(UserId user, char token, uint64_t session) {
    Client& client = Connect();
    Say(client, InitText(token));
    AnswerSignIn(user, session);
    EXPECT_EQ(Take(client).size(), 1U);
    return client;
  }
  std::vector<std::string> Take(Client& client) { return client.peer.Take(*client.session); }
  int CloseCodeOf(Client& client) {
    Take(client);
    return client.peer.close_code;
  }
  void Vanish(Client& client) {
    gateway_->Gone(*client.session);
    client.session = nullptr;
  }

  // ---- Threads
  sessions::Session Login(UserId user, uint64_t session, const TokenHash& token) {
    const TimestampMs now = clock_.Now();
    return {SessionId(session),
            user,
            token,
            now,
            TimestampMs(now.value + kWeekMs),
            TimestampMs(now.value + 4 * kWeekMs)};
  }
  Authenticate TakeLookup() {
    EXPECT_FALSE(lookups_.empty());
    const auto command = std::get<Authenticate>(lookups_.front());
    lookups_.erase(lookups_.begin());
    return command;
  }
  // What the lookup thread was asked for last must be the presence of one group or of all.
  LoadPresence TakeLoad() {
    EXPECT_FALSE(lookups_.empty());
    const auto command = std::get<LoadPresence>(lookups_.back());
    lookups_.pop_back();
    return command;
  }
  void AnswerPresence(Result<Snapshots> groups) {
    Post(PresenceLoaded{TakeLoad(), std::move(groups)});
  }
  void Answer(const Authenticate& command, Result<std::optional<sessions::Session>> session) {
    Post(Authenticated{command.from, command.token, std::move(session)});
  }
  void AnswerSignIn(UserId user, uint64_t session) {
    const Authenticate command = TakeLookup();
    Answer(command, std::optional(Login(user, session, command.token)));
  }
  void Post(LoopItem item) {
    std::vector<LoopItem> items;
    items.push_back(std::move(item));
    gateway_->Handle(std::move(items));
  }
  // Commits everything the writers were given, as conversation 50.
  void Commit() {
    BatchWritten batch;
    for (WriteMessage& write : std::exchange(writes_, {})) {
      ++seq_;
      messages::Stored stored{ConversationId(50), Seq(seq_), clock_.Now(), false};
      batch.outcomes.push_back({std::move(write), stored});
    }
    Post(std::move(batch));
  }
  void FailWrites(const Status& status) {
    BatchWritten batch;
    for (WriteMessage& write : std::exchange(writes_, {})) {
      batch.outcomes.push_back({std::move(write), status});
    }
    Post(std::move(batch));
  }
  void PostEvent(Event event, uint64_t id = 0) {
    EventArrived arrived;
    arrived.event = std::move(event);
    arrived.id = EventId(id);
    Post(std::move(arrived));
  }
  void PostFetched(const FetchMissing& request, std::vector<Message> messages) {
    MissingFetched answer{request, Status(ErrorCode::kInternal, "")};
    answer.messages = std::move(messages);
    Post(std::move(answer));
  }
  std::string Presence() { return std::exchange(presence_, ""); }

  // Time passes, and the loop looks at it every 100 ms.
  void Pass(int64_t ms) {
    for (; ms > 0; ms -= 100) {
      clock_.Advance(std::min<int64_t>(ms, 100));
      gateway_->Tick();
    }
  }

  static constexpr int64_t kWeekMs = int64_t{7} * 86400 * 1000;
  Config config_;
  FakeClock clock_;
  bool full_ = false;  // the threads take nothing
  std::vector<WriteMessage> writes_;
  std::vector<LookupCommand> lookups_;
  std::vector<EventDone> events_done_;
  std::vector<AskBot> questions_;
  std::vector<TouchSession> touches_;
  std::vector<RaiseRates> raises_;
  std::string presence_;  // "+1 -1": user 1 came, user 1 left
  uint64_t seq_ = 0;
  std::unique_ptr<Gateway> gateway_;
  std::vector<std::unique_ptr<Client>> clients_;

 private:
  template <typename T>
  bool Take(std::vector<T>& into, T item) {
    if (full_) return false;
    into.push_back(std::move(item));
    return true;
  }
  bool Note(PresenceCommand command) {
    if (const auto* touch = std::get_if<TouchSession>(&command)) return Take(touches_, *touch);
    if (const auto* raise = std::get_if<RaiseRates>(&command)) return Take(raises_, *raise);
    const bool came = std::holds_alternative<UserCame>(command);
    const UserId user = came ? std::get<UserCame>(command).user : std::get<UserLeft>(command).user;
    presence_ +=
        (presence_.empty() ? "" : " ") + std::string(came ? "+" : "-") + std::to_string(user.value);
    return true;
  }
};

}  // namespace parlor::wsd
