#include "common/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace parlor::log {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr size_t kMaxValueBytes = 1000;
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %n %v";

// Whether standard error leads to systemd's journal: JOURNAL_STREAM (systemd.exec(5)) names it by
// device and inode, so that a program whose output was turned elsewhere is not taken in.
bool WritesToJournal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): no threads
  struct stat about {};
  return stream != nullptr && fstat(STDERR_FILENO, &about) == 0 &&
         stream == std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
}

// "<4>" before a record: its level for the journal (sd-daemon(3)).
class JournalLevel : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    const std::string_view digit = DigitOf(message.level);
    out.append(digit.data(), digit.data() + digit.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalLevel>();
  }

 private:
  static std::string_view DigitOf(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::err:
        return "<3>";
      case spdlog::level::warn:
        return "<4>";
      case spdlog::level::info:
        return "<6>";
      default:
        return "<7>";
    }
  }
};

std::unique_ptr<spdlog::formatter> MakeFormatter() {
  auto formatter =
      std::make_unique<spdlog::pattern_formatter>(kPattern, spdlog::pattern_time_type::utc);
  if (WritesToJournal()) {
    formatter->add_flag<JournalLevel>('J').set_pattern(std::string("%J") + kPattern);
  }
  return formatter;
}

std::shared_ptr<spdlog::logger> MakeLogger(std::string_view program, spdlog::level::level_enum l) {
  auto logger = std::make_shared<spdlog::logger>(std::string(program),
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(MakeFormatter());
  logger->set_level(l);
  return logger;
}

// Never destroyed: a thread or a destructor may write while the program ends.
std::shared_ptr<spdlog::logger>& Sink() {
  static auto* sink =
      new std::shared_ptr<spdlog::logger>(MakeLogger("parlor", spdlog::level::info));
  return *sink;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      break;
  }
  return spdlog::level::err;
}

bool IsPlain(char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\'; }

void AppendEscaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out.append({'\\', c});
  } else if (c == '\n') {
    out += "\\n";
  } else if (byte >= ' ' && byte < 0x7f) {
    out += c;
  } else {
    out.append({'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]});
  }
}

void AppendValue(std::string& out, std::string_view value) {
  const std::string_view shown = value.substr(0, kMaxValueBytes);
  const bool cut = shown.size() < value.size();
  if (!shown.empty() && !cut && std::all_of(shown.begin(), shown.end(), IsPlain)) {
    out += shown;
    return;
  }
  out += '"';
  for (char c : shown) AppendEscaped(out, c);
  out += cut ? "...\"" : "\"";
}

}  // namespace

bool Enabled(Level level) { return Sink()->should_log(ToSpdlog(level)); }

namespace {

void WriteRecord(Level level, std::string_view doing, std::initializer_list<Field> fields,
                 int64_t suppressed) {
  spdlog::logger& sink = *Sink();
  if (!sink.should_log(ToSpdlog(level))) return;
  std::string text(doing);
  for (const Field& field : fields) {
    text.append(" ").append(field.key).append("=");
    AppendValue(text, field.value);
  }
  if (suppressed > 0) text.append(" suppressed=").append(std::to_string(suppressed));
  sink.log(ToSpdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace

Level ParseLevel(std::string_view name) {
  if (name == "debug") return Level::kDebug;
  if (name == "warning") return Level::kWarning;
  if (name == "error") return Level::kError;
  return Level::kInfo;
}

void Init(std::string_view program, Level level) { Sink() = MakeLogger(program, ToSpdlog(level)); }

void SetLevel(Level level) { Sink()->set_level(ToSpdlog(level)); }

Field::Field(std::string_view k, const Status& status) : key(k), value("ok") {
  if (status.ok()) return;
  // On the wire both are "unavailable"; who reads the log needs to know which it was.
  value = status.code() == ErrorCode::kInDoubt ? "in_doubt" : WireCode(status.code());
  value.append(": ").append(status.message());
}

void Write(Level level, std::string_view doing, std::initializer_list<Field> fields) {
  WriteRecord(level, doing, fields, 0);
}

void Every::Write(Level level, std::string_view doing, std::initializer_list<Field> fields) {
  const std::optional<int64_t> suppressed = Admit();
  if (suppressed.has_value()) WriteRecord(level, doing, fields, *suppressed);
}

std::optional<int64_t> Every::Admit() {
  std::lock_guard lock(mutex_);
  const int64_t now = clock_.MonotonicMs();
  if (!window_start_ms_.has_value() || now - *window_start_ms_ >= interval_ms_) {
    window_start_ms_ = now;
    written_ = 0;
  }
  if (written_ >= records_) {
    ++suppressed_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(suppressed_, 0);
}

}  // namespace parlor::log
