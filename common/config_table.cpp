#include "common/config_table.h"

#include <algorithm>
#include <utility>

#include "common/config_checks.h"

namespace parlor {
namespace {

using config_checks::IsBotEngine;
using config_checks::IsBusEndpoint;
using config_checks::IsDatabaseName;
using config_checks::IsHostName;
using config_checks::IsIpAddress;
using config_checks::IsKey;
using config_checks::IsListenAddress;
using config_checks::IsLogLevel;
using config_checks::IsMailAddress;
using config_checks::IsModelUrl;
using config_checks::IsOrigin;
using config_checks::IsOwner;
using config_checks::IsPath;
using config_checks::IsPathOrEmpty;
using config_checks::IsPoolName;
using config_checks::IsPublicUrl;
using config_checks::IsReach;
using config_checks::IsSmtpUrl;
using config_checks::IsSocketPathOrEmpty;
using config_checks::IsTlsDemand;

constexpr std::string_view kAbsolutePath = "an absolute path";
constexpr std::string_view kPathOrNothing = "an absolute path, or nothing";
constexpr std::string_view kTlsDemand = "\"required\" or \"none\"";
constexpr std::string_view kSocketPath = "an absolute path of at most 107 bytes, or nothing";

// A member of Config, two names deep.
// NOLINTBEGIN(bugprone-macro-parentheses): names can't stand in parentheses.
#define PLACE(section, member) \
  +[](Config& config) -> decltype(config.section.member)& { return config.section.member; }
// NOLINTEND(bugprone-macro-parentheses)

constexpr Section kSections[] = {
    {"database", "Where everything is kept: MySQL 8.0 or MariaDB 10.6 and later. Both programs."},
    {"bus", "How workers tell the socket daemon at once what they committed. Both programs."},
    {"http", "What the FastCGI workers accept."},
    {"socket", "The WebSocket daemon: where it listens, and what a connection may cost."},
    {"limits", "How much one user, connection or account may do before it is slowed down."},
    {"writer", "How the daemon stores messages: everything that waits in one transaction."},
    {"session", "How long a login lasts."},
    {"registration", "New accounts."},
    {"password", "What a password hash (Argon2id) costs us, and whoever steals the database."},
    {"mail", "How mails leave: registration links and notices. Only the daemon sends."},
    {"bot", "Who answers in the bot chat: docs/bot.md."},
    {"metrics", "What Prometheus and health checks ask: docs/admin/watch.md."},
    {"log", "Records go to standard error, one line each."},
};

constexpr Option kOptions[] = {
    {.section = "database",
     .name = "socket",
     .place = PLACE(database, socket),
     .help = "Unix socket of a server on this machine: nothing to encrypt, and cheaper than TCP. "
             "Exactly one of socket and host is set. The default is where Debian's server listens.",
     .allowed = kSocketPath,
     .accepts = IsSocketPathOrEmpty},
    {.section = "database",
     .name = "host",
     .place = PLACE(database, host),
     .help = "Server to reach by TCP instead; write socket = \"\" then. Anything beyond this "
             "machine needs tls_ca as well, because passwords and messages would cross the network "
             "in the clear."},
    {.section = "database",
     .name = "port",
     .place = PLACE(database, port),
     .help = "Port of host. 3306 is the port of MySQL everywhere.",
     .min = 1,
     .max = 65535},
    {.section = "database",
     .name = "name",
     .place = PLACE(database, name),
     .help = "The schema that sql/ was applied to.",
     .allowed = "1 to 64 letters, digits, '_', '-' or '.'",
     .accepts = IsDatabaseName},
    {.section = "database",
     .name = "user",
     .place = PLACE(database, user),
     .help = "Account to sign in with. Give workers and daemon one each, with no more rights than "
             "they need. Empty: the name of the operating system's account, as the server's "
             "unix_socket authentication wants it."},
    {.section = "database",
     .name = "password",
     .place = PLACE(database, password),
     .help = "Its password. Keep the file that holds it readable by the programs alone. Empty: "
             "none, for unix_socket authentication.",
     .secret = true},
    {.section = "database",
     .name = "tls_ca",
     .place = PLACE(database, tls_ca),
     .help = "PEM file of the authority that signed the server's certificate. With it, chain and "
             "host name are verified, and a server without TLS is refused.",
     .allowed = kPathOrNothing,
     .accepts = IsPathOrEmpty},
    {.section = "database",
     .name = "connect_timeout_s",
     .place = PLACE(database, connect_timeout_s),
     .help = "Seconds to wait for a connection. Short, so that a server that is gone is noticed "
             "while people still wait; after it the attempt is repeated.",
     .min = 1,
     .max = 60},
    {.section = "database",
     .name = "read_timeout_s",
     .place = PLACE(database, read_timeout_s),
     .help =
         "Seconds to wait for the answer to one statement. After it the connection is thrown "
         "away. Every statement of Parlor takes milliseconds; more than lock_wait_timeout_s, so "
         "that waiting for a lock ends in the server first.",
     .min = 2,
     .max = 300},
    {.section = "database",
     .name = "lock_wait_timeout_s",
     .place = PLACE(database, lock_wait_timeout_s),
     .help = "Seconds the server lets a statement wait for another transaction's lock. After it "
             "the transaction is rolled back and tried again. The server's own 50 are made for "
             "reports, not for chat.",
     .min = 1,
     .max = 60},
    {.section = "database",
     .name = "retry_limit_ms",
     .place = PLACE(database, retry_limit_ms),
     .help =
         "Milliseconds for which a transaction is repeated after a deadlock or a lost "
         "connection, with growing pauses. Then the request is answered with 'unavailable'. Ten "
         "seconds bridge the restart of a database; much more keeps people in the dark.",
     .min = 100,
     .max = 120000},

    {.section = "bus",
     .name = "endpoint",
     .place = PLACE(bus, endpoint),
     .help = "Where the daemon listens for the workers' events: a unix socket that it makes with "
             "mode 0660, in a folder that both may enter.",
     .allowed = "ipc:// and an absolute path of at most 107 bytes",
     .accepts = IsBusEndpoint},
    {.section = "bus",
     .name = "high_water_mark",
     .place = PLACE(bus, high_water_mark),
     .help = "Events that a worker queues for a daemon that does not read. Beyond it they are not "
             "pushed; the daemon then finds them in the table events (sweep_ms), so nothing is "
             "lost, only later. 10,000 are a few megabytes.",
     .min = 1,
     .max = 1000000},
    {.section = "bus",
     .name = "linger_ms",
     .place = PLACE(bus, linger_ms),
     .help = "Milliseconds for which a worker that ends still tries to hand over queued events. "
             "After it they are left to the table, as above.",
     .min = 0,
     .max = 10000},
    {.section = "bus",
     .name = "sweep_ms",
     .place = PLACE(bus, sweep_ms),
     .help = "How often the daemon looks into the table events for what did not come by the bus: "
             "from killed workers, from SQL scripts. It bounds how late a logout by script takes "
             "effect, which is promised within a second. An empty look costs the database 0.1 ms.",
     .min = 10,
     .max = 1000},

    {.section = "http",
     .name = "max_body_bytes",
     .place = PLACE(http, max_body_bytes),
     .help = "Largest request body; more is answered with 413. 64 KiB holds the longest message "
             "(16,000 bytes) however it is escaped, with room to spare. nginx has its own limit "
             "(client_max_body_size): keep the two equal.",
     .min = 32768,
     .max = 1048576},
    {.section = "http",
     .name = "public_url",
     .place = PLACE(http, public_url),
     .help = "Where people reach this server; links in mails begin with it. Never taken from a "
             "request, or anyone could have links to a host of theirs mailed by us.",
     .allowed = "http:// or https://, a host, no '/' at the end",
     .accepts = IsPublicUrl},

    {.section = "socket",
     .name = "listen_path",
     .place = PLACE(socket, listen_path),
     .help = "Unix socket for nginx: a send costs a quarter of what it costs on loopback TCP. "
             "Several daemons on a machine need one each. Empty: none.",
     .allowed = kSocketPath,
     .accepts = IsSocketPathOrEmpty},
    {.section = "socket",
     .name = "listen_owner",
     .place = PLACE(socket, listen_owner),
     .help = "Owner of that socket, which has mode 0660: nginx must be one of the two. Empty: the "
             "daemon's own user and group. Needs the right to chown, which systemd's unit does not "
             "give: there the folder's group is the socket's.",
     .allowed = "user:group, or nothing",
     .accepts = IsOwner},
    {.section = "socket",
     .name = "listen_port",
     .place = PLACE(socket, listen_port),
     .help = "TCP port for clients without nginx in between. There is no TLS here, and the address "
             "in the limits is then that of the connection.",
     .min = 1,
     .max = 65535,
     .zero = "none"},
    {.section = "socket",
     .name = "listen_address",
     .place = PLACE(socket, listen_address),
     .help = "Address of listen_port. Loopback, because tokens cross it in the clear.",
     .allowed = "an IPv4 or IPv6 address in digits",
     .accepts = IsIpAddress},
    {.section = "socket",
     .name = "allowed_origins",
     .place = PLACE(socket, allowed_origins),
     .help =
         "Web pages that may open the socket, as browsers name them: "
         "[\"https://chat.example.org\"]. Others get 403 at the handshake; clients that send no "
         "Origin are no browsers and may. Empty: the host that the socket itself is reached "
         "by. \"*\": every page, for a public service.",
     .allowed = "scheme://host or scheme://host:port, or \"*\"",
     .accepts = IsOrigin,
     .reload = true},
    {.section = "socket",
     .name = "max_connections",
     .place = PLACE(socket, max_connections),
     .help = "Connections beyond it are refused at once. Out of descriptors the daemon could not "
             "even do that, so 200 of them always stay in reserve.",
     .min = 1,
     .max = 1000000,
     .zero = "as many as the descriptor limit allows"},
    {.section = "socket",
     .name = "max_descriptors",
     .place = PLACE(socket, max_descriptors),
     .help = "Descriptor limit that the daemon sets for itself; it does not start if that is not "
             "granted. Each costs 16 bytes at once. libwebsockets fails silently beyond ten "
             "million, hence the bound.",
     .min = 256,
     .max = 10000000,
     .zero = "as inherited (ulimit -n, LimitNOFILE=)"},
    {.section = "socket",
     .name = "max_frame_bytes",
     .place = PLACE(socket, max_frame_bytes),
     .help = "Largest frame that a client may send; a larger one closes the connection with 4413. "
             "64 KiB is what the protocol promises; so much is held for a connection at most.",
     .min = 32768,
     .max = 1048576},
    {.section = "socket",
     .name = "init_timeout_ms",
     .place = PLACE(socket, init_timeout_ms),
     .help = "Milliseconds for the first frame with the token; then 4401. Ten seconds suffice on "
             "any network, and strangers can't pile up connections for longer.",
     .min = 100,
     .max = 60000},
    {.section = "socket",
     .name = "ping_interval_ms",
     .place = PLACE(socket, ping_interval_ms),
     .help = "A connection that was silent for this long is pinged; one that answers neither of "
             "two pings is gone. 25 s keep the usual routers (30 s) from forgetting it, and nginx "
             "(proxy_read_timeout) too.",
     .min = 100,
     .max = 300000},
    {.section = "socket",
     .name = "max_queue_bytes",
     .place = PLACE(socket, max_queue_bytes),
     .help = "Bytes that may wait for a connection that reads slowly. Beyond it, it is closed with "
             "4408 and the client fetches from history what it missed. 1 MiB is some thousand "
             "messages; this many connections times it is the worst case of memory.",
     .min = 65536,
     .max = 67108864},
    {.section = "socket",
     .name = "flush_window_ms",
     .place = PLACE(socket, flush_window_ms),
     .help = "A connection that was just written to waits this long, so that what comes meanwhile "
             "leaves in one write: a seventh of the cost in busy groups. The first message after "
             "silence never waits. 0 writes at every turn of the loop.",
     .min = 0,
     .max = 100},
    {.section = "socket",
     .name = "offline_grace_ms",
     .place = PLACE(socket, offline_grace_ms),
     .help = "A user whose last socket vanished is announced as offline after this time, so that "
             "reloading a page does not flap. A logout is announced at once.",
     .min = 0,
     .max = 300000},
    {.section = "socket",
     .name = "unread_interval_ms",
     .place = PLACE(socket, unread_interval_ms),
     .help = "The least time between two notification_update of one group, for members who are "
             "online but do not look at it. A busy group would else cost a count of everybody's "
             "unread messages for each message; the last one always has the final count. A second "
             "is what the protocol promises.",
     .min = 10,
     .max = 60000},
    {.section = "socket",
     .name = "shutdown_timeout_ms",
     .place = PLACE(socket, shutdown_timeout_ms),
     .help = "After SIGTERM: time to store what is queued and to close connections with 1012. "
             "Shorter than the supervisor's patience before it kills.",
     .min = 100,
     .max = 60000},

    {.section = "limits",
     .name = "messages_per_second",
     .place = PLACE(limits, messages_per_second),
     .help = "Messages a second a user may send for long, by socket and HTTP together, repeats "
             "included. Beyond it 'too_fast', and nothing is stored. People never type 20 a "
             "second; programs are asked to.",
     .min = 1,
     .max = 100000,
     .reload = true},
    {.section = "limits",
     .name = "message_burst",
     .place = PLACE(limits, message_burst),
     .help = "Messages a user who was quiet may send at once before that rate counts: what a "
             "client kept while it was offline.",
     .min = 1,
     .max = 1000000,
     .reload = true},
    {.section = "limits",
     .name = "bad_frames_per_minute",
     .place = PLACE(limits, bad_frames_per_minute),
     .help = "Frames answered with malformed_json or invalid_field in a minute on one connection; "
             "with this one it is closed with 4400. A broken client should notice, not burn our "
             "time.",
     .min = 1,
     .max = 10000,
     .reload = true},
    {.section = "limits",
     .name = "refusals_per_10s",
     .place = PLACE(limits, refusals_per_10s),
     .help = "Answers 'too_fast' in ten seconds on one connection; then it is closed with 4429, "
             "because refusing costs something too.",
     .min = 1,
     .max = 100000,
     .reload = true},
    {.section = "limits",
     .name = "wrong_passwords",
     .place = PLACE(limits, wrong_passwords),
     .help =
         "Wrong passwords for one address within wrong_password_window_s; then 429, for the "
         "right one too, and whether or not there is such an account. A right one is not counted "
         "and forgives none. Bounds guessing to 40 an hour, however many machines guess.",
     .min = 1,
     .max = 10000},
    {.section = "limits",
     .name = "wrong_password_window_s",
     .place = PLACE(limits, wrong_password_window_s),
     .help = "Seconds after which a wrong password is forgotten. Longer lets a stranger lock "
             "somebody out for longer.",
     .min = 1,
     .max = 86400},
    {.section = "limits",
     .name = "registrations_per_hour",
     .place = PLACE(limits, registrations_per_hour),
     .help = "Registrations with one e-mail address in an hour, each of which sends a mail there; "
             "then 429, whether or not it has an account. So nobody can flood a stranger's mailbox "
             "from here.",
     .min = 1,
     .max = 10000},
    {.section = "limits",
     .name = "groups_per_owner",
     .place = PLACE(limits, groups_per_owner),
     .help = "Groups that one user may own; then 409 for making one more, and 422 for handing one "
             "over to somebody who owns that many. Groups are never deleted, and everybody's list "
             "shows them all. A lower number takes nothing from those who own more.",
     .min = 1,
     .max = 1000000},
    {.section = "limits",
     .name = "present_groups",
     .place = PLACE(limits, present_groups),
     .help = "Groups that one user may be present in at once; then 409 for entering one more. Each "
             "sends all its messages to all his sockets, and when he goes offline he leaves them "
             "all in one transaction, which holds each group's row. People look at one or two.",
     .min = 1,
     .max = 1000},

    {.section = "writer",
     .name = "threads",
     .place = PLACE(writer, threads),
     .help = "Threads that store messages, with a database connection each. A conversation always "
             "goes to the same one, which keeps its order. One stores over 20,000 messages a "
             "second; the second keeps others going while one waits for a lock.",
     .min = 1,
     .max = 64},
    {.section = "writer",
     .name = "max_batch_messages",
     .place = PLACE(writer, max_batch_messages),
     .help = "Messages in one transaction at most. There is no waiting for more: what comes during "
             "a commit is the next batch. Beyond some hundred a larger batch gains nothing and "
             "holds its locks longer.",
     .min = 1,
     .max = 1000},
    {.section = "writer",
     .name = "max_batch_bytes",
     .place = PLACE(writer, max_batch_bytes),
     .help = "Text in one transaction at most, so that the statement stays far below the server's "
             "max_allowed_packet (16 MiB), also when every byte must be escaped.",
     .min = 16384,
     .max = 4194304},
    {.section = "writer",
     .name = "max_queue_messages",
     .place = PLACE(writer, max_queue_messages),
     .help = "Messages that wait for a thread at most, e.g. while the database restarts. Beyond it "
             "the sender gets 'unavailable' at once and nothing is dropped silently. 20,000 of the "
             "longest are 320 MB; of the usual, 4 MB.",
     .min = 1,
     .max = 1000000},

    {.section = "session",
     .name = "idle_days",
     .place = PLACE(session, idle_days),
     .help = "Days without use after which a login ends. Each use moves the end on.",
     .min = 1,
     .max = 365},
    {.section = "session",
     .name = "max_days",
     .place = PLACE(session, max_days),
     .help = "Days after which a login ends even if it is used all the time, so that a stolen "
             "token does not work for ever. At least idle_days.",
     .min = 1,
     .max = 3650},
    {.section = "session",
     .name = "recent_login_s",
     .place = PLACE(session, recent_login_s),
     .help = "Seconds after a login in which the password can be changed without giving the "
             "current one. Later it must be given: who finds an open laptop can't take the "
             "account over. 0: always.",
     .min = 0,
     .max = 86400},

    {.section = "registration",
     .name = "link_hours",
     .place = PLACE(registration, link_hours),
     .help = "Hours for which a registration link works; later it is answered with 410. A day, "
             "because mail may be late and people sleep.",
     .min = 1,
     .max = 720},

    {.section = "password",
     .name = "memory_kib",
     .place = PLACE(password, memory_kib),
     .help = "Memory of one hash in KiB. 19 MiB with two passes is OWASP's minimum and takes about "
             "35 ms; more makes guessing on a stolen database dearer, and each login here too. "
             "Less is for tests only. Stored hashes are renewed at the next login; until then a "
             "wrong password for such an account takes the old time, which tells it from an "
             "address without one.",
     .min = 64,
     .max = 1048576},
    {.section = "password",
     .name = "passes",
     .place = PLACE(password, passes),
     .help = "Passes over that memory; time grows with it, memory does not.",
     .min = 1,
     .max = 20},
    {.section = "password",
     .name = "max_concurrent_hashes",
     .place = PLACE(password, max_concurrent_hashes),
     .help = "Hashes at the same time over all workers of this machine. Each takes a core and "
             "memory_kib, so a flood of logins gets no more than this. As many as cores at most.",
     .min = 1,
     .max = 64},
    {.section = "password",
     .name = "hash_wait_ms",
     .place = PLACE(password, hash_wait_ms),
     .help = "Milliseconds a request waits for its turn to hash; then 503 with Retry-After. Long "
             "enough for a morning rush, short enough that nobody presses the button twice.",
     .min = 0,
     .max = 30000},
    {.section = "password",
     .name = "slots_path",
     .place = PLACE(password, slots_path),
     .help = "Folder with a lock file for each hash that may run; all workers use the same.",
     .allowed = kAbsolutePath,
     .accepts = IsPath},

    {.section = "mail",
     .name = "folder",
     .place = PLACE(mail, folder),
     .help = "Write each mail as an .eml file into this folder instead of sending it: for a trial. "
             "Wins over smtp_url. With neither, mails wait in the table mail_outbox.",
     .allowed = kPathOrNothing,
     .accepts = IsPathOrEmpty},
    {.section = "mail",
     .name = "smtp_url",
     .place = PLACE(mail, smtp_url),
     .help = "The server that takes our mails: smtp://host:587 (STARTTLS), smtps://host:465 (TLS "
             "from the start), smtp://127.0.0.1:25 (a relay on this machine).",
     .allowed = "smtp:// or smtps:// and a host, or nothing",
     .accepts = IsSmtpUrl},
    {.section = "mail",
     .name = "smtp_user",
     .place = PLACE(mail, smtp_user),
     .help = "Account at that server. Empty: no authentication."},
    {.section = "mail",
     .name = "smtp_password",
     .place = PLACE(mail, smtp_password),
     .help = "Its password.",
     .secret = true},
    {.section = "mail",
     .name = "smtp_tls",
     .place = PLACE(mail, smtp_tls),
     .help = "\"required\": no mail and no password leaves unencrypted or to a server with a wrong "
             "certificate. \"none\" is accepted for a relay on this machine only. There is no "
             "'if possible': whoever is in between would say that it is not.",
     .allowed = kTlsDemand,
     .accepts = IsTlsDemand},
    {.section = "mail",
     .name = "smtp_ca",
     .place = PLACE(mail, smtp_ca),
     .help = "PEM file of the authority that signed the mail server's certificate. Empty: those "
             "that the system trusts.",
     .allowed = kPathOrNothing,
     .accepts = IsPathOrEmpty},
    {.section = "mail",
     .name = "from",
     .place = PLACE(mail, from),
     .help = "Sender of our mails. Use an address of your domain that the mail server may send "
             "for; most refuse the default.",
     .allowed = "an e-mail address without a name",
     .accepts = IsMailAddress},
    {.section = "mail",
     .name = "helo_name",
     .place = PLACE(mail, helo_name),
     .help = "How we introduce ourselves to the mail server (EHLO). Empty: this machine's name.",
     .allowed = "a host name, or nothing",
     .accepts = IsHostName},
    {.section = "mail",
     .name = "timeout_s",
     .place = PLACE(mail, timeout_s),
     .help = "Seconds for one mail as a whole. After it the mail is tried again later.",
     .min = 1,
     .max = 600},
    {.section = "mail",
     .name = "poll_ms",
     .place = PLACE(mail, poll_ms),
     .help = "How often the outbox is looked at: people wait for their link. An empty look costs "
             "the database 0.1 ms.",
     .min = 10,
     .max = 60000},
    {.section = "mail",
     .name = "max_attempts",
     .place = PLACE(mail, max_attempts),
     .help = "Attempts for a mail that the server can't take now, with growing pauses; then the "
             "row stays in mail_outbox with its error for you to look at. A refusal for good is "
             "not repeated.",
     .min = 1,
     .max = 100},

    {.section = "bot",
     .name = "engine",
     .place = PLACE(bot, engine),
     .help =
         "\"rules\": the table bot_rules answers, and nothing leaves this server. \"openai\": a "
         "model answers, behind openai_url; when it fails the rules do.",
     .allowed = "\"rules\" or \"openai\"",
     .accepts = IsBotEngine},
    {.section = "bot",
     .name = "openai_url",
     .place = PLACE(bot, openai_url),
     .help = "Base of a server with OpenAI's chat-completions protocol, as its manual gives it: "
             "https://api.openai.com/v1, http://127.0.0.1:11434/v1. /chat/completions is put "
             "behind it. Redirects are not followed.",
     .allowed = "http:// or https:// and a host, without login and query, or nothing",
     .accepts = IsModelUrl},
    {.section = "bot",
     .name = "openai_model",
     .place = PLACE(bot, openai_model),
     .help = "The model's name there. There is no default: names differ from server to server, and "
             "so do prices."},
    {.section = "bot",
     .name = "openai_key",
     .place = PLACE(bot, openai_key),
     .help = "The key, sent as Authorization: Bearer. Better given by the environment than in a "
             "file. Empty: none is sent, for a server of your own.",
     .allowed = "printable ASCII without spaces, or nothing",
     .accepts = IsKey,
     .secret = true},
    {.section = "bot",
     .name = "openai_tls",
     .place = PLACE(bot, openai_tls),
     .help = "\"required\": http:// is accepted for this machine only, because questions and key "
             "would cross the network in the clear. \"none\": also for others, for a model server "
             "in a network that you trust. Certificates of https:// are always verified.",
     .allowed = kTlsDemand,
     .accepts = IsTlsDemand},
    {.section = "bot",
     .name = "openai_ca",
     .place = PLACE(bot, openai_ca),
     .help = "PEM file of the authority that signed that server's certificate. Empty: those that "
             "the system trusts.",
     .allowed = kPathOrNothing,
     .accepts = IsPathOrEmpty},
    {.section = "bot",
     .name = "system_prompt",
     .place = PLACE(bot, system_prompt),
     .help = "What the model is told before the conversation: who it is, what it may talk about. "
             "Empty: nothing."},
    {.section = "bot",
     .name = "context_messages",
     .place = PLACE(bot, context_messages),
     .help = "How many of the conversation's last messages the model is shown, the question "
             "included. More remember further back and cost more with every question; 20 are about "
             "ten questions with their answers.",
     .min = 1,
     .max = 200},
    {.section = "bot",
     .name = "timeout_s",
     .place = PLACE(bot, timeout_s),
     .help = "Seconds for one request to the model as a whole; then the rules answer. Less than "
             "answer_limit_s, or there is rarely anything left for it to bound.",
     .min = 1,
     .max = 300},
    {.section = "bot",
     .name = "answer_limit_s",
     .place = PLACE(bot, answer_limit_s),
     .help = "Seconds from a question to its answer, waiting included; a question that is older "
             "gets an apology. The protocol promises clients 20; raise it only for a slow model "
             "and clients of your own.",
     .min = 1,
     .max = 300},
    {.section = "bot",
     .name = "max_answer_bytes",
     .place = PLACE(bot, max_answer_bytes),
     .help = "Largest answer of the model's server, with all its JSON; a larger one counts as a "
             "failure, so a broken server can't fill the memory. What is stored of an answer are "
             "16,000 bytes, the length of every message.",
     .min = 4096,
     .max = 16777216},
    {.section = "bot",
     .name = "threads",
     .place = PLACE(bot, threads),
     .help = "Questions in work at once, with a thread, a database connection and a connection to "
             "the model each; made when they are first needed. The rules answer in microseconds "
             "and never need more than two.",
     .min = 1,
     .max = 64},
    {.section = "bot",
     .name = "max_waiting_per_user",
     .place = PLACE(bot, max_waiting_per_user),
     .help = "Questions of one user that wait behind the one in work. Beyond it 'busy', and "
             "nothing is stored. People wait for an answer before they ask on; programs must.",
     .min = 0,
     .max = 100},
    {.section = "bot",
     .name = "max_waiting",
     .place = PLACE(bot, max_waiting),
     .help = "Unanswered questions of all users. Beyond it 'busy', and nothing is stored: with a "
             "slow model most of them would only get an apology.",
     .min = 1,
     .max = 100000},
    {.section = "bot",
     .name = "rules_refresh_ms",
     .place = PLACE(bot, rules_refresh_ms),
     .help = "How old the rules in memory may be when a question comes; older ones are read again. "
             "It bounds how late a change by SQL takes effect, which is promised within 5 s. A "
             "look costs the database 0.2 ms, and none happens while nobody asks.",
     .min = 10,
     .max = 4000},

    {.section = "metrics",
     .name = "listen",
     .place = PLACE(metrics, listen),
     .help = "Where the daemon answers GET /metrics, /health and /ready: 127.0.0.1:9464. Empty: "
             "nowhere, so that two copies on one machine do not meet at a port that nobody asked "
             "for. The numbers say how many people are online, and nothing about any of them.",
     .allowed = "an IP address and a port, as 127.0.0.1:9464 or [::1]:9464, or nothing",
     .accepts = IsListenAddress},
    {.section = "metrics",
     .name = "reach",
     .place = PLACE(metrics, reach),
     .help = "\"loopback\": listen may only be an address of this machine alone, because whoever "
             "reaches it may read it, without a password and in the clear. \"network\": also "
             "another one, for a network that you trust.",
     .allowed = "\"loopback\" or \"network\"",
     .accepts = IsReach},
    {.section = "metrics",
     .name = "stuck_after_ms",
     .place = PLACE(metrics, stuck_after_ms),
     .help = "When the loop has not turned for so long, GET /health is 503, and when the database "
             "has not answered for so long GET /ready is. The loop turns ten times a second; five "
             "seconds without a turn is no load, it is a fault. At least twice bus.sweep_ms.",
     .min = 1000,
     .max = 60000},
    {.section = "metrics",
     .name = "pool",
     .place = PLACE(metrics, pool),
     .help = "For workers: the name of the pool that this one is in, a label of its requests. "
             "Empty: an empty label.",
     .allowed = "at most 16 of a-z, 0-9, '-' and '_', or nothing",
     .accepts = IsPoolName},

    {.section = "log",
     .name = "level",
     .place = PLACE(log, level),
     .help = "The least important records to write. At info a quiet day is a quiet log; debug has "
             "a line for every request and connection. No level writes tokens, passwords, message "
             "texts or e-mail addresses.",
     .allowed = "\"debug\", \"info\", \"warning\" or \"error\"",
     .accepts = IsLogLevel,
     .reload = true},
};

#undef PLACE

struct Bounds {
  const Option& option;

