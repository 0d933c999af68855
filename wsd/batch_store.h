// Storing one batch of messages so that the answer is true: nothing lost, nothing twice.
//
// A batch is one transaction. Three things can go wrong with it:
//
// * A message that the database refuses for good (kInternal): the batch is halved until that
//   message alone gets the error.
// * The database is away: Transact() repeats up to database.retry_limit_ms, then every message is
//   kUnavailable; nothing of it is stored.
// * The connection broke during COMMIT (in doubt). Repeating is safe for messages with a
//   client_msg_id, but would double the others. So if a batch has one without, one such message
//   carries a mark in its client_msg_id column: a byte 0xFF and 16 random ones, which no client can
//   send (their ids are UTF-8). A transaction is stored whole or not at all, so one mark tells it
//   for the batch, and it costs one index entry a batch instead of one a message. In doubt, the
//   mark is looked for with a locking read, which waits until a transaction that the server may
//   still be finishing has ended. Found: the outcomes of that attempt are the truth. Not found:
//   again. Where all messages that were stored have ids, the batch is just repeated; what then
//   turns out to be stored where the attempt in doubt had put it was stored by that attempt: not a
//   duplicate.
//
// As long as the truth can't be found out (the database stays away) the batch is held: Resolve()
// tries again. One thread.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/db.h"
#include "wsd/commands.h"

namespace parlor::wsd {

class BatchStore {
 public:
  // Both outlive it. `retry_limit_ms`: for how long a batch that is known not to be stored is tried
  // again, from Store() on.
  BatchStore(db::Database& database, const Clock& clock, int64_t retry_limit_ms);

  // The outcomes in order, or nullopt: in doubt and held; Resolve() or Abandon() before the next
  // Store().
  std::optional<std::vector<WriteOutcome>> Store(std::vector<WriteMessage> batch);

  bool Holding() const { return held_ != nullptr; }
  // Goes on with the held batch. Takes up to database.retry_limit_ms when the database is away; may
  // be back at once when it refuses us for another reason, so pause before the next call.
  std::optional<std::vector<WriteOutcome>> Resolve();
  // Gives the held batch up: kInDoubt, and kUnavailable for what was certainly not stored.
  std::vector<WriteOutcome> Abandon();

 private:
  enum class Doubt {
    kNone,
    kLookForMark,  // `mark` of the piece was stored, if the attempt was
    kRepeat,       // all that it stored has ids of clients
  };
  // A stretch of the batch that is one transaction.
  struct Piece {
    size_t begin = 0, end = 0;
    Doubt doubt = Doubt::kNone;
    size_t mark = 0;  // the message, by its place in the batch
  };
  struct Held {
    std::vector<ConnectionId> from;
    std::vector<messages::Outgoing> messages;
    std::vector<bool> marked;  // its client_msg_id is ours
    std::vector<std::optional<Result<messages::Stored>>> settled;
    std::vector<std::optional<messages::Stored>> doubtful;  // what an attempt in doubt gave it
    std::vector<Piece> pieces;                              // still to do, the next one last
    int64_t give_up_at_ms = 0;                              // monotonic
  };
  using Outcomes = std::vector<Result<messages::Stored>>;

  std::optional<std::vector<WriteOutcome>> Work();
  bool WorkOn(Piece piece);
  bool Look(Piece piece);
  bool StorePiece(Piece piece);
  Status Attempt(const Piece& piece, Outcomes* outcomes);
  void KeepDoubt(Piece piece, const Outcomes& outcomes);
  void Split(const Piece& piece, const Status& error);
  Result<bool> MarkIsStored(const Piece& piece);
  void GiveMark(size_t place);
  void GiveMarks(const Piece& piece, bool to_all);
  std::optional<size_t> StoredMark(const Piece& piece, const Outcomes& outcomes) const;
  bool StoredWithoutMark(const Piece& piece, const Outcomes& outcomes) const;
  void Settle(const Piece& piece, const Outcomes& outcomes);
  void SettleOne(size_t place, Result<messages::Stored> outcome);
  void SettleAll(const Piece& piece, const Status& error);
  void RefuseTheRest(const Status& error);
  std::vector<WriteOutcome> Finish();

  db::Database& database_;
  const Clock& clock_;
  const int64_t retry_limit_ms_;
  std::random_device random_;
  std::unique_ptr<Held> held_;  // nothing: no batch in work
};

}  // namespace parlor::wsd
