#!/usr/bin/env bash
# Brings a Parlor database up to date: applies sql/migrations/NNNN_name.sql in order, each once.
#
#   sql/migrate.sh [options of the mariadb or mysql client] DATABASE
#   sql/migrate.sh --socket=/run/mysqld/mysqld.sock --user=root parlor
#
# The account must own the schema (CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW and rows); the programs run
# with less, see sql/create-users.sh. Repeating it changes nothing. Make a backup first: neither server can roll back
# a CREATE or ALTER. What is being applied is marked with applied_at_ms = 0 in schema_migrations, so an interrupted
# migration is seen, and two runs at once can't both apply it.
set -euo pipefail

die() { echo "migrate.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
client=$(command -v mariadb || command -v mysql) || die "neither the mariadb nor the mysql client is installed."
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/migrations
database=("$client" "$@" --batch --skip-column-names --default-character-set=utf8mb4)

# The files, which must be numbered 0001, 0002, … without a gap.
files=()
for file in "$folder"/*.sql; do
  printf -v number '%04d' $((${#files[@]} + 1))
  [[ ${file##*/} =~ ^${number}_[a-z0-9_]+\.sql$ ]] || die "expected a file ${number}_name.sql, found ${file##*/}."
  files+=("$file")
done

"${database[@]}" <<'SQL' || die "the database can't be reached, or its account may not create tables."
CREATE TABLE IF NOT EXISTS schema_migrations (
  version       INT UNSIGNED NOT NULL PRIMARY KEY,
  name          VARCHAR(128) NOT NULL,
  applied_at_ms BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
SQL

applied=0
rows=$("${database[@]}" <<<"SELECT version, applied_at_ms FROM schema_migrations ORDER BY version")
while read -r version applied_at_ms; do
  [ -n "$version" ] || continue
  applied=$((applied + 1))
  [ "$version" = "$applied" ] || die "the database has migration $version, but not $applied: it is not one of ours."
  [ "$applied" -le ${#files[@]} ] ||
    die "the database is at migration $applied, newer than this Parlor, which knows ${#files[@]}. Install the newer one."
  [ "$applied_at_ms" != 0 ] || die "migration $version is being applied by somebody else, or failed half-way. In the latter case
  restore the backup, or finish the rest of ${files[version - 1]##*/} by hand and say
  UPDATE schema_migrations SET applied_at_ms = UNIX_TIMESTAMP() * 1000 WHERE version = $version"
done <<<"$rows"
for file in "${files[@]:applied}"; do
  applied=$((applied + 1))
  name=$(basename "$file" .sql)
  echo "applying $name"
  {
    # Whatever the server's own mode: backslashes escape, and nothing is cut to fit.
    echo "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO';"
    echo "INSERT INTO schema_migrations (version, name, applied_at_ms) VALUES ($applied, '${name#*_}', 0);"
    cat "$file"
    echo "; UPDATE schema_migrations SET applied_at_ms = UNIX_TIMESTAMP() * 1000 WHERE version = $applied;"
  } | "${database[@]}" || die "$name failed (see above); the database is at $((applied - 1)) and part of $applied."
done
echo "the database is at migration $applied"
