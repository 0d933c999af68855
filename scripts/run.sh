#!/usr/bin/env bash
# run.sh: runs the whole of Parlor in the foreground, from a private folder, until Ctrl-C.
#
#   PORT=8080  VAR=./var  MODE=release      where people reach it; its folder; which build (build/MODE)
#   WORKERS_API=4  WORKERS_AUTH=2           processes of parlor-fcgi in each pool
#   AUTH_RATE_PER_MINUTE, AUTH_BURST, API_RATE_PER_SECOND, API_BURST   nginx's limits (render.sh)
#   PARLOR_*                                options of the programs, handed on as they are
#
# Prints `Parlor is ready at http://127.0.0.1:PORT` when requests and sockets are answered. SIGINT,
# SIGTERM or SIGHUP: stops nginx, the workers, the daemon and MariaDB, in that order, each within a
# bound, and leaves no process and no socket file. What fails is one sentence on standard error, with
# the end of the log that explains it, and exit status 1.
#
#   VAR/mysql       data: survives           VAR/mail    mails, as .eml files
#   VAR/log/*.log   logs, rotated: 5 × 1 MB  VAR/etc     generated configurations and passwords (0600)
#   VAR/run         sockets (a link to a short folder elsewhere when VAR's path is too long for them)
#   VAR/.parlor     marks the folder as ours: one that holds something else is refused
#   VAR/services/NAME/supervise/pid          process ids; NAME: mariadb wsd fcgi-auth fcgi-api nginx
#
# Supervision is runit's: runsvdir, one runsv for each part, svlogd behind each. runsvdir is told to
# stop everything (SIGHUP) when this script dies, and holds VAR/lock until all is gone.
set -euo pipefail

# A shell that starts us with `&` has SIGINT ignored, and bash can't trap what was ignored at its start.
if [ -z "${RUN_SH_SIGNALS-}" ]; then
  RUN_SH_SIGNALS=default exec env --default-signal=INT,TERM,HUP,PIPE bash "$0" "$@"
fi
unset RUN_SH_SIGNALS

export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
ROOT=$(cd "$(dirname "$0")/.." && pwd)
PORT=${PORT:-8080}
MODE=${MODE:-release}
BUILD=$ROOT/build/$MODE
VAR=${VAR:-$ROOT/var}
WORKERS_API=${WORKERS_API:-4}
WORKERS_AUTH=${WORKERS_AUTH:-2}
NGINX_WORKERS=${NGINX_WORKERS:-2}
NGINX_CONNECTIONS=${NGINX_CONNECTIONS:-8192}
PARTS="mariadb wsd fcgi-auth fcgi-api nginx"
umask 077

say() { echo "$*" 2>/dev/null || true; }
die() {
  echo "run.sh: $*" >&2
  exit 1
}

# ---- before anything starts

check_request() {
  local program
  [[ $PORT =~ ^[1-9][0-9]{0,4}$ ]] && [ "$PORT" -le 65535 ] || die "PORT=$PORT is not a port (1 to 65535)."
  for program in mariadbd mariadb mariadb-install-db nginx spawn-fcgi multiwatch runsvdir runsv sv svlogd \
    chpst setpriv flock curl openssl; do
    command -v "$program" >/dev/null || die "$program is not installed: scripts/install.sh build run installs all that Parlor needs."
  done
  for program in parlor-fcgi parlor-wsd; do
    [ -x "$BUILD/$program" ] || die "$BUILD/$program is not built: \`make MODE=$MODE\` builds it."
  done
}

make_folder() {
  mkdir -p "$VAR" 2>/dev/null && [ -w "$VAR" ] || die "the folder VAR=$VAR can't be created or written to."
  VAR=$(cd "$VAR" && pwd -P)
  # Others would need quoting of another kind in each of four configuration languages.
  case $VAR in *[!-A-Za-z0-9_./+,@~]*) die "the path VAR=$VAR holds characters other than letters, digits and -_./+,@~: choose another folder." ;; esac
  # Parts of it are removed at every start: never those of a folder that is somebody else's.
  [ -f "$VAR/.parlor" ] || [ -z "$(find "$VAR" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ] || die "the folder VAR=$VAR holds files that are not Parlor's: choose an empty or a new folder."
  [ ! -e "$VAR/mysql" ] || [ -O "$VAR/mysql" ] || die "VAR=$VAR was made by $(stat -c %U "$VAR/mysql"): start as that user, or choose another VAR."
  [ -f "$VAR/.parlor" ] || echo "scripts/run.sh keeps Parlor's data in this folder." >"$VAR/.parlor"
}

# For $(…) only: a subshell that let go of the lock itself.
lock_holders() {
  exec 9>&-
  find /proc/[0-9]*/fd -lname "$VAR/lock" 2>/dev/null | cut -d/ -f3 | sort -u | grep -vx "$$" || true
}

