#!/usr/bin/env bash
# render.sh FILE: writes FILE to standard output with every @NAME@ replaced by the variable NAME of the
# environment. A name without a value is an error. These have defaults, the ones that docs/protocol.md
# promises:
#
#   AUTH_RATE_PER_MINUTE=20  AUTH_BURST=20    login, register, password change: an address
#   API_RATE_PER_SECOND=100  API_BURST=200    everything else: an address
#   ACCESS_LOG=/var/log/nginx/parlor.log
set -euo pipefail

export AUTH_RATE_PER_MINUTE=${AUTH_RATE_PER_MINUTE:-20} AUTH_BURST=${AUTH_BURST:-20}
export API_RATE_PER_SECOND=${API_RATE_PER_SECOND:-100} API_BURST=${API_BURST:-200}
export ACCESS_LOG=${ACCESS_LOG:-/var/log/nginx/parlor.log}
# When the next request fits again.
export AUTH_RETRY_AFTER_S=$(((60 + AUTH_RATE_PER_MINUTE - 1) / AUTH_RATE_PER_MINUTE))

[ $# -eq 1 ] || { echo "usage: NAME=value … render.sh FILE" >&2; exit 2; }

text=$(<"$1")
# The comments of the templates speak of @NAME@ itself.
while read -r name; do
  [ "$name" = NAME ] && continue
  [ -n "${!name+set}" ] || { echo "render.sh: $1 needs the variable $name" >&2; exit 1; }
  text=${text//"@$name@"/"${!name}"}
done < <(grep -o '@[A-Z][A-Z_]*@' "$1" | tr -d '@' | sort -u)
printf '%s\n' "$text"
