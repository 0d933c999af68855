"""The commands that a page of docs/ tells an administrator to type, run as they stand there."""

import os
import re
import subprocess

from support.stack import ROOT

BLOCK = re.compile(r"<!-- run: (?P<name>[^>]+?) -->\n```sh\n(?P<text>.*?)```\n", re.S)
# Units of the package → parts of the stack that scripts/run.sh supervises.
PARTS = {"parlor-wsd": "wsd", "parlor-fcgi": "fcgi-api", "parlor-fcgi-auth": "fcgi-auth"}


def commands(page):
    """{name: text} of the blocks of docs/`page` that carry a name."""
    found = {m["name"]: m["text"] for m in BLOCK.finditer((ROOT / "docs" / page).read_text())}
    assert found, f"docs/{page} has no block with a comment `run: NAME`"
    return found


class Administrator:
    """Root of the machine that a stack runs on: the client finds its database, systemctl its parts."""

    def __init__(self, stack, folder):
        self.stack, self.folder = stack, folder
        self.home = folder / f"home-{stack.port}"
        self.home.mkdir()
        (self.home / ".my.cnf").write_text(f"[client]\nsocket = {stack.var}/run/mariadb.sock\nuser = root\n")
        self._systemctl()

    def _systemctl(self):
        """What of systemctl the pages use. Like the real one it returns when the unit is stopped, or started."""
        cases = "".join(f"    {unit}) part='{part}' ;;\n" for unit, part in PARTS.items())
        script = self.home / "systemctl"
        script.write_text(f"""#!/bin/sh
verb=$1; shift
case $verb in start) verb=up ;; stop) verb=force-stop ;; *) echo "systemctl $verb?" >&2; exit 1 ;; esac
for unit in "$@"; do
  case $unit in
{cases}    *) echo "no unit $unit" >&2; exit 1 ;;
  esac
  sv -w 20 $verb "{self.stack.var}/services/$part" || exit 1
done
""")
        script.chmod(0o755)

    def run(self, text, paths=()):
        """Every line must succeed. `paths`: {as the page has it: here}. What was printed."""
        for written, here in {"/usr/share/parlor": ROOT, "/var/backups/parlor": self.folder, **dict(paths)}.items():
            text = text.replace(written, str(here))
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PARLOR_", "MYSQL"))}
        environment.update(HOME=str(self.home), PATH=f"{self.home}:{os.environ['PATH']}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout
