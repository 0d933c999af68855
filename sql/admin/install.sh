#!/usr/bin/env bash
# Loads the administrators' procedures, sql/admin/*.sql, into a Parlor database.
#
#   sql/admin/install.sh [options of the mariadb or mysql client] DATABASE
#   sql/admin/install.sh --socket=/run/mysqld/mysqld.sock --user=schema_owner parlor
#
# To be run after sql/migrate.sh, after every upgrade, and after a dump was restored (procedures are in no dump by default).
# Repeating it changes nothing; procedures that this version does not have any more are dropped. The account must own the
# schema (all rights on it, CREATE ROUTINE and ALTER ROUTINE included). The procedures run with the rights of parlor_owner at
# localhost, or of another account that PARLOR_OWNER names: it is made if need be, may read and write the schemas that it
# was given so and nothing else, and is locked, so nobody signs in with it; one that somebody can sign in with is refused.
# Making it takes the rights of the server's root. Where they are missing that is said, and the procedures belong to who
# loads them, but those that have such an owner are not taken from him. With an empty PARLOR_OWNER they belong to who loads
# them, whatever was before. Who may call them is in sql/grants.sql (sql/create-users.sh). A procedure that an administrator
# calls in the very moment of its loading may be missing for that moment.
set -euo pipefail

die() { echo "install.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
client=$(command -v mariadb || command -v mysql) || die "neither the mariadb nor the mysql client is installed."
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
database=("$client" "$@" --batch --raw --skip-column-names --default-character-set=utf8mb4)
# Stored with each procedure and used whenever it runs: that the server's own settings don't matter.
settings="SET NAMES utf8mb4 COLLATE utf8mb4_bin;
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO';"

owner=${PARLOR_OWNER-parlor_owner}
[[ $owner =~ ^[a-z0-9_]*$ ]] || die "PARLOR_OWNER may have a-z, 0-9 and _ only."

# Fails where this takes rights that are missing; a procedure of the owner's is tried. In GRANT an unescaped _ stands for any
# character.
make_owner() {
  local schema made
  schema=$("${database[@]}" <<<"SELECT DATABASE()") || return 1
  made=$("${database[@]}" <<<"
    CREATE USER IF NOT EXISTS '$owner'@'localhost' IDENTIFIED BY 'aA1!$(head -c 24 /dev/urandom | base64)' ACCOUNT LOCK;
    SHOW CREATE USER '$owner'@'localhost';") || return 1
  [[ $made == *"ACCOUNT LOCK"* ]] ||
    die "$owner@localhost is an account that somebody may sign in with: it is not locked. Nothing was changed. Name another in PARLOR_OWNER."
  "${database[@]}" <<<"
    GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, CREATE TEMPORARY TABLES ON \`${schema//_/\\_}\`.* TO '$owner'@'localhost';
    DROP PROCEDURE IF EXISTS internal_probe;
    CREATE DEFINER='$owner'@'localhost' PROCEDURE internal_probe() SELECT 1;
    DROP PROCEDURE internal_probe;"
}

migrations=("$folder"/../migrations/[0-9]*.sql)
state=$("${database[@]}" <<<"SELECT COUNT(*), COALESCE(SUM(applied_at_ms = 0), 0) FROM schema_migrations") ||
  die "the database can't be reached, or it is not Parlor's: run sql/migrate.sh first."
read -r applied unfinished <<<"$state"
[ "$unfinished" = 0 ] || die "a migration has failed half-way: see what sql/migrate.sh says."
[ "$applied" = ${#migrations[@]} ] ||
  die "the database is at migration $applied, the procedures need ${#migrations[@]}: run sql/migrate.sh of this version first."

definer=
if [ -n "$owner" ]; then
  if make_owner; then
    definer="DEFINER='$owner'@'localhost' "
  else
    his=$("${database[@]}" <<<"SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE()
      AND definer = '$owner@localhost' AND CURRENT_USER() <> definer")
    [ "$his" = 0 ] || die "this account may not keep the procedures $owner's (see above). They are left as they are: load them as the server's root."
    echo "install.sh: $owner can't be made their owner (see above): the procedures run with the rights of who loads them." >&2
  fi
fi

names=
for file in "$folder"/*.sql; do
  { echo "$settings"; sed "s/^CREATE PROCEDURE /CREATE ${definer}PROCEDURE /" "$file"; } | "${database[@]}" ||
    die "$(basename "$file") could not be loaded (see above)."
  names+=$(sed -n 's/^CREATE PROCEDURE \([a-z_]*\).*/'"'\1',"'/p' "$file")
done
[ -n "$names" ] || die "there are no procedures in $folder."

# $1: condition; the statements that drop what is not in our files.
old=$("${database[@]}" <<<"SELECT CONCAT('DROP PROCEDURE \`', routine_name, '\`;') FROM information_schema.routines
  WHERE routine_schema = DATABASE() AND routine_type = 'PROCEDURE'
    AND (routine_name LIKE 'admin\\_%' OR routine_name LIKE 'internal\\_%')
    AND routine_name NOT IN (${names//$'\n'/}'')") || die "what is old could not be found (see above)."
[ -z "$old" ] || "${database[@]}" <<<"$old" || die "what is old could not be dropped (see above)."
echo "the procedures for administrators are ready: CALL admin_help() lists them"
