#include "wsd/batch_store.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/check.h"
#include "common/log.h"

namespace parlor::wsd {
namespace {

bool IsFresh(const Result<messages::Stored>& outcome) {
  return outcome.ok() && !outcome->duplicate;
}

bool SamePlace(const messages::Stored& a, const messages::Stored& b) {
  return a.conversation == b.conversation && a.seq == b.seq && a.sent_at == b.sent_at;
}

}  // namespace

BatchStore::BatchStore(db::Database& database, const Clock& clock, int64_t retry_limit_ms)
    : database_(database), clock_(clock), retry_limit_ms_(retry_limit_ms) {}

std::optional<std::vector<WriteOutcome>> BatchStore::Store(std::vector<WriteMessage> batch) {
  PARLOR_CHECK(!Holding());
  held_ = std::make_unique<Held>();
  Held& held = *held_;
  for (WriteMessage& request : batch) {
    held.from.push_back(request.from);
    held.messages.push_back(std::move(request.message));
  }
  held.marked.resize(batch.size());
  held.settled.resize(batch.size());
  held.doubtful.resize(batch.size());
  held.give_up_at_ms = clock_.MonotonicMs() + retry_limit_ms_;
  if (!batch.empty()) held.pieces.push_back(Piece{0, batch.size()});
  return Work();
}

std::optional<std::vector<WriteOutcome>> BatchStore::Resolve() {
  PARLOR_CHECK(Holding());
  return Work();
}

std::vector<WriteOutcome> BatchStore::Abandon() {
  PARLOR_CHECK(Holding());
  for (const Piece& piece : held_->pieces) {
    if (piece.doubt == Doubt::kNone) continue;
    log::Error("giving up a batch in doubt", {{"messages", piece.end - piece.begin}});
    SettleAll(piece, Status(ErrorCode::kInDoubt, "It may or may not have been stored."));
  }
  RefuseTheRest(Status(ErrorCode::kUnavailable, "The database is away."));
  return Finish();
}

std::optional<std::vector<WriteOutcome>> BatchStore::Work() {
  while (!held_->pieces.empty()) {
    const Piece piece = held_->pieces.back();
    held_->pieces.pop_back();
    if (!WorkOn(piece)) return std::nullopt;
  }
  return Finish();
}

// False: in doubt and the database is away; the piece is back on the list.
bool BatchStore::WorkOn(Piece piece) {
  if (piece.doubt == Doubt::kLookForMark) return Look(piece);
  return StorePiece(piece);
}

bool BatchStore::Look(Piece piece) {
  const Result<bool> stored = MarkIsStored(piece);
  if (!stored.ok()) {
    log::Warning("finding out about a commit in doubt", {{"error", stored.status()}});
    held_->pieces.push_back(piece);
    return false;
  }
  log::Info("finding out about a commit in doubt",
            {{"messages", piece.end - piece.begin}, {"stored", *stored ? "yes" : "no"}});
  if (*stored) {
    for (size_t i = piece.begin; i < piece.end; ++i) {
      if (!held_->settled[i]) held_->settled[i] = *held_->doubtful[i];
    }
    return true;
  }
  for (size_t i = piece.begin; i < piece.end; ++i) held_->settled[i].reset();
  piece.doubt = Doubt::kNone;
  if (clock_.MonotonicMs() < held_->give_up_at_ms) return StorePiece(piece);
  SettleAll(piece, Status(ErrorCode::kUnavailable, "The database is away."));
  return true;
}

bool BatchStore::StorePiece(Piece piece) {
  Outcomes outcomes;
  const Status status = Attempt(piece, &outcomes);
  if (status.ok()) {
    Settle(piece, outcomes);
  } else if (status.code() == ErrorCode::kInDoubt) {
    KeepDoubt(piece, outcomes);
  } else if (status.code() != ErrorCode::kUnavailable) {
    Split(piece, status);
  } else if (piece.doubt != Doubt::kNone) {
    held_->pieces.push_back(piece);
    return false;
  } else {
    SettleAll(piece, status);
    RefuseTheRest(status);
  }
  return true;
}

// One transaction. Marks first one message without an id; if that was refused while others were
// stored, all of them.
Status BatchStore::Attempt(const Piece& piece, Outcomes* outcomes) {
  bool mark_is_missing = false;
  const auto append = [&](db::Transaction& tx) -> Status {
    outcomes->clear();
    const std::span<const messages::Outgoing> batch(held_->messages.data() + piece.begin,
                                                    piece.end - piece.begin);
    PARLOR_RETURN_IF_ERROR(messages::Append(tx, batch, clock_.Now(), outcomes));
    mark_is_missing =
        !StoredMark(piece, *outcomes).has_value() && StoredWithoutMark(piece, *outcomes);
    if (mark_is_missing) return Status(ErrorCode::kConflict, "The marked message was refused.");
    return Ok();
  };
  GiveMarks(piece, /*to_all=*/false);
  Status status = database_.Transact(db::Repeat::kOnce, append);
  if (!status.ok() && mark_is_missing) {
    GiveMarks(piece, /*to_all=*/true);
    mark_is_missing = false;
    status = database_.Transact(db::Repeat::kOnce, append);
  }
  return status;
}

// The attempt may or may not be stored: keeps what it gave, and how the truth is to be found.
void BatchStore::KeepDoubt(Piece piece, const Outcomes& outcomes) {
  log::Warning("committing a batch: in doubt", {{"messages", piece.end - piece.begin}});
  if (std::none_of(outcomes.begin(), outcomes.end(), IsFresh)) {
    Settle(piece, outcomes);  // it changed nothing, and read what is committed
    return;
  }
  const std::optional<size_t> mark = StoredMark(piece, outcomes);
  for (size_t i = piece.begin; i < piece.end; ++i) {
    const Result<messages::Stored>& outcome = outcomes[i - piece.begin];
    if (IsFresh(outcome)) held_->doubtful[i] = *outcome;
    if (mark && !IsFresh(outcome)) SettleOne(i, outcome);
  }
  piece.doubt = mark ? Doubt::kLookForMark : Doubt::kRepeat;
  piece.mark = mark.value_or(0);
  held_->pieces.push_back(piece);
}

// Refused for good: the halves on their own, the older one first; a message alone gets the error.
void BatchStore::Split(const Piece& piece, const Status& error) {
  if (piece.end - piece.begin == 1) {
    log::Error("storing a message",
               {{"sender", held_->messages[piece.begin].sender}, {"error", error}});
    // What an earlier attempt may have stored is not said to be refused.
    SettleAll(piece, piece.doubt == Doubt::kNone
                         ? Status(ErrorCode::kInternal, "The message can't be stored.")
                         : Status(ErrorCode::kInDoubt, "It may or may not have been stored."));
    return;
  }
  const size_t middle = piece.begin + (piece.end - piece.begin) / 2;
  Piece later = piece;
  later.begin = middle;
  Piece earlier = piece;
  earlier.end = middle;
  held_->pieces.push_back(later);
  held_->pieces.push_back(earlier);
}

Result<bool> BatchStore::MarkIsStored(const Piece& piece) {
  const messages::Outgoing& message = held_->messages[piece.mark];
  const ConversationId conversation = held_->doubtful[piece.mark]->conversation;
  bool found = false;
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        PARLOR_ASSIGN_OR_RETURN(
            found, messages::IsStored(tx, conversation, message.sender, *message.client_msg_id));
        return Ok();
      });
  if (!status.ok()) return status;
  return found;
}

