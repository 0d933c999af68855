#!/usr/bin/env bash
# Makes or renews the accounts parlor_worker, parlor_daemon and parlor_admin with exactly the rights of sql/grants.sql.
#
#   PARLOR_WORKER_PASSWORD=… PARLOR_DAEMON_PASSWORD=… PARLOR_ADMIN_PASSWORD=… \
#     sql/create-users.sh [options of the mariadb or mysql client] DATABASE
#
# To be run after sql/migrate.sh, and again after every upgrade, as an account that may create others. Passwords come
# from the environment, so that no list of processes shows them; an empty one must be given as such (a trial on a
# socket that nobody else can open). PARLOR_ACCOUNT_HOST (localhost) is where the programs connect from,
# PARLOR_ACCOUNT_PREFIX (parlor_) begins the names. With PARLOR_KEEP_PASSWORDS=yes accounts whose password is not given
# keep theirs; they must be there. Programs may be running: what they need they keep all the while, but
# for a moment where a right on a table has become one on columns. The account must be allowed to read the schema mysql:
# else nobody shows it what the others have. Rights on routines and roles are none of Parlor's, and left alone. The accounts
# serve this one schema: rights on another are taken.
set -euo pipefail

die() { echo "create-users.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
client=$(command -v mariadb || command -v mysql) || die "neither the mariadb nor the mysql client is installed."
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
host=${PARLOR_ACCOUNT_HOST:-localhost}
prefix=${PARLOR_ACCOUNT_PREFIX:-parlor_}
[[ $host =~ ^[A-Za-z0-9.:%_/-]+$ ]] || die "PARLOR_ACCOUNT_HOST is no host pattern."
[[ $prefix =~ ^[a-z0-9_]+$ ]] || die "PARLOR_ACCOUNT_PREFIX may have a-z, 0-9 and _ only."
roles="worker daemon admin"

run() { "$client" "$@" --batch --raw --skip-column-names --default-character-set=utf8mb4; }

# $1: text; a literal that both servers read the same whatever their sql_mode: quotes doubled, no backslashes.
quoted() {
  [[ $1 != *\\* && $1 != *$'\n'* ]] || die "a password may have no backslash and no line break."
  printf "'%s'" "${1//\'/\'\'}"
}

# $1: what follows the names of the accounts. A right on the schema (*) names it, with each _ escaped: unescaped, and as *
# too, it stands for any character, and another schema would be meant as well.
grants() {
  sed -e "s/'parlor_\([a-z]*\)'@'localhost'/'$prefix\1$1'@'${host//\//\\/}'/" -e "s/ ON \* TO / ON \`${schema//_/\\\\_}\`.* TO /" \
    "$folder/grants.sql"
}

# $1: role. The variable with its password; none if it keeps the one that it has.
variable_of() {
  local name=PARLOR_${1^^}_PASSWORD
  [ -z "${!name+given}" ] || { echo "$name"; return; }
  [ "${PARLOR_KEEP_PASSWORDS:-}" = yes ] || die "$name is not set."
}

# Of accounts that keep their passwords: an error if there is none. Some servers' GRANT would make one, without a password.
looking() {
  local role variable
  for role in $roles; do
    variable=$(variable_of "$role") || exit
    [ -n "$variable" ] || echo "SHOW GRANTS FOR '$prefix$role'@'$host';"
  done
}

# What is to be had is given first. The same goes to fresh accounts that nobody can use, to compare with.
giving() {
  local role variable password
  dropping
  for role in $roles; do
    variable=$(variable_of "$role") || exit
    if [ -n "$variable" ]; then
      password=$(quoted "${!variable}") || exit
      echo "CREATE USER IF NOT EXISTS '$prefix$role'@'$host' IDENTIFIED BY $password;"
      echo "ALTER USER '$prefix$role'@'$host' IDENTIFIED BY $password;"
    else
      password=$(quoted "aA1!$(head -c 24 /dev/urandom | base64)")
    fi
    echo "CREATE USER '$prefix${role}_wanted'@'$host' IDENTIFIED BY $password ACCOUNT LOCK;"
  done
  grants _wanted
  grants ""
}

dropping() {
  local role
  for role in $roles; do echo "DROP USER IF EXISTS '$prefix${role}_wanted'@'$host';"; done
}

# $1: role; $2: table of information_schema; $3, $4: SQL for the columns and for the object of a right; $5: what names
# both. Statements that make the statements.
excess_of() {
  local real="'''$prefix$1''@''$host'''" wanted="'''$prefix${1}_wanted''@''$host'''"
  echo "SELECT CONCAT('REVOKE ', p.privilege_type, $3, ' ON ', $4, ' FROM ', p.grantee, ';')
    FROM information_schema.$2 p WHERE p.grantee = $real AND p.privilege_type <> 'USAGE' AND NOT EXISTS (
      SELECT 1 FROM information_schema.$2 w WHERE w.grantee = $wanted AND w.privilege_type = p.privilege_type$5);
  SELECT DISTINCT CONCAT('REVOKE GRANT OPTION ON ', $4, ' FROM ', p.grantee, ';')
    FROM information_schema.$2 p WHERE p.grantee = $real AND p.is_grantable = 'YES';"
}

# Finest first, because taking a right on a table takes it from its columns too.
excess() {
  local role tick='`' table
  table="CONCAT('$tick', p.table_schema, '$tick.$tick', p.table_name, '$tick')"
  for role in $roles; do
    excess_of "$role" column_privileges "CONCAT(' ($tick', p.column_name, '$tick)')" "$table" \
      " AND w.table_schema = p.table_schema AND w.table_name = p.table_name AND w.column_name = p.column_name"
    excess_of "$role" table_privileges "''" "$table" \
      " AND w.table_schema = p.table_schema AND w.table_name = p.table_name"
    excess_of "$role" schema_privileges "''" "CONCAT('$tick', p.table_schema, '$tick.*')" \
      " AND w.table_schema = p.table_schema"
    excess_of "$role" user_privileges "''" "'*.*'" ""
  done
}

schema=$(run "$@" <<<"SELECT DATABASE()") || die "the database can't be reached (see above)."
sql=$(looking) || exit
[ -z "$sql" ] || run "$@" <<<"$sql" >/dev/null ||
  die "an account that is to keep its password is not there (see above): give the password in PARLOR_WORKER_PASSWORD, …"
sql=$(giving) || exit
run "$@" <<<"$sql" || die "not all rights could be given (see above)."
seen=$(run "$@" <<<"SELECT COUNT(DISTINCT grantee) FROM information_schema.table_privileges
  WHERE grantee IN ('''${prefix}worker_wanted''@''$host''', '''${prefix}daemon_wanted''@''$host''', '''${prefix}admin_wanted''@''$host''');")
if [ "$seen" != 3 ]; then
  sql=$(dropping)
  run "$@" <<<"$sql" || true
  die "this account is not shown the rights of others (it needs SELECT on the schema mysql), so superfluous ones could not be taken."
fi
sql=$(excess)
revoking=$(run "$@" <<<"$sql") || die "what the accounts have beyond their rights could not be found (see above)."
# And given again, for a right on a whole table that has become one on some columns.
sql=$(echo "$revoking"; grants ""; dropping)
run "$@" <<<"$sql" || die "not all superfluous rights could be taken (see above)."
echo "the accounts ${prefix}worker, ${prefix}daemon and ${prefix}admin at $host are ready"
