// The configuration of both programs: one TOML file, environment variables over it, one table that
// knows it all (config_table.cpp: key, bounds, meaning). The defaults are the initializers below,
// so a default-constructed Config is exactly what a program without file and variables runs with.
//
// An option is `section.name` in the file ([section] name = …) and PARLOR_SECTION_NAME in the
// environment (lists separated by commas). An unknown key, a wrong type or a value out of bounds
// stops the start with one sentence; the value of a secret is never in it. `--print-config` writes
// the commented reference from the same table, `--print-reference` that of the manual. A Config is
// a plain value; a reload loads another one and takes some options over, on the loop's thread
// (wsd/server_reload.cpp). toml++ is included by config.cpp alone.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "common/status.h"

namespace parlor {

// Where the truth is. Exactly one of `socket` and `host` is set.
struct DatabaseConfig {
  std::string socket = "/run/mysqld/mysqld.sock";  // path of a unix socket
  std::string host;                                // for TCP
  int64_t port = 3306;
  std::string name = "parlor";  // schema
  std::string user;
  std::string password;  // secret
  std::string tls_ca;    // PEM file; set for TCP beyond loopback: chain and host name are verified
  int64_t connect_timeout_s = 5;
  int64_t read_timeout_s = 15;
  int64_t lock_wait_timeout_s = 4;
  int64_t retry_limit_ms = 10000;  // how long a transaction is retried before kUnavailable
};

struct BusConfig {
  // ipc:///path; the daemon binds (mode 0660), workers connect.
  std::string endpoint = "ipc:///run/parlor/bus.sock";
  int64_t high_water_mark = 10000;  // events queued for a daemon that does not read
  int64_t linger_ms = 500;          // how long an ending worker still tries to deliver
  int64_t sweep_ms = 250;           // how often the daemon works off the events table
};

struct HttpConfig {
  int64_t max_body_bytes = 65536;
  // Where people reach us, for links in mails; never ends in '/'.
  std::string public_url = "http://127.0.0.1:8080";
};

struct SocketConfig {
  std::string listen_path = "/run/parlor/wsd.sock";  // unix socket for nginx; empty: none
  std::string listen_owner;                          // "user:group" that may connect; empty: ours
  int64_t listen_port = 0;                           // TCP for a direct setup; 0: none
  std::string listen_address = "127.0.0.1";          // of listen_port
  std::vector<std::string> allowed_origins;  // empty: same host as the Host header; "*": all
  int64_t max_connections = 0;               // 0: from the descriptor limit
  int64_t max_descriptors = 0;               // setrlimit before the loop starts; 0: as inherited
  int64_t max_frame_bytes = 65536;
  int64_t init_timeout_ms = 10000;
  int64_t ping_interval_ms = 25000;
  int64_t max_queue_bytes = 1048576;  // a connection with more than this waiting: closed with 4408
  int64_t flush_window_ms = 5;  // a connection that was just written to waits this long for more
  int64_t offline_grace_ms = 10000;
  int64_t unread_interval_ms = 1000;  // between two notification_update of a group
  int64_t shutdown_timeout_ms = 8000;
};

struct LimitsConfig {
  int64_t messages_per_second = 20;  // a user
  int64_t message_burst = 200;
  int64_t bad_frames_per_minute = 10;     // a connection: then 4400
  int64_t refusals_per_10s = 100;         // a connection: then 4429
  int64_t wrong_passwords = 10;           // an account …
  int64_t wrong_password_window_s = 900;  // … in this time
  int64_t registrations_per_hour = 10;    // an address: mails to somebody who may not have asked
  int64_t groups_per_owner = 1000;
  int64_t present_groups = 100;  // where a user may be present at once
};

struct WriterConfig {
  int64_t threads = 2;
  int64_t max_batch_messages = 256;
  int64_t max_batch_bytes = 1048576;
  int64_t max_queue_messages = 20000;  // a thread; beyond it senders get `unavailable`
};

struct SessionConfig {
  int64_t idle_days = 7;
  int64_t max_days = 30;         // never less than idle_days
  int64_t recent_login_s = 600;  // a password change without current_password
};

struct RegistrationConfig {
  int64_t link_hours = 24;
};

struct PasswordConfig {
  int64_t memory_kib = 19456;
  int64_t passes = 2;
  int64_t max_concurrent_hashes = 2;                  // over all workers of this machine
  int64_t hash_wait_ms = 2000;                        // then 503
  std::string slots_path = "/run/parlor/hash-slots";  // folder of the lock files that count hashes
};

// Neither folder nor smtp_url: mail waits in the outbox. Both: the folder wins.
struct MailConfig {
  std::string folder;    // write .eml files here instead of sending (trial)
  std::string smtp_url;  // smtp://host:587, smtps://host:465
  std::string smtp_user;
  std::string smtp_password;          // secret
  std::string smtp_tls = "required";  // STARTTLS, verified; or "none" (relay on loopback only)
  std::string smtp_ca;                // PEM file instead of the system's
  std::string from = "parlor@localhost";
  std::string helo_name;  // EHLO name; empty: local host name
  int64_t timeout_s = 30;
  int64_t poll_ms = 500;  // how often the outbox is looked at
  int64_t max_attempts = 12;
};

// Who answers in the bot chat. With "openai" a failing model falls back to the rules.
struct BotConfig {
  std::string engine = "rules";  // or "openai"
  std::string openai_url;        // base of a server that speaks chat completions: https://host/v1
  std::string openai_model;
  std::string openai_key;               // secret; empty: none is sent
  std::string openai_tls = "required";  // beyond this machine; or "none" (a network you trust)
  std::string openai_ca;                // PEM file instead of the system's
  std::string system_prompt =
      "You help people on a chat server. Answer briefly, in the question's language.";
  int64_t context_messages = 20;      // the conversation's last messages that the model is shown
  int64_t timeout_s = 15;             // one request to the model
  int64_t answer_limit_s = 20;        // from the question to the answer; then an apology is stored
  int64_t max_answer_bytes = 262144;  // of the model's HTTP answer; a longer one is a failure
  int64_t threads = 4;                // questions in work at once
  int64_t max_waiting_per_user = 3;   // questions behind the one in work; then `busy`
  int64_t max_waiting = 1000;         // over all users; then `busy`
  int64_t rules_refresh_ms = 2000;    // how often the table bot_rules is read
};

// What the daemon tells who watches it (docs/admin/watch.md).
struct MetricsConfig {
  std::string listen;              // "127.0.0.1:9464"; empty: no port is opened
  std::string reach = "loopback";  // or "network": listen may be an address beyond this machine
  int64_t stuck_after_ms = 5000;   // without a turn of the loop for so long /health says 503
  std::string pool;                // a worker's pool, as its label: "api", "auth"; empty: none
};

struct LogConfig {
  std::string level = "info";  // debug, info, warning, error
};

struct Config {
  std::string file;  // what it was read from, and is at a reload; empty: no file. No option
  DatabaseConfig database;
  BusConfig bus;
  HttpConfig http;
  SocketConfig socket;
  LimitsConfig limits;
  WriterConfig writer;
  SessionConfig session;
  RegistrationConfig registration;
  PasswordConfig password;
  MailConfig mail;
  BotConfig bot;
  MetricsConfig metrics;
  LogConfig log;
};

// The variable that names the file.
inline constexpr const char* kConfigFileVariable = "PARLOR_CONFIG";

// Reads `path` (empty: no file), then the variables in `environment`, whose names all begin with
// PARLOR_ (kConfigFileVariable and PARLOR_TEST_* are no options and passed over).
// The error (kInvalidField) is a sentence that names the file or variable, the key, and what is
// allowed or the option whose name is nearest.
Result<Config> LoadConfig(const std::string& path,
                          const std::map<std::string, std::string>& environment);

// The PARLOR_* variables of this process.
std::map<std::string, std::string> ParlorEnvironment();

// The commented reference: every option with its default, bounds and meaning, in an order that
// reads well. Valid TOML that loads to the defaults.
void PrintConfigReference(std::ostream& out);

// The same for people, in Markdown: a heading and a table for each section. It is the generated
// part of docs/admin/configure.md.
void PrintMarkdownReference(std::ostream& out);

}  // namespace parlor
