#!/usr/bin/env python3
"""make lint: what a reviewer should not have to say.

clang-format and clang-tidy over our C++, shellcheck over all scripts, redocly over the interface
documents, AsyncAPI's own parser over the socket's, and the rules below that keep each foreign library in
the one place that knows its traps (docs/architecture.md), the includes pointing downwards and the lines
within 100 columns. A file that clang-tidy has passed is not looked at again until it, a header that it
includes, .clang-tidy or the flags change; the memory of that is build/lint/.

clang-tidy looks at the programs, and with --tidy-tests at the tests: they are nearly half of all files, and
each costs it several times as much (docs/development.md).

redocly and the parser come from npm (scripts/npm.sh).

    lint.py [--jobs N] [--tidy-tests] -- COMPILER FLAGS
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys

# Foreign header (prefix) -> who may include it. Tests may include what they like.
OWNERS = {
    "fcgi": ["fcgi/fcgi_io.cpp"],
    "libwebsockets.h": ["wsd/server_impl.h"],
    "uv.h": ["wsd/server_impl.h"],
    "systemd/": ["wsd/supervisor.cpp"],
    "curl/": ["wsd/smtp.cpp", "wsd/bot/openai_engine.cpp"],
    "re2/": ["wsd/bot/rules.cpp"],
    "zmq": ["common/bus.cpp"],
    "cppconn/": ["common/db_connection.cpp"],
    "mysql": ["common/db_connection.cpp"],
    "sodium": ["common/password.cpp"],
    "openssl/": ["common/token.cpp"],
    "spdlog/": ["common/log.cpp"],
    "fmt/": ["common/log.cpp"],
    "toml++/": ["common/config.cpp"],
    "CLI/": ["common/program.cpp"],
    "prometheus/": ["wsd/metrics_page.cpp"],
    "civetweb": ["wsd/metrics_server.cpp"],
    "nlohmann/": ["common/protocol_json.cpp", "common/completions.cpp"],
}
# Our headers that pass a foreign library on -> how the only files that may include them begin.
INSIDE = {"wsd/server_impl.h": "wsd/server"}
# Folder -> folders that its includes may name.
DOWNWARDS = {"common": {"common"}, "fcgi": {"fcgi", "common"}, "wsd": {"wsd", "common"}}

COLUMNS = 100
WIDE = {"fcgi/routes.cpp"}  # a table, one route a line

# What clients are written from. redocly.yaml has the rules.
DOCUMENTS = ["docs/openapi.yaml", "docs/asyncapi.yaml"]

# The connector's own transaction calls report success when nothing was stored.
CONNECTOR_CALLS = re.compile(r"(->|\.)(commit|rollback)\(\)|setAutoCommit")


def our_files(*patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
                            check=True, capture_output=True, text=True).stdout
    return sorted({path for path in listed.split("\n") if path and pathlib.Path(path).exists()})


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def check_includes(path, text):
    folder = path.split("/")[0]
    if folder not in DOWNWARDS:
        return
    for header in re.findall(r'^\s*#include\s+<([^>]+)>', text, re.M):
        for prefix, owners in OWNERS.items():
            if header.startswith(prefix) and path not in owners:
                yield f"{path}: <{header}> belongs to {' and '.join(owners)} alone"
    for header in re.findall(r'^\s*#include\s+"([^"]+)"', text, re.M):
        if header.split("/")[0] not in DOWNWARDS[folder]:
            yield f'{path}: "{header}": {folder}/ may include {" and ".join(sorted(DOWNWARDS[folder]))} only'
        if not path.startswith(INSIDE.get(header, "")):
            yield f'{path}: "{header}" is the inside of {INSIDE[header]}*.cpp'


def check_calls(path, text):
    if path.split("/")[0] in DOWNWARDS:
        for call in CONNECTOR_CALLS.finditer(without_comments(text)):
            yield f"{path}: {call.group(0)}: the connector's own call hides errors; Transaction in common/db.h does it"


def check_one_writer(texts):
    # An answer in HTTP, before there is a WebSocket, is written once and closes.
    calls = [path for path, text in texts.items() if not path.startswith("tests/")
             for call in re.findall(r"\blws_write\s*\(([^;]*);", without_comments(text)) if "LWS_WRITE_HTTP" not in call]
    if len(calls) > 1:
        yield f"frames leave in {len(calls)} places ({', '.join(calls)}): only one can know that the socket takes more"


def check_width(path, text):
    # clang-format leaves comments as they are, and tables that it is told to.
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS and path not in WIDE:
            yield f"{path}:{number}: {len(line)} columns, of {COLUMNS}"


def own_rules(files):
    texts = {path: pathlib.Path(path).read_text() for path in files}
    for path, text in texts.items():
        yield from check_includes(path, text)
        yield from check_calls(path, text)
        yield from check_width(path, text)
    yield from check_one_writer(texts)
    yield from check_lock()


def with_our_headers(path, seen):
    """The file and every header of ours that it reaches. Ours are included by their path from the root."""
    if path in seen or not pathlib.Path(path).exists():
        return seen
    seen.add(path)
    for header in re.findall(r'^\s*#include\s+"([^"]+)"', pathlib.Path(path).read_text(), re.M):
        with_our_headers(header, seen)
    return seen


def fingerprint(path, flags):
    digest = hashlib.sha256(" ".join(flags).encode())
    for part in [".clang-tidy", *sorted(with_our_headers(path, set()))]:
        digest.update(part.encode() + b"\0" + pathlib.Path(part).read_bytes() + b"\0")
    return digest.hexdigest()


def tidy(path, flags):
    mark = pathlib.Path("build/lint") / path.replace("/", "-")
    wanted = fingerprint(path, flags)
    if mark.exists() and mark.read_text() == wanted:
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", path, "--", *flags], capture_output=True, text=True)
    if done.returncode == 0 and "warning:" not in done.stdout:
        mark.write_text(wanted)
        return ""
    return done.stdout or done.stderr


def tidy_all(files, flags, jobs):
    pathlib.Path("build/lint").mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return [said for said in pool.map(lambda path: tidy(path, flags), files) if said]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def npm(*arguments):
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    done = subprocess.run(["npm", "--no-update-notifier", *arguments], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def check_documents():
    """Warnings count: redocly itself ends well with them."""
    if complaints := run(["scripts/npm.sh"]):
        return complaints
    complaints = []
    for document in DOCUMENTS:
        status, out, err = npm("run", "--silent", "lint", "--", document)
        if status != 0 or re.search(r"You have \d+ warning", out + err):
            complaints.append(out + err)
    status, out, err = npm("run", "--silent", "lint:asyncapi", "--", "docs/asyncapi.yaml")
    if status != 0:
        complaints.append(out + err)
    return complaints


def check_lock():
    text = pathlib.Path("package-lock.json").read_text()
    if '"resolved"' in text:
        yield "package-lock.json: names where packages were fetched from (.npmrc: omit-lockfile-registry-resolved)"


def bash_scripts():
    named = our_files("*.sh", ".ci/run", "packaging/parlor-setup")
    return [path for path in named if pathlib.Path(path).read_text().startswith("#!")]


def main(arguments):
    split = arguments.index("--")
    jobs = int(arguments[arguments.index("--jobs") + 1]) if "--jobs" in arguments[:split] else 2
    flags = arguments[split + 1:]
    sources = our_files("*.cpp")
    everything = sources + our_files("*.h")
    tidied = [path for path in sources if "--tidy-tests" in arguments[:split] or not path.startswith("tests/")]

    failures = 0
    for name, check in [
        ("clang-format", lambda: run(["clang-format", "--dry-run", "-Werror", *everything])),
        ("our rules", lambda: list(own_rules(everything))),
        ("shellcheck", lambda: run(["shellcheck", "-x", *bash_scripts()])),
        ("documents", check_documents),
        ("clang-tidy", lambda: tidy_all(tidied, flags, jobs)),
    ]:
        complaints = check()
        failures += len(complaints)
        print(f"{name}: {'clean' if not complaints else ''}", *complaints, sep="\n" if complaints else "", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