  std::string operator()(NumberAccessor) const {
    std::string text =
        "a whole number from " + std::to_string(option.min) + " to " + std::to_string(option.max);
    if (!option.zero.empty()) text += ", or 0: " + std::string(option.zero);
    return text;
  }
  std::string operator()(TextAccessor) const {
    return option.allowed.empty() ? "text" : std::string(option.allowed);
  }
  std::string operator()(ListAccessor) const {
    return "a list of texts, each " + std::string(option.allowed);
  }
};

}  // namespace

std::span<const Section> ConfigSections() { return kSections; }
std::span<const Option> ConfigOptions() { return kOptions; }

std::string OptionKey(const Option& option) {
  return std::string(option.section) + "." + std::string(option.name);
}

std::string OptionVariable(const Option& option) {
  std::string name = "PARLOR_" + std::string(option.section) + "_" + std::string(option.name);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

std::string OptionBounds(const Option& option) { return std::visit(Bounds{option}, option.place); }

std::vector<const Option*> ChangedOptions(Config before, Config after) {
  std::vector<const Option*> changed;
  for (const Option& option : kOptions) {
    const auto differs = [&](auto place) { return place(before) != place(after); };
    if (std::visit(differs, option.place)) changed.push_back(&option);
  }
  return changed;
}

void CopyOption(const Option& option, Config source, Config& config) {
  std::visit([&](auto place) { place(config) = std::move(place(source)); }, option.place);
}

}  // namespace parlor
