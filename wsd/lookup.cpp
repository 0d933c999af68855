#include "wsd/lookup.h"

#include <map>
#include <utility>

#include "common/log.h"
#include "common/messages.h"
#include "common/sessions.h"

namespace parlor::wsd {
namespace {

constexpr std::chrono::milliseconds kIdle{60000};
constexpr size_t kTurn = 1000;  // commands a turn: the most that sessions::Find takes

bool IsForEverything(const LookupCommand& command) {
  const auto* load = std::get_if<LoadPresence>(&command);
  return load != nullptr && !load->group;
}

}  // namespace

Lookup::Lookup(const Config& config, const Clock& clock, Queue<LoopItem>& results)
    : clock_(clock),
      results_(results),
      database_(config.database, clock),
      queue_(kMaxQueued),
      thread_("lookup") {}

Lookup::~Lookup() { Stop(Deadline::min()); }

Status Lookup::Start() {
  thread_.Start([this] { Run(); });
  return Ok();
}

bool Lookup::Push(LookupCommand command) { return queue_.Push(std::move(command)); }

void Lookup::Close() { queue_.Close(); }

void Lookup::Stop(Deadline deadline) {
  Close();
  if (!thread_.WaitFinished(deadline)) database_.Interrupt();
  thread_.Join();
}

void Lookup::Run() {
  for (;;) {
    std::vector<LookupCommand> commands = queue_.Take(kTurn, kIdle);
    if (commands.empty() && queue_.closed()) return;
    Work(std::move(commands));
  }
}

// Once the database has stayed away the rest of the turn is not tried any more, so that the next
// sign-ins are soon looked at. Counts may be many and long: the queue is looked at after each.
void Lookup::Work(std::vector<LookupCommand> commands) {
  std::deque<LookupCommand> rest;
  Status status = WorkOnUrgent(std::move(commands), Ok(), rest);
  while (!rest.empty()) {
    const LookupCommand command = std::move(rest.front());
    rest.pop_front();
    if (const auto* fetch = std::get_if<FetchMissing>(&command)) status = Answer(*fetch, status);
    if (const auto* load = std::get_if<LoadPresence>(&command)) status = Answer(*load, status);
    const auto* count = std::get_if<CountUnread>(&command);
    if (count == nullptr) continue;
    status = Answer(*count, status);
    if (!status.ok() || rest.size() >= kTurn) continue;
    status = WorkOnUrgent(queue_.Take(kTurn, std::chrono::milliseconds(0)), status, rest);
  }
}

// What everybody waits for, then the sign-ins, for each of which somebody waits. The others go
// behind `rest`.
Status Lookup::WorkOnUrgent(std::vector<LookupCommand> commands, Status status,
                            std::deque<LookupCommand>& rest) {
  std::vector<Authenticate> sign_ins;
  for (LookupCommand& command : commands) {
    if (const auto* sign_in = std::get_if<Authenticate>(&command)) {
      sign_ins.push_back(*sign_in);
    } else if (IsForEverything(command)) {
      status = Answer(std::get<LoadPresence>(command), status);
    } else {
      rest.push_back(std::move(command));
    }
  }
  return sign_ins.empty() ? status : AuthenticateAll(sign_ins);
}

Status Lookup::AuthenticateAll(std::span<const Authenticate> commands) {
  std::vector<TokenHash> tokens;
  tokens.reserve(commands.size());
  for (const Authenticate& command : commands) tokens.push_back(command.token);
  std::map<TokenHash, sessions::Session> found;
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        found.clear();
        PARLOR_ASSIGN_OR_RETURN(const std::vector<sessions::Session> live,
                                sessions::Find(tx, tokens, clock_.Now()));
        for (const sessions::Session& session : live) found.emplace(session.token, session);
        return Ok();
      });
  if (!status.ok()) {
    log::Warning("looking sessions up", {{"sign_ins", commands.size()}, {"error", status}});
  }
  for (const Authenticate& command : commands) {
    std::optional<sessions::Session> session;
    if (const auto it = found.find(command.token); it != found.end()) session = it->second;
    Result<std::optional<sessions::Session>> answer(session);
    if (!status.ok()) answer = status;
    results_.PushResult(Authenticated{command.from, command.token, std::move(answer)});
  }
  return status;
}

template <typename Value, typename Read>
Result<Value> Lookup::Try(const Status& before, const char* doing, ConversationId conversation,
                          const Read& read) {
  if (!before.ok() && before.code() == ErrorCode::kUnavailable) return before;
  Value value{};
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        PARLOR_ASSIGN_OR_RETURN(value, read(tx));
        return Ok();
      });
  if (status.ok()) return value;
  log::Warning(doing, {{"conversation", conversation}, {"error", status}});
  return status;
}

Status Lookup::Answer(const FetchMissing& command, const Status& before) {
  auto messages = Try<std::vector<Message>>(
      before, "fetching missing messages", command.conversation, [&](db::Transaction& tx) {
        return messages::ReadRange(tx, command.conversation, command.since, command.first,
                                   command.last, kMaxFetched);
      });
  Status status = messages.status();
  results_.PushResult(MissingFetched{command, std::move(messages)});
  return status;
}

Status Lookup::Answer(const LoadPresence& command, const Status& before) {
  auto groups = Try<std::vector<group_members::Snapshot>>(
      before, "loading who is present", command.group,
      [&](db::Transaction& tx) { return group_members::LoadPresence(tx, command.group); });
  Status status = groups.status();
  results_.PushResult(PresenceLoaded{command, std::move(groups)});
  return status;
}

Status Lookup::Answer(const CountUnread& command, const Status& before) {
  auto counts = Try<group_members::UnreadCounts>(
      before, "counting what is unread", command.group, [&](db::Transaction& tx) {
        return group_members::CountUnread(tx, command.group, command.users);
      });
  Status status = counts.status();
  results_.PushResult(UnreadCounted{command, std::move(counts)});
  return status;
}

}  // namespace parlor::wsd