# Everything that is supervised inherits the lock, so it is free only when all of it is gone.
take_lock() {
  local holder
  exec 9>>"$VAR/lock"
  flock -n 9 && return
  holder=$(cat "$VAR/run.pid" 2>/dev/null || true)
  if grep -qs run.sh "/proc/${holder:-none}/cmdline"; then
    die "VAR=$VAR is in use by another run (process $holder): stop that one, or choose another VAR and PORT."
  fi
  say "Waiting for what an earlier run left behind …"
  flock -w 30 9 && return
  # shellcheck disable=SC2046  # one word a process
  kill -KILL $(lock_holders) 2>/dev/null || true
  flock -w 5 9 || die "VAR=$VAR is in use by processes that can't be ended: $(lock_holders | tr '\n' ' ')"
}

check_port() {
  # Connecting also finds what listens on all addresses.
  if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
    die "port $PORT of 127.0.0.1 is in use by another program: choose another one, e.g. PORT=$((PORT < 65535 ? PORT + 1 : 8080))."
  fi
  [ "$(id -u)" = 0 ] || [ "$PORT" -ge "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)" ] ||
    die "port $PORT is reserved for root: choose one from 1024 up."
}

# ---- the folder

# Where a link leads is removed when it is what make_run_dir makes, nothing else.
remove_run_dir() {
  local target
  if [ -L "$VAR/run" ]; then
    target=$(readlink "$VAR/run")
    if [[ $target =~ /parlor-[A-Za-z0-9]{6}$ && -d $target && ! -L $target && -O $target ]]; then rm -rf "$target"; fi
  fi
  rm -rf "$VAR/run"
}