void BatchStore::GiveMark(size_t place) {
  std::string mark(1, '\xFF');
  for (int i = 0; i < 4; ++i) {
    const uint32_t bits = random_();
    for (int shift = 0; shift < 32; shift += 8) mark += static_cast<char>(bits >> shift);
  }
  held_->messages[place].client_msg_id = std::move(mark);
  held_->marked[place] = true;
}

void BatchStore::GiveMarks(const Piece& piece, bool to_all) {
  for (size_t i = piece.begin; i < piece.end; ++i) {
    const bool has_id = held_->messages[i].client_msg_id.has_value();
    if (!has_id) GiveMark(i);
    if (held_->marked[i] && !to_all) return;
  }
}

std::optional<size_t> BatchStore::StoredMark(const Piece& piece, const Outcomes& outcomes) const {
  for (size_t i = piece.begin; i < piece.end; ++i) {
    if (held_->marked[i] && IsFresh(outcomes[i - piece.begin])) return i;
  }
  return std::nullopt;
}

bool BatchStore::StoredWithoutMark(const Piece& piece, const Outcomes& outcomes) const {
  for (size_t i = piece.begin; i < piece.end; ++i) {
    const bool has_id = held_->messages[i].client_msg_id.has_value();
    if (!has_id && IsFresh(outcomes[i - piece.begin])) return true;
  }
  return false;
}

void BatchStore::Settle(const Piece& piece, const Outcomes& outcomes) {
  PARLOR_CHECK(outcomes.size() == piece.end - piece.begin);
  for (size_t i = piece.begin; i < piece.end; ++i) SettleOne(i, outcomes[i - piece.begin]);
}

void BatchStore::SettleOne(size_t place, Result<messages::Stored> outcome) {
  const std::optional<messages::Stored>& doubtful = held_->doubtful[place];
  if (outcome.ok() && doubtful && SamePlace(*outcome, *doubtful)) outcome->duplicate = false;
  held_->settled[place] = std::move(outcome);
}

void BatchStore::SettleAll(const Piece& piece, const Status& error) {
  for (size_t i = piece.begin; i < piece.end; ++i) {
    if (!held_->settled[i]) held_->settled[i] = error;
  }
}

void BatchStore::RefuseTheRest(const Status& error) {
  for (const Piece& piece : held_->pieces) SettleAll(piece, error);
  held_->pieces.clear();
}

std::vector<WriteOutcome> BatchStore::Finish() {
  std::vector<WriteOutcome> finished;
  finished.reserve(held_->messages.size());
  for (size_t i = 0; i < held_->messages.size(); ++i) {
    messages::Outgoing& message = held_->messages[i];
    if (held_->marked[i]) message.client_msg_id.reset();
    finished.push_back(WriteOutcome{WriteMessage{held_->from[i], std::move(message)},
                                    std::move(*held_->settled[i])});
  }
  held_.reset();
  return finished;
}

}  // namespace parlor::wsd
