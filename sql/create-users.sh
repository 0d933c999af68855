#!/usr/bin/env bash
# Makes or renews the accounts parlor_worker, parlor_daemon and parlor_admin with exactly the rights of sql/grants.sql.
#
#   PARLOR_WORKER_PASSWORD=… PARLOR_DAEMON_PASSWORD=… PARLOR_ADMIN_PASSWORD=… \
#     sql/create-users.sh [options of the mariadb or mysql client] DATABASE
#
# To be run after sql/migrate.sh, and again after every upgrade, as an account that may create others. Passwords come
# from the environment, so that no list of processes shows them; an empty one must be given as such (a trial on a
# socket that nobody else can open). PARLOR_ACCOUNT_HOST (localhost) is where the programs connect from,
# PARLOR_ACCOUNT_PREFIX (parlor_) begins the names.
set -euo pipefail

die() { echo "create-users.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
client=$(command -v mariadb || command -v mysql) || die "neither the mariadb nor the mysql client is installed."
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
host=${PARLOR_ACCOUNT_HOST:-localhost}
prefix=${PARLOR_ACCOUNT_PREFIX:-parlor_}
[[ $host =~ ^[A-Za-z0-9.:%_/-]+$ ]] || die "PARLOR_ACCOUNT_HOST is no host pattern."
[[ $prefix =~ ^[a-z0-9_]+$ ]] || die "PARLOR_ACCOUNT_PREFIX may have a-z, 0-9 and _ only."

# $1: text; a literal that both servers read the same whatever their sql_mode: quotes doubled, no backslashes.
quoted() {
  [[ $1 != *\\* && $1 != *$'\n'* ]] || die "a password may have no backslash and no line break."
  printf "'%s'" "${1//\'/\'\'}"
}

statements() {
  local role variable
  for role in worker daemon admin; do
    variable=PARLOR_${role^^}_PASSWORD
    [ -n "${!variable+given}" ] || die "$variable is not set."
    echo "CREATE USER IF NOT EXISTS '$prefix$role'@'$host';"
    echo "ALTER USER '$prefix$role'@'$host' IDENTIFIED BY $(quoted "${!variable}");"
    echo "REVOKE ALL PRIVILEGES, GRANT OPTION FROM '$prefix$role'@'$host';"
  done
  sed "s/'parlor_\([a-z]*\)'@'localhost'/'$prefix\1'@'${host//\//\\/}'/" "$folder/grants.sql"
}

sql=$(statements)
"$client" "$@" --batch --default-character-set=utf8mb4 <<<"$sql" || die "not all rights could be given (see above)."
echo "the accounts ${prefix}worker, ${prefix}daemon and ${prefix}admin at $host are ready"
