// Where a mail goes: a mail server (smtp.cpp, the only includer of libcurl's mail side) or, for a
// trial, a folder of .eml files. Each may be used by one thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "common/config.h"
#include "common/ids.h"
#include "common/status.h"

namespace parlor::wsd {

struct Delivered {
  enum class Outcome {
    kSent,
    kTryLater,  // 4xx, network, TLS, our login refused: the next try may work
    kRefused,   // 5xx for this mail: no use in trying again
  };
  Outcome outcome = Outcome::kSent;
  std::string error;  // for the administrator; no address, no text
};

struct Envelope {
  std::string from, to;  // plain addresses, see common/mail.h
  MailId id;
  TimestampMs date;
};

class MailDelivery {
 public:
  virtual ~MailDelivery() = default;
  virtual Delivered Deliver(const Envelope& envelope, const std::string& message) = 0;
};

// Writes `<date>-<id>.eml`, mode 0600, whole or not at all. Makes the folder (0700) if it is
// missing.
std::unique_ptr<MailDelivery> MakeFolderDelivery(const std::string& folder);

// SMTP as configured: with smtp_tls "required" nothing is said before a verified TLS is up. One
// recipient a mail; mail.timeout_s for all of it. `stop` ends a running transfer within a second or
// so (kTryLater). kInvalidField when the configuration would send in the clear beyond this machine.
Result<std::unique_ptr<MailDelivery>> MakeSmtpDelivery(const MailConfig& config,
                                                       const std::atomic<bool>& stop);

}  // namespace parlor::wsd
