"""Puts what `parlor-wsd --print-reference` prints into docs/admin/configure.md (`make reference`).

reference.py PROGRAM PAGE [--check]     with --check nothing is written; the exit status says whether the page is up to date
"""

import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"(?<=<!-- begin: --print-reference -->\n).*?(?=<!-- end: --print-reference -->)", re.S)


def main(program, page, *flags):
    path = pathlib.Path(page)
    text = path.read_text()
    printed = subprocess.run([program, "--print-reference"], check=True, capture_output=True, text=True).stdout
    wanted, count = BLOCK.subn(lambda _: f"\n{printed}\n", text)
    if count != 1:
        sys.exit(f"{page} has no place for the reference.")
    if flags == ("--check",):
        sys.exit(None if wanted == text else f"{page} is not what the program prints: `make reference` writes it.")
    path.write_text(wanted)


main(*sys.argv[1:])
