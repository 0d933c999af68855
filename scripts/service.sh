#!/usr/bin/env bash
# One part of the stack, as its supervisor sees it. run.sh makes a runit service of each:
#
#   service.sh start NAME     becomes the part (exec), at the head of a session of its own
#   service.sh finish NAME CODE SIGNAL   runs when it has ended, however it ended
#
# `finish` ends what the part left behind: after a kill -9 of nginx's master or of multiwatch their
# children would go on holding the port or the socket, and nothing could start in their place.
# The variables come from run.sh. Not for calling by hand.
set -euo pipefail

verb=$1 name=$2
state=$VAR/services/$name

# The session's leader was its process group's leader too, so the group is all that it ever started.
end_group() {
  local group tries
  [ -s "$state/pgid" ] || return 0
  group=$(<"$state/pgid")
  for tries in 1 2 3 4 5 6 7 8 9 10; do
    kill -KILL -- "-$group" 2>/dev/null || break
    [ "$tries" = 1 ] || sleep 0.05
  done
  rm -f "$state/pgid"
}

# multiwatch gives a child up that dies 11 times in a row within a second of its start: a broken
# program, not a killed one. It ends when all are given up, and runit starts it again, slower.
# setpriv: no worker outlives its multiwatch.
start_pool() {
  local workers=$1 backlog=$2
  export PARLOR_METRICS_POOL=${PARLOR_METRICS_POOL-${name#fcgi-}}
  exec spawn-fcgi -n -s "$RUN_DIR/$name.sock" -M 0660 -b "$backlog" -- \
    /usr/bin/multiwatch -f "$workers" -r 10 -t 1000 -- \
    /usr/bin/setpriv --pdeathsig KILL "$BUILD/parlor-fcgi" --config "$VAR/etc/parlor-fcgi.toml"
}

case $verb in
  start)
    end_group  # only if the supervisor itself was killed is anything left here
    echo $$ >"$state/pgid"
    [ "$name" = wsd ] || unset PARLOR_BOT_OPENAI_KEY  # the daemon's alone
    case $name in
      mariadb) exec mariadbd --defaults-file="$VAR/etc/my.cnf" ;;
      wsd) exec "$BUILD/parlor-wsd" --config "$VAR/etc/parlor-wsd.toml" ;;
      # A backlog of what the pool works off in some seconds; beyond it nginx says 502 at once.
      fcgi-auth) start_pool "$WORKERS_AUTH" 128 ;;
      fcgi-api) start_pool "$WORKERS_API" 1024 ;;
      nginx) exec nginx -p "$VAR/nginx" -c "$VAR/etc/nginx.conf" -e stderr ;;
    esac
    ;;
  finish)
    end_group
    echo "$3 $4" >>"$state/ended"
    ;;
esac
