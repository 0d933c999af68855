# Part of parlor-setup, which reads it: which database and account the programs are configured for, and so which server it is
# that the client is to be sent to. Uses what parlor-setup has of its command line (ETC, SHARE, prefix, host, port, socket, tls_ca, client,
# client_program, only_upgrade, die); changes nothing.

# Prints `known VALUE`, `absent` or `unsure` for `key` of [database] in a TOML file. Only what plainly stands there is known.
read -r -d '' READER <<'AWK' || true
function end(answer) { print answer; ended = 1; exit }
/"""|\047\047\047/ { end("unsure") }
/^[ \t\r]*(#|$)/ { next }
/^[ \t]*\[/ {
  head = $0; sub(/#.*/, "", head)
  here = head ~ /^[ \t]*\[database\][ \t\r]*$/
  if (!here && head ~ /database|["\047\\]/) end("unsure")
  next
}
!here { if (/^[ \t]*("[^"]*"|\047[^\047]*\047|database)[ \t]*[.=]/) end("unsure"); next }
{
  name = text = $0
  sub(/[ \t]*=.*/, "", name); sub(/^[ \t]+/, "", name); sub(/^[^=]*=[ \t]*/, "", text)
  if (name !~ /^[A-Za-z0-9_-]+$/) end("unsure")
  if (name != key) next
  if (key == "port" && text ~ /^[0-9]+[ \t\r]*(#.*)?$/) { sub(/[^0-9].*/, "", text); text = "\"" text "\"" }
  if (seen++ || text !~ /^("[^"\\]*"|\047[^\047\\]*\047)[ \t\r]*(#.*)?$/) end("unsure")
  value = substr(text, 2); value = substr(value, 1, index(value, substr(text, 1, 1)) - 1)
}
END { if (!ended) print (seen ? "known " value : "absent") }
AWK

# $1: program, $2: key of [database]. Whether systemd gives the program what goes before its file, or another file.
overridden() {
  local ours=("$ETC/workers" "$ETC/parlor-wsd.env") at=/etc/systemd/system own other
  own=("$at/$1"*.service "$at/$1"*.service.d/*.conf "$at"/parlor-.service.d/*.conf "$at"/service.d/*.conf)
  ! grep -Eqs "^[^#;]*PARLOR_(DATABASE_${2^^}|CONFIG)" "${ours[@]}" "${own[@]}" || return 0
  [ ${#own[@]} -gt 0 ] || return 1
  other=$(grep -hEs '^(ExecStart|EnvironmentFile|PassEnvironment)=.' "${own[@]}" |
    grep -vF -e "--config $ETC/$1.toml" -e "=-$ETC/workers" -e "=-$ETC/parlor-wsd.env") || true
  [ -n "$other" ]
}

# $1: program, $2: key of [database]. Sets `state`, known, absent or unsure, and `value`.
look_up() {
  state=absent value=
  [ -e "$ETC/$1.toml" ] || return 0
  value=$(awk -v key="$2" "$READER" "$ETC/$1.toml")
  state=${value%% *} value=${value#* }
  [ "$state" = known ] || value=
  ! overridden "$1" "$2" || state=unsure
}

unsure() { echo "what $1 is in [database] of $file can't be told for certain. Nothing was changed. Say --socket (or --host, --port, --tls-ca) and --database."; }

# $1: key, $2: default. Like look_up, for both programs: they use one database, and what is not configured yet gets what the
# other has. `file` is whose it is, and empty if there is none.
look_up_both() {
  local other=
  file=
  look_up parlor-fcgi "$1"
  [ ! -e "$ETC/parlor-fcgi.toml" ] || file=$ETC/parlor-fcgi.toml
  [ -e "$ETC/parlor-wsd.toml" ] || return 0
  [ -z "$file" ] || [ "$state" = unsure ] || other=is:${value:-$2}
  look_up parlor-wsd "$1"
  file=$ETC/parlor-wsd.toml
  [ -z "$other" ] || [ "$state" = unsure ] || [ "$other" = "is:${value:-$2}" ] ||
    die "$file and parlor-fcgi.toml differ in $1 of [database]. Nothing was changed: make them the same first."
}

# $1: key, $2: what the command line says of it, $3: default. Sets `value`. The accounts serve what the programs are
# configured for, and lose their rights on anything else: so both must say the same.
of_database() {
  look_up_both "$1" "$3"
  if [ -z "$2" ]; then
    [ "$state" != unsure ] || die "$(unsure "$1")"
    value=${value:-$3}
    return 0
  fi
  [ -z "$file" ] || [ "$state" = unsure ] || [ "$2" = "${value:-$3}" ] ||
    die "$2 is not the $1 in [database] of $file (${value:-${3:-none}}). Nothing was changed: change it there first, in parlor-wsd.toml and parlor-fcgi.toml."
  value=$2
}

# Sets `way`: the server that the programs use, whatever else an option file of the client names.
find_server() {
  [ -z "$host" ] || [ -z "$socket" ] || die "--host or --socket, not both."
  if [ -n "$socket" ]; then
    look_up_both host ''
    [ "$state" != known ] || [ -z "$value" ] || die "$file names the database at $value. Nothing was changed: change it there first, in parlor-wsd.toml and parlor-fcgi.toml."
  else
    of_database host "$host" ''
    host=$value
  fi
  if [ -n "$host" ]; then
    find_remote
  else
    [ -z "$port$tls_ca$account_host" ] || die "--port, --tls-ca and --account-host go with --host."
    of_database socket "$socket" /run/mysqld/mysqld.sock
    socket=$value
    way=(--protocol=socket --host=localhost --socket="$socket")
  fi
}

find_remote() {
  [ -z "$only_upgrade" ] || die "$file names a database on another machine ($host). Nothing was changed or restarted: what runs goes on as it is. Next: parlor-setup -- --defaults-extra-file=/root/db.cnf"
  of_database port "$port" 3306
  port=$value
  [[ $port =~ ^[0-9]+$ ]] || die "--port is a number."
  of_database tls_ca "$tls_ca" ''
  tls_ca=$value
  if [ -n "$tls_ca" ]; then
    [ -r "$tls_ca" ] || die "$tls_ca can't be read."
    tls=(--ssl-ca="$tls_ca" --ssl-verify-server-cert)
    "$client_program" --version | grep -q MariaDB || tls=(--ssl-ca="$tls_ca" --ssl-mode=VERIFY_IDENTITY)
  elif [[ ! $host =~ ^(localhost|127\..*|::1)$ ]]; then
    die "--tls-ca is needed: messages and passwords must not cross a network in the clear. See tls.md."
  fi
  way=(--protocol=tcp --host="$host" --port="$port" "${tls[@]}")
}

# What people say of the server to the client alone would have another one prepared than the programs are told of.
check_client() {
  local option named first=()  # --print-defaults wants to be first, but for those that name files
  for option in "${client[@]}"; do
    [[ ! $option =~ ^(--(host|port|socket|protocol)|-[hPS]) ]] || die "$option behind --: say --host, --port or --socket before it."
    [[ ! $option =~ ^--(no-)?defaults ]] || first+=("$option")
  done
  [ ! -e "$ETC/parlor-wsd.toml" ] && [ ! -e "$ETC/parlor-fcgi.toml" ] && [ -z "$host$socket" ] || return 0
  named=$("$client_program" "${first[@]}" --print-defaults) || die "the client does not take its options (see above)."
  named=$(grep -oE -- '--host=[^ ]+' <<<"$named" | tail -n 1) || true
  [[ ${named#--host=} =~ ^(|localhost)$ ]] ||
    die "the client's option files name the server ${named#--host=}. Nothing was changed. If you mean it: --host ${named#--host=} --tls-ca FILE; if this machine's: --socket /run/mysqld/mysqld.sock"
}

# Rights are given to the accounts whose names begin with our prefix; a program that signs in as another would get none.
check_accounts() {
  local pair
  for pair in parlor-fcgi:worker parlor-wsd:daemon; do
    look_up "${pair%:*}" user
    [ "$state" != known ] || [ "$value" = "$prefix${pair#*:}" ] ||
      die "$ETC/${pair%:*}.toml signs in as $value, not as $prefix${pair#*:}. Nothing was changed: for accounts of other names there are migrate.sh, admin/install.sh and create-users.sh in $SHARE/sql."
  done
}
