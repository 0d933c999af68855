#include "wsd/mailer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/registrations.h"
#include "common/token.h"

namespace parlor::wsd {
namespace {

constexpr int64_t kFirstPauseMs = 30'000;
constexpr int64_t kLongestPauseMs = 6LL * 3600 * 1000;
constexpr int64_t kLeaseMarginMs = 60'000;
constexpr const char* kSenderName = "Parlor";

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

bool HasLink(const mail_outbox::Mail& mail) {
  return mail.kind == mail_outbox::Kind::kRegistrationLink ||
         mail.kind == mail_outbox::Kind::kInvitation;
}

// The same for every try of this row, so that a receiver can drop what it has; the time tells rows
// of an earlier database from ours. But every try of a link has a new token: if the receiver kept
// the first one it would keep the dead link.
std::string MessageIdOf(const mail_outbox::Mail& mail, const std::string& from) {
  const bool is_link = HasLink(mail);
  return "parlor-" + std::to_string(mail.created_at.value) + "-" + std::to_string(mail.id.value) +
         (is_link ? "-" + std::to_string(mail.attempts + 1) : "") +
         from.substr(std::min(from.find('@'), from.size()));
}

}  // namespace

Mailer::Mailer(const Config& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      database_(config_.database, clock),
      thread_("mailer"),
      random_(std::random_device{}()) {}

Mailer::~Mailer() { Stop(Deadline::min()); }

Status Mailer::Start() {
  if (!config_.mail.folder.empty()) {
    delivery_ = MakeFolderDelivery(config_.mail.folder);
  } else if (!config_.mail.smtp_url.empty()) {
    PARLOR_ASSIGN_OR_RETURN(delivery_, MakeSmtpDelivery(config_.mail, stop_));
  } else {
    log::Warning("starting the mailer: neither mail.folder nor mail.smtp_url is set, mails wait");
    return Ok();
  }
  if (!mail::IsPlainAddress(config_.mail.from)) {
    return Status::InvalidField("mail.from", "mail.from must be a plain address.");
  }
  thread_.Start([this] { Run(); });
  return Ok();
}

void Mailer::Close() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
}

void Mailer::Stop(Deadline deadline) {
  Close();
  if (!thread_.WaitFinished(deadline)) database_.Interrupt();
  thread_.Join();
}

int64_t Mailer::RetryPauseMs(uint32_t attempts, double jitter) {
  const uint32_t doublings = std::clamp<uint32_t>(attempts, 1, 20) - 1;
  const int64_t pause_ms = std::min(kFirstPauseMs << doublings, kLongestPauseMs);
  return pause_ms - static_cast<int64_t>(jitter * static_cast<double>(pause_ms) / 4);
}

void Mailer::Run() {
  while (!stop_) {
    if (SendNext()) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::milliseconds(config_.mail.poll_ms),
                   [this] { return stop_.load(); });
  }
}

// For the metrics alone, and only when the database has just answered: what fails here is told by
// the next SendNext().
void Mailer::LookAtOutbox() {
  const int64_t now = clock_.MonotonicMs();
  if (looked_at_ms_ && now - *looked_at_ms_ < kLookMs) return;
  looked_at_ms_ = now;
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        PARLOR_ASSIGN_OR_RETURN(const mail_outbox::Depth depth, mail_outbox::Count(tx));
        numbers_.waiting = depth.waiting;
        numbers_.kept = depth.given_up;
        return Ok();
      });
  if (!status.ok()) looked_at_ms_.reset();
}

// True when there may be another one at once.
bool Mailer::SendNext() {
  std::optional<Claimed> claimed;
  bool more = false;
  const Status status = ClaimNext(&claimed, &more);
  NoteDatabase(status);
  if (!status.ok()) return false;
  if (!claimed || Settle(claimed->mail, Send(*claimed))) LookAtOutbox();
  return more;
}

