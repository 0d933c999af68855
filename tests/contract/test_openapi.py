"""docs/openapi.yaml, the program and docs/protocol.md say the same: routes, who may ask, codes, and every example."""

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
# Bodies of protocol.md that openapi.yaml shows as the parameters of these requests.
QUERIES = {
    "UserQuery": ["/users", "/users/group/{id}"],
    "GroupQuery": ["/chat_groups"],
    "PageRequest": ["/chat_rooms/{id}", "/chat_groups/{id}", "/chat_bot"],
}
# Codes of HTTP that no request of the document is answered with: the path or the method is not in it.
NOT_OF_A_REQUEST = {"method_not_allowed"}
# What nginx says before a worker is asked, beside the table.
OF_NGINX = {("bad_request", 400), ("too_large", 414), ("unavailable", 502), ("unavailable", 504)}
# In the table with a status, but said on the socket alone.
OF_THE_SOCKET = {"too_fast", "busy"}

DOCUMENT = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
PROTOCOL = (ROOT / "docs/protocol.md").read_text()
COMPONENTS = DOCUMENT["components"]
OPERATIONS = {
    (method.upper(), path): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}


def target(node):
    """What a $ref points to; else the node itself."""
    while "$ref" in node:
        found = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def routes():
    """(method, pattern) → access, as the program has them."""
    program = ROOT / "build" / os.environ.get("MODE", "release") / "parlor-fcgi"
    printed = subprocess.run([program, "--print-routes"], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in printed.splitlines()]
    return {(method, pattern): access for method, pattern, access in rows}


def errors_of(schema, value):
    """`schema` with its references into the document."""
    whole = {**schema, "components": COMPONENTS}
    return [error.message for error in jsonschema.Draft202012Validator(whole).iter_errors(value)]


def protocol_examples():
    """(name, value) of each `<!-- body: NAME -->` and the JSON under it."""
    found = re.findall(r"^<!-- body: (\w+) -->\n```json\n(.*?)^```$", PROTOCOL, re.M | re.S)
    assert len(found) > 10
    return [(name, json.loads(text)) for name, text in found]


def protocol_codes():
    """code → status, of the table of errors."""
    rows = PROTOCOL.split("<!-- table: error codes -->")[1].split("\n\n")[0]
    return {code: int(status) for code, status in re.findall(r"^\| `(\w+)` \| (\d+) \|", rows, re.M)}


def media_types():
    """(where, media type object) of every body, given and taken."""
    for (method, path), operation in OPERATIONS.items():
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{method} {path}", kind, media
        for status, response in operation["responses"].items():
            for kind, media in target(response).get("content", {}).items():
                yield f"{method} {path} {status}", kind, media


def parameters_of(method, path):
    given = DOCUMENT["paths"][path].get("parameters", []) + OPERATIONS[method, path].get("parameters", [])
    return [target(parameter) for parameter in given]


def test_every_route_is_documented_and_nothing_else():
    assert set(OPERATIONS) == set(routes())


def test_who_may_ask_is_documented():
    for key, access in routes().items():
        operation = OPERATIONS[key]
        is_open = operation.get("security", DOCUMENT["security"]) == []
        assert is_open == (access == "public"), key
        unauthorized = target(operation["responses"].get("401", {}))
        assert is_open or "WWW-Authenticate" in unauthorized["headers"], key


def test_the_braces_of_a_path_are_its_parameters():
    for method, path in OPERATIONS:
        named = [parameter["name"] for parameter in parameters_of(method, path) if parameter["in"] == "path"]
        assert named == re.findall(r"\{(\w+)\}", path), (method, path)


def test_what_is_named_may_not_be_there():
    in_the_body = {("PUT", "/notifications"), ("POST", "/chat_rooms"), ("PUT", "/chat_groups")}
    for (method, path), operation in OPERATIONS.items():
        names_something = "{" in path or (method, path) in in_the_body
        assert ("404" in operation["responses"]) == names_something, (method, path)


