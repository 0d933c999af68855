// The mailer thread: sends what is in mail_outbox.
//
// A mail is claimed with a lease in one transaction, sent without any lock, and deleted; a mailer
// that dies leaves the row to be claimed again: at least once. Each try has the same Message-ID, so
// that a receiver can drop a repeat, but for mails with a link: the token of a link is made at this
// moment, its hash committed before the mail leaves, and it is written nowhere else; so each try
// has a new one, and a Message-ID of its own. Failures are tried again with growing pauses, up to
// mail.max_attempts; refusals (5xx) are final; such rows stay for the administrator. With neither a
// folder nor a server configured mails just wait. Owned by Daemon (main.cpp); nobody tells it
// anything: it looks every mail.poll_ms.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>

#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "common/mail.h"
#include "common/mail_outbox.h"
#include "wsd/delivery.h"
#include "wsd/meter.h"
#include "wsd/thread.h"

namespace parlor::wsd {

class Mailer {
 public:
  Mailer(const Config& config, const Clock& clock);
  ~Mailer();  // Stop() at once

  Status Start();  // an error when mail is configured in a way that can't be right
  void Close();    // aborts a running transfer; the mail is tried again later
  void Stop(Deadline deadline);

  // What became of the mails, and what is in the outbox (looked at every kLookMs). Any thread.
  struct Numbers {
    Count sent, to_be_tried_again, given_up;
    std::atomic<uint64_t> waiting{0}, kept{0};  // kept: given up, for the administrator
  };
  const Numbers& numbers() const { return numbers_; }
  static constexpr int64_t kLookMs = 10'000;

  // How long to wait after the `attempts`-th failure in a row: half a minute, doubling, six hours
  // at most; `jitter` in [0, 1) takes up to a quarter off.
  static int64_t RetryPauseMs(uint32_t attempts, double jitter);

 private:
  // A claimed mail. `token` for the link, if it has one.
  struct Claimed {
    mail_outbox::Mail mail;
    std::string token;
  };

  void Run();
  bool SendNext();
  Status ClaimNext(std::optional<Claimed>* claimed, bool* more);
  mail::Text TextOf(const Claimed& claimed) const;
  Delivered Send(const Claimed& claimed);
  bool Settle(const mail_outbox::Mail& mail, const Delivered& delivered);  // false: not stored
  void LookAtOutbox();
  std::optional<TimestampMs> NextAttempt(const mail_outbox::Mail& mail, const Delivered& delivered);
  void NoteDatabase(const Status& status);

  const Config config_;
  const Clock& clock_;
  db::Database database_;
  std::atomic<bool> stop_{false};
  Numbers numbers_;
  std::unique_ptr<MailDelivery> delivery_;  // none: mails wait
  Thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;

  // The thread's own.
  std::minstd_rand random_;
  std::optional<int64_t> looked_at_ms_;
  bool away_ = false;
};

}  // namespace parlor::wsd
