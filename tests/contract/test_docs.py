"""What the pages say exists: options, flags, variables, make targets, links, files, tests and messages of the programs."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / os.environ.get("MODE", "release")
PROGRAMS = ("parlor-wsd", "parlor-fcgi")
OURS = ("*.md", "docs/*.md", "docs/*/*.md", "web/*.md", "sql/*.md", "watch/*.md", "systemd/*.md", "nginx/*.md", "packaging/*.md")
PAGES = sorted({path for pattern in OURS for path in ROOT.glob(pattern)})
CONFIGURE = ROOT / "docs/admin/configure.md"
SOURCES = ("common", "fcgi", "wsd", "sql", "scripts", "nginx", "systemd", "packaging", "debian")
FENCE = re.compile(r"^```.*?^```\n", re.S | re.M)


def name_of(path):
    return str(path.relative_to(ROOT))


@cache
def prose(path):
    """A page without its blocks of code."""
    return FENCE.sub("", path.read_text())


def pages(pattern):
    """(page, match) of everything that the pages say like this."""
    return [(name_of(page), m) for page in PAGES for m in re.finditer(pattern, page.read_text())]


def section(title):
    """A chapter of configure.md."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", CONFIGURE.read_text(), re.S | re.M)
    assert found, f"configure.md has no chapter {title}"
    return found.group(1)


def first_column(text):
    """What the rows of its tables are about."""
    rows = re.findall(r"^\| (`[^|]*) \|", text, re.M)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


# ---- the programs

