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

bool Lookup::Push(LookupCommand command) { return queue_.Push(command); }

void Lookup::Close() { queue_.Close(); }

bool Lookup::Finished() const { return thread_.Finished(); }

void Lookup::Stop(Deadline deadline) {
  Close();
  if (!thread_.WaitFinished(deadline)) database_.Interrupt();
  thread_.Join();
}

void Lookup::Run() {
  for (;;) {
    std::vector<LookupCommand> commands = queue_.Take(kTurn, kIdle);
    if (commands.empty() && queue_.closed()) return;
    Work(commands);
  }
}

// Sign-ins first: somebody waits for each. Once the database has stayed away the rest of the turn
// is not tried any more, so that the next sign-ins are soon looked at.
void Lookup::Work(const std::vector<LookupCommand>& commands) {
  std::vector<Authenticate> sign_ins;
  for (const LookupCommand& command : commands) {
    if (const auto* sign_in = std::get_if<Authenticate>(&command)) sign_ins.push_back(*sign_in);
  }
  Status status;
  if (!sign_ins.empty()) status = AuthenticateAll(sign_ins);
  for (const LookupCommand& command : commands) {
    const auto* fetch = std::get_if<FetchMissing>(&command);
    if (fetch == nullptr) continue;
    if (!status.ok() && status.code() == ErrorCode::kUnavailable) {
      results_.PushResult(MissingFetched{*fetch, status});
    } else {
      status = Fetch(*fetch);
    }
  }
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

Status Lookup::Fetch(const FetchMissing& command) {
  std::vector<Message> messages;
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        PARLOR_ASSIGN_OR_RETURN(
            messages, messages::ReadRange(tx, command.conversation, command.since, command.first,
                                          command.last, kMaxFetched));
        return Ok();
      });
  Result<std::vector<Message>> answer(std::move(messages));
  if (!status.ok()) {
    log::Warning("fetching missing messages",
                 {{"conversation", command.conversation}, {"error", status}});
    answer = status;
  }
  results_.PushResult(MissingFetched{command, std::move(answer)});
  return status;
}

}  // namespace parlor::wsd
