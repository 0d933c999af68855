#!/usr/bin/env bash
# The benchmark over the whole stack: starts one of its own (own folder, free port), loads it, stops it.
#
#   make bench            SECONDS_EACH=10 PAIRS=200 ROUNDS=3      the rooms
#                         SOCKETS=1000 GROUP_SECONDS=30          the group; GROUP_RATE=100 messages a second
#                         MAX_P99_MS=0                            fails if the group's p99 (due to last) is above; 0: never
#
# Prints, for each round: a closed loop (throughput), then open loops at half of that and at 500 messages/s (latency),
# with the CPU microseconds a message of each process; what is resident at rest; and a group in which everybody is
# present, with the latency to the last socket. Read the medians and the ratios: a shared machine is noisy, and the load
# generator and nginx run on the same cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${BUILD:-build/release}
seconds=${SECONDS_EACH:-10} pairs=${PAIRS:-200} rounds=${ROUNDS:-3}
sockets=${SOCKETS:-1000} group_seconds=${GROUP_SECONDS:-30} group_rate=${GROUP_RATE:-100} max_p99_ms=${MAX_P99_MS:-0}
# A socket here, two in nginx, one in the daemon.
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge $((2 * sockets + 1000)) ] || ulimit -n $((2 * sockets + 1000))
folder=$(mktemp -d /tmp/parlor-bench.XXXXXX)
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

# The limits protect people from each other; here they would only measure themselves.
export VAR=$folder/var PORT=$port WORKERS_API=3 WORKERS_AUTH=1 API_RATE_PER_SECOND=10000 API_BURST=10000
export PARLOR_LIMITS_MESSAGES_PER_SECOND=100000 PARLOR_LIMITS_MESSAGE_BURST=100000
scripts/run.sh >"$folder/run.log" 2>&1 &
stack=$!
stop() {
  kill -INT "$stack" 2>/dev/null || true
  wait "$stack" 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT

for _ in $(seq 600); do
  grep -q '^Parlor is ready' "$folder/run.log" && break
  kill -0 "$stack" 2>/dev/null || { cat "$folder/run.log" >&2; exit 1; }
  sleep 0.2
done

pid() { cat "$VAR/services/$1/supervise/pid"; }
# $1: Rss (each process by itself) or Pss (shared pages counted once); then process ids, whose children count too
resident_mb() {
  local what=$1 sum=0 p
  shift
  for p in $(family "$@"); do
    sum=$((sum + $(awk -v what="^$what:" '$0 ~ what {s += $2} END {print s + 0}' "/proc/$p/smaps_rollup")))
  done
  echo $((sum / 1024))
}
family() {
  local p
  for p in "$@"; do
    echo "$p"
    # shellcheck disable=SC2046  # one word a process
    family $(cat "/proc/$p/task/$p/children")
  done
}
watch="wsd=$(pid wsd),mariadb=$(pid mariadb),nginx=$(pid nginx)"
load() {
  local what=$1
  shift
  "$build/bench" "$what" --port "$port" --db "$VAR/run/mariadb.sock" --watch "$watch" "$@"
}
rooms() { load rooms --pairs "$pairs" --seconds "$seconds" "$@"; }

echo "machine: $(nproc) cores, $(awk -F': ' '/model name/{print $2; exit}' /proc/cpuinfo), $(uname -r)"
for what in Rss Pss; do
  echo "at rest, MB $what: daemon $(resident_mb $what "$(pid wsd)")," \
    "4 workers and their two supervisors $(resident_mb $what "$(pid fcgi-auth)" "$(pid fcgi-api)")"
done
for round in $(seq "$rounds"); do
  echo "round $round"
  closed=$(rooms)
  echo "$closed"
  half=$(sed -E 's/.*messages_per_s=([0-9]+).*/\1/' <<<"$closed")
  rooms --rate $((half / 2))
  rooms --rate 500
done
load group --sockets "$sockets" --seconds "$group_seconds" --rate "$group_rate" --max-p99-ms "$max_p99_ms"