@pytest.mark.parametrize("program", PROGRAMS)
def test_the_reference_is_what_the_program_prints(program):
    check = [sys.executable, ROOT / "scripts/reference.py", BUILD / program, CONFIGURE, "--check"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_is_in_both_references(program):
    printed = subprocess.run([BUILD / program, "--print-config"], check=True, capture_output=True, text=True).stdout
    in_toml = re.findall(r"^(?:\[(\w+)\]|(\w+) = )", printed, re.M)
    in_page = re.findall(r"^(?:### (\w+)|\| `(\w+)` \|)", section("Options"), re.M)
    assert in_toml == in_page
    assert len(in_toml) > 50


def test_every_flag_is_described():
    described = {flag.split()[0] for flag in first_column(section("Files, variables, flags")) if flag.startswith("-")}
    known = set()
    for program in PROGRAMS:
        text = subprocess.run([BUILD / program, "--help"], check=True, capture_output=True, text=True).stdout
        known |= set(re.findall(r"^\s+(-h|--[a-z-]+)", text, re.M)) | set(re.findall(r",(--[a-z-]+)", text))
    assert described == known


def test_every_option_that_a_page_names_exists():
    printed = subprocess.run([BUILD / "parlor-wsd", "--print-config"], check=True, capture_output=True, text=True).stdout
    keys, current = set(), None
    for head, key in re.findall(r"^(?:\[(\w+)\]|(\w+) = )", printed, re.M):
        current = head or current
        keys |= {f"{current}.{key}"} if key else set()
    sections = {key.split(".")[0] for key in keys}
    unknown = [
        (page, m[1]) for page, m in pages(r"`((\w+)\.\w+)`")
        if m[2] in sections and m[1] not in keys and not re.search(r"\.(md|py|sh|sql|h|cpp|toml|log|service)$", m[1])
    ]
    assert not unknown, unknown


# ---- what scripts take from the environment

def test_every_variable_of_the_trial_stack_is_described():
    script = (ROOT / "scripts/run.sh").read_text()
    taken = set(re.findall(r"^([A-Z_]+)=\$\{\1:-", script, re.M))
    described = first_column(section("The trial stack: `make run`"))
    assert described == taken | {"NOFILE"}


def test_every_value_of_the_nginx_files_is_described():
    described = first_column(section("nginx"))
    render = (ROOT / "scripts/render.sh").read_text()
    with_default = dict(re.findall(r"([A-Z_]+)=\$\{\1:-([^}]*)\}", render))
    used = set()
    for file in (ROOT / "nginx").glob("parlor-*.conf*"):
        used |= set(re.findall(r"@([A-Z_]+)@", file.read_text())) - {"NAME"}
    assert described == used | set(with_default)
    for name, default in with_default.items():
        assert f"| `{name}` | `{default}` |" in section("nginx"), name


# ---- make

def make_help():
    return subprocess.run(["make", "-s", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def make_targets():
    text = (ROOT / "Makefile").read_text()
    return {name for line in re.findall(r"^\.PHONY:(.*)$", text, re.M) for name in line.split()}


def test_make_help_names_every_target_and_no_other():
    named = set(re.findall(r"^ {2}make ([a-z-]+)", make_help(), re.M))
    assert named | {"all", "help"} == make_targets()


def test_make_help_names_every_variable():
    text = (ROOT / "Makefile").read_text()
    for name in re.findall(r"^([A-Z_]+) \?=", text, re.M):
        assert re.search(rf"\b{name}=", make_help()), name


def test_every_make_command_in_the_pages_exists():
    targets = make_targets()
    files = re.compile(r"^(build/|[A-Z_]+=|-)")
    missing = []
    for page, m in pages(r"(?:`|^|\s)(?:[A-Z_]+=\S+ )*make ((?:[-A-Za-z_=./0-9]+ ?)+)[`\n#,]"):
        words = m[1].split()
        if m[0].lstrip("\n `")[:4] != "make" and "=" not in m[0]:
            continue
        if m[0].startswith("`") or m[0].startswith("\n"):
            missing += [(page, word) for word in words if not files.search(word) and word not in targets]
    assert not missing, missing


# ---- links, files, tests

def slug(title):
    """The anchor that GitHub makes of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


@cache
def anchors(path):
    found = set(re.findall(r'<a (?:id|name)="([^"]+)"', path.read_text()))
    for title in re.findall(r"^#{1,6} (.*)$", prose(path), re.M):
        name, count = slug(title), 0
        while (name if not count else f"{name}-{count}") in found:
            count += 1
        found.add(name if not count else f"{name}-{count}")
    return found


def links(page):
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    return re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", text)


def test_there_are_pages():
    assert {"README.md", "docs/README.md", "docs/admin/README.md", "docs/protocol.md"} <= {name_of(p) for p in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page):
    dead = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    assert not dead, dead


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link]
        waiting += [t for t in targets if t.suffix == ".md" and t.exists()]
    assert set(PAGES) <= reached, [name_of(p) for p in set(PAGES) - reached]


def test_every_file_that_a_page_names_exists():
    top = "|".join(sorted(p.name for p in ROOT.iterdir() if p.is_dir() and p.name not in ("build", "var", "node_modules")))
    missing = []
    for page, m in pages(rf"(?<![\w/.-])((?:{top})/[\w./-]*\w\.(?:md|py|sh|sql|cpp|h|mjs|js|yaml|yml|json|conf|service|html))\b"):
        if not (ROOT / m[1]).exists():
            missing.append((page, m[1]))
    assert not missing, missing


def test_every_test_that_a_page_names_exists():
    text = "\n".join(p.read_text() for p in (ROOT / "tests").rglob("*_test.cpp"))
    known = {f"{suite}.{name}" for suite, name in re.findall(r"TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", text)}
    missing = [(page, m[1]) for page, m in pages(r"`(\w+Test\.\w+)`") if m[1] not in known]
    for page, m in pages(r"`(tests/[\w/.]+\.py)::(\w+)`"):
        if not re.search(rf"^\s*def {m[2]}\(", (ROOT / m[1]).read_text(), re.M):
            missing.append((page, m[0]))
    for page, m in pages(r"`(tests/[\w/.-]+\.mjs)`: “([^”]+)”"):
        if m[2] not in (ROOT / m[1]).read_text():
            missing.append((page, m[0]))
    assert not missing, missing


def test_every_procedure_and_metric_that_a_page_names_exists():
    sql = "\n".join(p.read_text() for p in (ROOT / "sql").rglob("*.sql"))
    program = "\n".join(p.read_text() for p in (ROOT / "wsd").rglob("*.cpp"))
    named = [(page, m[1]) for page, m in pages(r"\b(admin_[a-z_]+[a-z])\b")]
    assert named and not (missing := [n for n in named if not re.search(rf"\b{n[1]}\b", sql)]), missing
    named = [(page, m[1]) for page, m in pages(r"`(parlor_[a-z_]+_(?:total|seconds|length))\b")]
    assert named and not (missing := [n for n in named if n[1].removeprefix("parlor_") not in program]), missing


# ---- messages

@cache
def sources():
    """Everything that can say something, with texts that go over several lines in one piece."""
    parts = []
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in (".md", ".inc", ".o"):
                parts.append(path.read_text(errors="replace"))
    text = "\n".join(parts).replace('\\"', '"')
    return re.sub(r'"\s*\n\s*"', "", text)


def quoted_messages():
    """What troubleshoot.md quotes in the first column of its tables; … stands for what changes."""
    text = (ROOT / "docs/admin/troubleshoot.md").read_text()
    return [m for row in re.findall(r"^\| (.*?) \|", text, re.M) for m in re.findall(r"“`([^`]+)`”", row)]


def test_every_message_that_troubleshooting_quotes_is_said_somewhere():
    messages = quoted_messages()
    assert len(messages) > 15
    missing = [m for m in messages if not all(part.strip() in sources() for part in m.split("…"))]
    assert not missing, missing