# The kernel takes 107 characters for the path of a unix socket.
make_run_dir() {
  local longest=fcgi-auth.sock
  remove_run_dir
  RUN_DIR=$VAR/run
  if [ $((${#RUN_DIR} + 1 + ${#longest})) -gt 100 ]; then
    RUN_DIR=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/parlor-XXXXXX")
    [ $((${#RUN_DIR} + 1 + ${#longest})) -le 100 ] || die "both VAR and XDG_RUNTIME_DIR have paths too long for a unix socket (107 characters): choose a shorter VAR."
    ln -s "$RUN_DIR" "$VAR/run"
  fi
  mkdir -p "$RUN_DIR/slots"
}

# Made once: the passwords of the database users.
make_passwords() {
  local name
  for name in WORKER DAEMON ADMIN; do
    [ -s "$VAR/etc/password.$name" ] || openssl rand -hex 24 >"$VAR/etc/password.$name"
  done
}

write_database_config() {
  cat <<EOF
# Written by run.sh at every start. Nothing else is read.
[mysqld]
$([ "$(id -u)" != 0 ] || echo "user = root")
datadir = $VAR/mysql
tmpdir = $VAR/tmp
socket = $RUN_DIR/mariadb.sock
pid-file = $RUN_DIR/mariadb.pid
skip-networking
skip-name-resolve
# An acknowledged message has been synced to the disk. With a binary log that would need
# sync_binlog = 1 as well.
innodb_flush_log_at_trx_commit = 1
skip-log-bin
character-set-server = utf8mb4
collation-server = utf8mb4_bin
max_connections = 100
max_allowed_packet = 16M
# A small machine's share.
innodb_buffer_pool_size = 64M
innodb_log_file_size = 48M
aria_pagecache_buffer_size = 8M
key_buffer_size = 1M
performance_schema = OFF
EOF
}

# $1: database user, $2: its password
write_program_config() {
  cat <<EOF
# Written by run.sh at every start; PARLOR_SECTION_NAME in the environment goes over it.
# --print-config shows every option.
[database]
socket = "$RUN_DIR/mariadb.sock"
name = "parlor"
user = "$1"
password = "$2"

[bus]
endpoint = "ipc://$RUN_DIR/bus.sock"

[http]
public_url = "http://127.0.0.1:$PORT"

[socket]
listen_path = "$RUN_DIR/wsd.sock"

[password]
slots_path = "$RUN_DIR/slots"

[mail]
folder = "$VAR/mail"
from = "parlor@localhost.localdomain"
EOF
}

write_nginx_config() {
  export PORT VAR RUN_DIR NGINX_WORKERS NGINX_CONNECTIONS NOFILE
  export ACCESS_LOG=/dev/stdout WEB_DIR=$ROOT/web USER_LINE=
  # As root nginx would give its workers to another user, who can't reach VAR.
  [ "$(id -u)" != 0 ] || USER_LINE="user root;"
  local file
  for file in nginx.conf.in parlor-http.conf parlor-locations.conf parlor-web.conf; do
    "$ROOT/scripts/render.sh" "$ROOT/nginx/$file" >"$VAR/etc/${file%.in}"
  done
}

write_configs() {
  mkdir -p "$VAR"/{etc,log,mail,tmp,nginx}
  make_passwords
  write_database_config >"$VAR/etc/my.cnf"
  write_program_config parlor_worker "$(<"$VAR/etc/password.WORKER")" >"$VAR/etc/parlor-fcgi.toml"
  write_program_config parlor_daemon "$(<"$VAR/etc/password.DAEMON")" >"$VAR/etc/parlor-wsd.toml"
  write_nginx_config
}

# ---- supervision

write_service() {
  local name=$1 folder=$VAR/services/$1 log=$VAR/log/$1
  mkdir -p "$folder/log" "$log"
  # setpriv: the part does not outlive its runsv. chpst -P: a session, and so a process group, of its own.
  printf '#!/bin/sh\nexec 2>&1\nexec setpriv --pdeathsig KILL chpst -P "%s/scripts/service.sh" start %s\n' \
    "$ROOT" "$name" >"$folder/run"
  printf '#!/bin/sh\nexec "%s/scripts/service.sh" finish %s "$@"\n' "$ROOT" "$name" >"$folder/finish"
  printf '#!/bin/sh\nexec svlogd -l 4000 -b 8192 "%s"\n' "$log" >"$folder/log/run"
  printf 's1000000\nn5\n' >"$log/config"
  ln -sfn "$name/current" "$VAR/log/$name.log"
  touch "$folder/down"  # until its turn comes
  chmod +x "$folder/run" "$folder/finish" "$folder/log/run"
}

start_supervisor() {
  local name
  rm -rf "$VAR/services"
  for name in $PARTS; do write_service "$name"; done
  export VAR RUN_DIR BUILD WORKERS_API WORKERS_AUTH
  setsid setpriv --pdeathsig HUP runsvdir -P "$VAR/services" </dev/null >>"$VAR/log/setup.log" 2>&1 &
  supervisor=$!
  for name in $PARTS; do
    wait_for "$name" 10 test -p "$VAR/services/$name/supervise/control"
  done
}

start_part() {
  rm -f "$VAR/services/$1/down"
  wait_for "$1" 10 sv up "$VAR/services/$1"  # its runsv makes its pipes before it listens to them
}

fail_part() {
  local name=$1 why=$2
  echo "run.sh: Parlor did not start: $name $why. The end of $VAR/log/$name.log:" >&2
  tail -n 20 "$VAR/log/$name.log" >&2 2>/dev/null || true
  exit 1
}

# Waits until a command succeeds, for so long as the part is not seen to fail again and again.
wait_for() {
  local name=$1 deadline=$((SECONDS + $2)) ended=$VAR/services/$1/ended
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ -f "$ended" ] && [ "$(wc -l <"$ended")" -ge 3 ]; then fail_part "$name" "ends again and again"; fi
    [ "$SECONDS" -lt "$deadline" ] || fail_part "$name" "does not answer"
    kill -0 "$supervisor" 2>/dev/null || die "the supervisor ended: $(tail -n 3 "$VAR/log/setup.log")"
    sleep 0.1
  done
}

# ---- the parts

# A command that is ended when we are: a trap waits for the foreground, not for `wait`.
step() {
  "$@" </dev/null >>"$VAR/log/setup.log" 2>&1 &
  step_pid=$!
  wait "$step_pid"
}

database() { mariadb --no-defaults --socket="$RUN_DIR/mariadb.sock" --user=root "$@"; }

# The database's root has no password: its only door is a socket in a folder that nobody but the owner of
# this stack enters (umask 077).
create_data() {
  [ -d "$VAR/mysql" ] && return
  rm -rf "$VAR/mysql.new"
  # A starting server clears its TMPDIR of everybody's temporary tables, those of one that is just being made too.
  step env TMPDIR="$VAR/tmp" mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$VAR/mysql.new" --skip-test-db --skip-name-resolve \
    --auth-root-authentication-method=normal ||
    die "MariaDB's data folder could not be created: $(grep -m 3 ERROR "$VAR/log/setup.log" || tail -n 5 "$VAR/log/setup.log")"
  mv "$VAR/mysql.new" "$VAR/mysql"
}

start_database() {
  start_part mariadb
  wait_for mariadb 60 database -e "SELECT 1"
}

# In the environment, which only their owner can read: the arguments of a program are for everybody.
# For `step` only: does not return.
create_users() {
  PARLOR_WORKER_PASSWORD=$(<"$VAR/etc/password.WORKER") PARLOR_DAEMON_PASSWORD=$(<"$VAR/etc/password.DAEMON") \
    PARLOR_ADMIN_PASSWORD=$(<"$VAR/etc/password.ADMIN") PARLOR_ACCOUNT_HOST=localhost PARLOR_ACCOUNT_PREFIX=parlor_ \
    exec "$ROOT/sql/create-users.sh" --no-defaults --socket="$RUN_DIR/mariadb.sock" --user=root parlor
}

prepare_schema() {
  step database -e "CREATE DATABASE IF NOT EXISTS parlor CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" &&
    step "$ROOT/sql/migrate.sh" --no-defaults --socket="$RUN_DIR/mariadb.sock" --user=root parlor &&
    step "$ROOT/sql/admin/install.sh" --no-defaults --socket="$RUN_DIR/mariadb.sock" --user=root parlor &&
    step create_users ||
    die "the database schema could not be brought up to date: $(tail -n 5 "$VAR/log/setup.log")"
}

healthy() { [[ $(curl -fsS --max-time 3 "http://127.0.0.1:$PORT/http/health") =~ \"status\":\ *\"ok\" ]]; }

upgrades() (
  line=
  exec 8<>"/dev/tcp/127.0.0.1/$PORT"
  printf 'GET /socket HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n' \
    "$PORT" "$(openssl rand -base64 16)" >&8
  read -r -t 3 line <&8
  [[ $line == "HTTP/1.1 101"* ]]
)

start_rest() {
  local name
  for name in wsd fcgi-auth fcgi-api nginx; do start_part "$name"; done
  wait_for wsd 30 test -S "$RUN_DIR/wsd.sock"
  wait_for fcgi-auth 10 test -S "$RUN_DIR/fcgi-auth.sock"
  wait_for nginx 20 test -s "$RUN_DIR/nginx.pid"
  wait_for fcgi-api 60 healthy
  wait_for wsd 30 upgrades
}

# ---- the end

# $1: seconds, $2…: parts
stop_parts() {
  local seconds=$1
  shift
  (cd "$VAR/services" && SVDIR=$VAR/services sv -w "$seconds" force-shutdown "$@") >>"$VAR/log/setup.log" 2>&1 || true
}

stop() {
  local status=$?
  trap '' INT TERM HUP
  set +e
  [ -z "$step_pid" ] || kill "$step_pid" 2>/dev/null
  if [ -n "$supervisor" ]; then
    say "Stopping …"
    kill -TERM "$supervisor" 2>/dev/null  # its runsv stay, and are told one after the other
    stop_parts 5 nginx
    stop_parts 5 fcgi-auth fcgi-api
    stop_parts 12 wsd  # what it has accepted goes to the database first
    stop_parts 30 mariadb
    end_rest
    rm -rf "$VAR/services"
  fi
  if [ -n "$locked" ]; then
    remove_run_dir
    rm -f "$VAR/run.pid"
  fi
  [ -z "$supervisor" ] || say "Stopped."
  exit "$status"
}

# Whatever the bounds above cut short.
end_rest() {
  local name
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(lock_holders)" ] || break
    sleep 0.1
  done
  # shellcheck disable=SC2046  # one word a process
  kill -KILL $(lock_holders) 2>/dev/null
  for name in $PARTS; do
    [ ! -s "$VAR/services/$name/pgid" ] || kill -KILL -- "-$(<"$VAR/services/$name/pgid")" 2>/dev/null
  done
}

# shellcheck source=scripts/sanitizers.sh
source "$ROOT/scripts/sanitizers.sh"
case $MODE in asan | tsan) sanitizer_options "$ROOT" ;; esac

step_pid='' supervisor='' locked=''
trap '' PIPE
trap stop EXIT
trap 'exit 0' INT TERM HUP

check_request
make_folder
take_lock
locked=yes
check_port
echo $$ >"$VAR/run.pid"
hard=$(ulimit -Hn)
NOFILE=65536
[ "$hard" = unlimited ] || [ "$hard" -ge "$NOFILE" ] || NOFILE=$hard
ulimit -n "$NOFILE"

make_run_dir
write_configs
: >"$VAR/log/setup.log"
"$BUILD/parlor-wsd" --config "$VAR/etc/parlor-wsd.toml" --check-config >>"$VAR/log/setup.log" 2>&1 ||
  die "$(tail -n 1 "$VAR/log/setup.log")"
say "Starting Parlor in $VAR …"
create_data
start_supervisor
start_database
prepare_schema
say "The database is up to date; starting the daemon, $((WORKERS_API + WORKERS_AUTH)) workers and nginx …"
start_rest
say "Mails land in $VAR/mail, logs in $VAR/log/*.log. Ctrl-C stops everything."
say "Parlor is ready at http://127.0.0.1:$PORT"
wait "$supervisor" || true
die "the supervisor ended by itself: $(tail -n 3 "$VAR/log/setup.log")"
