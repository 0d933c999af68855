#!/usr/bin/python3
"""Makes a JUnit file of what `node --test --test-reporter=tap` printed, which Debian's Node 18 can't write itself,
and prints what failed, and why.

    tap.py RESULTS.tap RESULTS.xml

Only the innermost tests count: a file or a suite is the sum of what is in it."""
import re
import sys
import xml.etree.ElementTree as xml

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML can have it
RESULT = re.compile(r"^( *)(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO)\b.*)?$")


def tests(lines):
    """(name, failed, skipped, diagnosis) of each innermost test. A parent's line follows those of its children."""
    deepest = -1  # indentation of the results since the last one that is less deep
    found = None
    diagnosis, in_diagnosis = [], False
    for line in lines:
        text = line.strip()
        if in_diagnosis:
            in_diagnosis = text != "..."
            diagnosis.append(line)
        elif text == "---" and found:
            in_diagnosis = True
        elif match := RESULT.match(line):
            if found:
                yield (*found, "".join(diagnosis))
            depth = len(match[1])
            is_parent = deepest > depth
            deepest = depth
            diagnosis = []
            found = None if is_parent else (match[3], match[2] == "not ok", match[4] is not None)
    if found:
        yield (*found, "".join(diagnosis))


def main(tap, junit):
    suite = xml.Element("testsuite")
    failed = count = 0
    with open(tap, encoding="utf-8", errors="replace") as file:
        for name, is_failed, is_skipped, diagnosis in tests(file):
            case = xml.SubElement(suite, "testcase", name=name)
            count += 1
            if is_failed and not is_skipped:
                failed += 1
                xml.SubElement(case, "failure").text = UNPRINTABLE.sub("", diagnosis)
                print(f"FAILED: {name}\n{diagnosis}")
            elif is_skipped:
                xml.SubElement(case, "skipped")
    print(f"{tap}: {count - failed} of {count} passed")
    xml.ElementTree(suite).write(junit)


main(*sys.argv[1:])
