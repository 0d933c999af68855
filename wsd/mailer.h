// The mailer thread: sends what is in mail_outbox.
//
// A mail is claimed with a lease in one transaction, sent without any lock, and deleted; a mailer
// that dies leaves the row to be claimed again (at least once, with the same Message-ID). The token
// of a registration link is made at this moment, its hash committed before the mail leaves, and it
// is written nowhere else. Failures are tried again with growing pauses, up to mail.max_attempts;
// refusals (5xx) are final; such rows stay for the administrator. With neither a folder nor a
// server configured mails just wait. Owned by the loop, which tells it nothing: it looks every
// mail.poll_ms.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "common/mail_outbox.h"
#include "wsd/delivery.h"
#include "wsd/thread.h"

namespace parlor::wsd {

class Mailer {
 public:
  Mailer(const Config& config, const Clock& clock);
  ~Mailer();

  Status Start();  // an error when mail is configured in a way that can't be right
  void Close();
  bool Finished() const;
  void Stop(Deadline deadline);  // aborts a running transfer; the mail is tried again later

  // When the next try after `attempts` failed ones is due: half a minute, doubling, six hours at
  // most; `jitter` in [0, 1) spreads it over the last quarter.
  static int64_t RetryPauseMs(uint32_t attempts, double jitter);

 private:
  void Run();
  bool SendNext();  // false: nothing due, or the database is away
  Result<std::string> Prepare(const mail_outbox::Mail& mail);
  void Settle(const mail_outbox::Mail& mail, const Delivered& delivered);

  const Config config_;
  const Clock& clock_;
  db::Database database_;
  std::unique_ptr<MailDelivery> delivery_;
  Thread thread_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::minstd_rand random_;
  bool away_ = false;
};

}  // namespace parlor::wsd