def test_a_body_can_be_refused_in_every_way():
    for key, operation in OPERATIONS.items():
        wanted = {"413", "415"} | ({"400", "422"} if "requestBody" in operation else set())
        assert wanted <= set(operation["responses"]), key


def test_what_is_busy_or_away_says_when_to_come_back():
    for key, operation in OPERATIONS.items():
        assert {"400", "414", "429", "500", "502", "503", "504"} <= set(operation["responses"]), key
        for status in ("429", "502", "503", "504"):
            headers = target(operation["responses"][status])["headers"]
            assert target(headers["Retry-After"])["required"], (key, status)


def constants(schema):
    return schema.get("enum", [schema.get("const")])


def test_problems_have_the_codes_of_the_protocol():
    wanted = set(protocol_codes().items()) | OF_NGINX
    seen = set()
    for key, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                problem = target(target(response)["content"]["application/problem+json"]["schema"])
                narrowed = problem["allOf"][1]["properties"]
                assert int(status) in constants(narrowed["status"]), (key, status)
                seen |= {(code, int(status)) for code in constants(narrowed["code"])}
    assert seen == {(code, status) for code, status in wanted if code not in NOT_OF_A_REQUEST | OF_THE_SOCKET}


def test_answers_have_no_fields_that_are_not_named():
    for where, kind, media in media_types():
        schema = target(media["schema"])
        is_answer = len(where.split()) == 3
        if is_answer and kind == "application/json":
            schema = target(schema["allOf"][0]) if "allOf" in schema else schema  # what follows it narrows it
            assert schema["additionalProperties"] is False, where
            assert schema["required"], where


def test_every_body_has_an_example_and_they_fit():
    for where, kind, media in media_types():
        examples = media.get("examples", {})
        assert examples or kind != "application/json", where
        for name, example in examples.items():
            assert not errors_of(media["schema"], target(example)["value"]), (where, name)


@pytest.mark.parametrize("name", sorted({name for name, _ in protocol_examples()} - set(QUERIES)))
def test_examples_are_those_of_the_protocol(name):
    written = [value for other, value in protocol_examples() if other == name]
    for number, value in enumerate(written, 1):
        key = name if number == 1 else f"{name}{number}"
        assert key in COMPONENTS["examples"], key
        assert COMPONENTS["examples"][key]["value"] == value


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_parameters_of_a_get_are_those_of_the_protocol(name):
    written = [value for other, value in protocol_examples() if other == name]
    assert written, name
    for path in QUERIES[name]:
        in_query = {p["name"]: p for p in parameters_of("GET", path) if p["in"] == "query"}
        for example in written:
            assert set(example) == set(in_query), path
            for field, value in example.items():
                assert not errors_of(in_query[field]["schema"], value), (path, field)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("Time", "2026-11-22T17:04:12Z"),
        ("Time", "2026-11-22T17:04:12.123+00:00"),
        ("Id", 0),
        ("Id", 2**53),
        ("Id", "5"),
        ("Id", True),
        ("Group", {**COMPONENTS["examples"]["Group"]["value"], "colour": "red"}),
        ("Group", {k: v for k, v in COMPONENTS["examples"]["Group"]["value"].items() if k != "owner_id"}),
        ("Notification", {"user_id": 9, "is_read": False, "unread": 3, "timestamp": "2026-11-22T17:04:12.123Z"}),
        ("BotChatAnswer", {**COMPONENTS["examples"]["BotPage"]["value"]["messages"][0]}),
        ("InvalidFieldProblem", {**COMPONENTS["examples"]["Problem"]["value"], "code": "not_found"}),
        ("InvalidFieldProblem", {**COMPONENTS["examples"]["Problem"]["value"], "trace": "x"}),
        ("IsEnter", {"is_enter": "true"}),
    ],
)
def test_the_schemas_find_mistakes(schema, value):
    assert errors_of({"$ref": f"#/components/schemas/{schema}"}, value)
