#!/usr/bin/env bash
# Loads the administrators' procedures, sql/admin/*.sql, into a Parlor database.
#
#   sql/admin/install.sh [options of the mariadb or mysql client] DATABASE
#   sql/admin/install.sh --socket=/run/mysqld/mysqld.sock --user=parlor_owner parlor
#
# To be run after sql/migrate.sh, after every upgrade, and after a dump was restored (procedures are in no dump by default).
# Repeating it changes nothing; procedures that this version does not have any more are dropped. The account must own the
# schema (all rights on it, CREATE ROUTINE and ALTER ROUTINE included): the procedures run with its rights, so prefer one
# that has rights on this schema only. Who may call them is in sql/grants.sql (sql/create-users.sh). A procedure that an
# administrator calls in the very moment of its loading may be missing for that moment.
set -euo pipefail

die() { echo "install.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
client=$(command -v mariadb || command -v mysql) || die "neither the mariadb nor the mysql client is installed."
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
database=("$client" "$@" --batch --raw --skip-column-names --default-character-set=utf8mb4)
# Stored with each procedure and used whenever it runs: that the server's own settings don't matter.
settings="SET NAMES utf8mb4 COLLATE utf8mb4_bin;
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO';"

migrations=("$folder"/../migrations/[0-9]*.sql)
state=$("${database[@]}" <<<"SELECT COUNT(*), COALESCE(SUM(applied_at_ms = 0), 0) FROM schema_migrations") ||
  die "the database can't be reached, or it is not Parlor's: run sql/migrate.sh first."
read -r applied unfinished <<<"$state"
[ "$unfinished" = 0 ] || die "a migration has failed half-way: see what sql/migrate.sh says."
[ "$applied" = ${#migrations[@]} ] ||
  die "the database is at migration $applied, the procedures need ${#migrations[@]}: run sql/migrate.sh of this version first."

names=
for file in "$folder"/*.sql; do
  { echo "$settings"; cat "$file"; } | "${database[@]}" || die "$(basename "$file") could not be loaded (see above)."
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
