// Storing one batch of messages so that the answer is true: nothing lost, nothing twice.
//
// A batch is one transaction. Three things can go wrong with it:
//
// * A message that the database refuses for good (kInternal): the batch is halved until that
// message
//   alone gets the error.
// * The database is away: Transact() repeats up to database.retry_limit_ms, then every message is
//   kUnavailable; nothing of it is stored.
// * The connection broke during COMMIT (in doubt). Repeating is safe for messages with a
//   client_msg_id, but would double the others. So if a batch has one without, one such message
//   carries a mark in its client_msg_id column: a zero byte and 16 random ones, which no client can
//   send (their ids are text without NUL, see protocol.cpp). A transaction is stored whole or not
//   at all, so one mark tells it for the batch, and it costs one index entry a batch instead of one
//   a message. In doubt, the mark is looked for with a locking read, which waits until a
//   transaction that the server may still be finishing has ended. Found: the outcomes of that
//   attempt are the truth. Not found: again. A batch in which all have ids is just repeated; what
//   then turns out to be stored where the attempt in doubt had put it was stored by that attempt:
//   not a duplicate.
//
// As long as the truth can't be found out (the database stays away) the batch is held: Resolve()
// tries again. One thread.
#pragma once

#include <optional>
#include <vector>

#include "common/clock.h"
#include "common/db.h"
#include "wsd/commands.h"

namespace parlor::wsd {

class BatchStore {
 public:
  // Both outlive it. `retry_limit_ms`: how long after its first attempt a batch that is known not
  // to be stored is tried again.
  BatchStore(db::Database& database, const Clock& clock, int64_t retry_limit_ms);

  // The outcomes in order, or nullopt: in doubt and held; call Resolve() before the next Store().
  std::optional<std::vector<WriteOutcome>> Store(std::vector<WriteMessage> batch);

  bool Holding() const { return held_.has_value(); }
  // Tries to find out about the held batch, for at most database.retry_limit_ms; nullopt: still in
  // doubt. Part of Store()'s work may follow.
  std::optional<std::vector<WriteOutcome>> Resolve();
  // Gives the held batch up: kInDoubt outcomes (shutdown).
  std::vector<WriteOutcome> Abandon();

 private:
  using Outcomes = std::vector<Result<messages::Stored>>;
  struct Attempt {
    std::vector<messages::Outgoing> batch;  // as stored: with marks
    std::optional<size_t> marked;           // the message that carries the mark that counts
    bool mark_all = false;
    Outcomes outcomes;
  };
  // A stretch of the batch that is one transaction.
  struct Piece {
    size_t begin, end;
    std::optional<Attempt> in_doubt;
  };
  struct Held {
    std::vector<WriteMessage> batch;
    std::vector<std::optional<Result<messages::Stored>>> outcomes;
    std::vector<Piece> pieces;  // still to do, the next one last
    int64_t give_up_at_ms = 0;  // monotonic
  };

  std::optional<std::vector<WriteOutcome>> Work();
  bool WorkOn(Piece piece);
  Status StorePiece(const Piece& piece, Attempt* attempt);
  Status Run(Attempt* attempt);
  Result<bool> WasCommitted(const Attempt& attempt);
  void Settle(const Piece& piece, const Outcomes& outcomes);
  void SettleAll(const Piece& piece, const Status& error);
  std::vector<WriteOutcome> Finish();

  db::Database& database_;
  const Clock& clock_;
  const int64_t retry_limit_ms_;
  std::optional<Held> held_;
};

}  // namespace parlor::wsd