// One mail at a time: the lease need not last for others. In one transaction with the hash of the
// link's token, so that the link works before anybody can have it.
Status Mailer::ClaimNext(std::optional<Claimed>* claimed, bool* more) {
  const int64_t lease_ms = config_.mail.timeout_s * 1000 + kLeaseMarginMs;
  const auto claim = [&](db::Transaction& tx) -> Status {
    claimed->reset();
    PARLOR_ASSIGN_OR_RETURN(std::vector<mail_outbox::Mail> mails,
                            mail_outbox::Claim(tx, clock_.Now(), lease_ms, 1));
    *more = !mails.empty();
    if (mails.empty()) return Ok();
    Claimed next{std::move(mails.front()), {}};
    if (HasLink(next.mail)) {
      next.token = GenerateToken();
      PARLOR_ASSIGN_OR_RETURN(
          const bool waiting,
          registrations::SetToken(tx, next.mail.registration, *HashToken(next.token)));
      // Confirmed by an earlier link, or gone: there is nothing to say any more.
      if (!waiting) return mail_outbox::Sent(tx, next.mail.id);
    }
    *claimed = std::move(next);
    return Ok();
  };
  // In doubt and repeated, the row is found taken: it waits for its lease to end.
  return database_.Transact(db::Repeat::kIdempotent, claim);
}

mail::Text Mailer::TextOf(const Claimed& claimed) const {
  const std::string url = WithoutSlash(config_.http.public_url);
  switch (claimed.mail.kind) {
    case mail_outbox::Kind::kRegistrationLink:
      return mail::RegistrationLink(url + "/http/register/" + claimed.token,
                                    config_.registration.link_hours);
    case mail_outbox::Kind::kInvitation:
      return mail::Invitation(url + "/http/register/" + claimed.token);
    case mail_outbox::Kind::kAddressTaken:
      return mail::AddressTaken(url);
    case mail_outbox::Kind::kPasswordChanged:
      break;
  }
  return mail::PasswordChanged(url);
}

Delivered Mailer::Send(const Claimed& claimed) {
  const mail_outbox::Mail& mail = claimed.mail;
  mail::Text text = TextOf(claimed);
  const TimestampMs now = clock_.Now();
  const Result<std::string> message = mail::Compose(mail::Message{
      config_.mail.from, kSenderName, mail.recipient, mail.recipient_name, std::move(text.subject),
      std::move(text.body), MessageIdOf(mail, config_.mail.from), now});
  if (!message.ok()) {
    return {Delivered::Outcome::kRefused, message.status().field() + ": not a plain address"};
  }
  return delivery_->Deliver(Envelope{config_.mail.from, mail.recipient, mail.id, now}, *message);
}

std::optional<TimestampMs> Mailer::NextAttempt(const mail_outbox::Mail& mail,
                                               const Delivered& delivered) {
  const TimestampMs now = clock_.Now();
  const uint32_t attempts = mail.attempts + 1;
  if (delivered.outcome == Delivered::Outcome::kRefused) return std::nullopt;
  if (stop_) return now;  // we broke it off ourselves
  if (attempts >= static_cast<uint64_t>(config_.mail.max_attempts)) return std::nullopt;
  const double jitter = std::uniform_real_distribution<double>(0, 1)(random_);
  return TimestampMs(now.value + RetryPauseMs(attempts, jitter));
}

bool Mailer::Settle(const mail_outbox::Mail& mail, const Delivered& delivered) {
  const bool sent = delivered.outcome == Delivered::Outcome::kSent;
  const std::optional<TimestampMs> next = NextAttempt(mail, delivered);
  if (sent) {
    numbers_.sent.Add();
    log::Info("sending a mail", {{"mail", mail.id}});
  } else if (next) {
    numbers_.to_be_tried_again.Add();
    log::Warning("sending a mail: to be tried again",
                 {{"mail", mail.id}, {"attempt", mail.attempts + 1}, {"error", delivered.error}});
  } else {
    numbers_.given_up.Add();
    log::Error("sending a mail: given up",
               {{"mail", mail.id}, {"attempt", mail.attempts + 1}, {"error", delivered.error}});
  }
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        if (sent) return mail_outbox::Sent(tx, mail.id);
        return mail_outbox::Failed(tx, mail.id, delivered.error, next, clock_.Now());
      });
  if (!status.ok()) {
    log::Warning("noting what became of a mail: it is tried again after its lease",
                 {{"mail", mail.id}, {"error", status}});
  }
  return status.ok();
}

void Mailer::NoteDatabase(const Status& status) {
  if (status.ok() == !away_) return;
  away_ = !away_;
  if (away_) log::Warning("looking for mails to send", {{"error", status}});
  if (!away_) log::Info("looking for mails to send again");
}

}  // namespace parlor::wsd
