"""docs/openapi.yaml and docs/asyncapi.yaml as judges: every answer and frame that the tests' drivers see is held against them.

What a document does not name is a violation: a path's status, a content type, a field. Violations are raised where they
are seen, and kept for the fixture that fails the test (a thread, or the socket's reader, may have swallowed them).
"""

import json
import re
import threading
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import yaml

DOCS = Path(__file__).resolve().parents[3] / "docs"
PROBLEM = "application/problem+json"
# Before a path and its method are looked at: nginx, the rate limits, the token.
OF_ANY_ADDRESS = {400, 401, 404, 405, 406, 413, 429, 502, 503, 504}
HEADERS_OF_ANY_ADDRESS = [
    (401, "WWW-Authenticate", "Authenticate"),
    *((status, "Retry-After", "RetryAfter") for status in (429, 502, 503, 504)),
]
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS")

_violations = []
_lock = threading.Lock()


class ContractViolation(AssertionError):
    pass


def take_violations():
    """What was found since the last call."""
    with _lock:
        found = list(_violations)
        _violations.clear()
    return found


def _violated(what):
    with _lock:
        _violations.append(what)
    raise ContractViolation(what)


# ---- schemas


def _resolved(document, node):
    """`node` with every $ref replaced by what it points to. Our schemas are not recursive."""
    if isinstance(node, list):
        return [_resolved(document, item) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**_resolved(document, target), **_resolved(document, beside)}
    return {key: _resolved(document, value) for key, value in node.items()}


COMPOSED = ("allOf", "anyOf", "oneOf")
CLOSED = ("additionalProperties", "unevaluatedProperties")


def _closed(schema, is_part=False):
    """A copy in which an object has no fields but those that are named. For what the server sends, not for documents.

    `is_part`: of an allOf and the like, whose whole is closed."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {}
    for key, value in schema.items():
        if key == "properties":
            copy[key] = {name: _closed(part) for name, part in value.items()}
        elif key in COMPOSED:
            copy[key] = [_closed(part, True) for part in value]
        elif key in ("items", "prefixItems", "additionalProperties"):
            copy[key] = _closed(value)
        else:
            copy[key] = value
    names_fields = "properties" in schema or any(key in schema for key in COMPOSED)
    if names_fields and not is_part and not any(key in schema for key in CLOSED):
        copy["unevaluatedProperties"] = False
    return copy


def _validator(schema, dialect=jsonschema.Draft202012Validator):
    dialect.check_schema(schema)
    return dialect(schema)


def _first_error(validator, value):
    error = next(validator.iter_errors(value), None)
    return None if error is None else f"{error.message[:400]} (at {'/'.join(map(str, error.path)) or 'the top'})"


# ---- frames


def _frame_validator(payload):
    """A schema of AsyncAPI is one of draft-07."""
    return _validator(payload, jsonschema.Draft7Validator)


class AsyncApi:
    """The frames that the server sends, by their type."""

    def __init__(self, path):
        self.document = yaml.safe_load(path.read_text())
        self.by_type = {}
        for reference in self.document["operations"]["send"]["messages"]:
            payload = _resolved(self.document, reference)["payload"]
            self.by_type[payload["properties"]["type"]["const"]] = _frame_validator(payload)
        self.received = [
            _frame_validator(_resolved(self.document, reference)["payload"])
            for reference in self.document["operations"]["receive"]["messages"]
        ]

    def error_of(self, frame):
        kind = frame.get("type") if isinstance(frame, dict) else None
        if kind not in self.by_type:
            return f"a frame of the undocumented type {kind!r}"
        return _first_error(self.by_type[kind], frame)

    def check(self, frame):
        error = self.error_of(frame)
        if error:
            _violated(f"asyncapi.yaml: {error}: {json.dumps(frame)[:500]}")


class Acks:
    """What an ack names (a room, a group, nothing) follows from the frame that it answers: one for each connection."""

    NAMED = {"room": "chat_room_id", "group": "chat_group_id", "bot": None}

    def __init__(self):
        self._named = {}  # client_msg_id → the names that an ack of it may have: one id may serve several conversations

    def sent(self, frame):
        """`frame`: an object, or the text of a frame, which may be anything."""
        if isinstance(frame, (str, bytes)):
            try:
                frame = json.loads(frame)
            except (ValueError, RecursionError):
                return
        if isinstance(frame, dict) and isinstance(frame.get("client_msg_id"), str):
            kind = frame.get("chat_type")
            if isinstance(kind, str) and kind in self.NAMED:
                self._named.setdefault(frame["client_msg_id"], set()).add(self.NAMED[kind])

    def error_of(self, ack):
        allowed = self._named.get(ack["client_msg_id"])
        named = next((name for name in ("chat_room_id", "chat_group_id") if name in ack), None)
        if allowed is None:
            return "an ack of a message that was not sent here"
        return None if named in allowed else f"an ack with {named} in place of {allowed}"

    def check(self, frame):
        if frame["type"] == "ack":
            error = self.error_of(frame)
            if error:
                _violated(f"{error}: {json.dumps(frame)[:500]}")


# ---- answers


class _Operation:
    def __init__(self, document, operation):
        self._responses = {str(k): _resolved(document, v) for k, v in operation["responses"].items()}
        self._validators = {}

    def response(self, status):
        """(its key, the documented response), or None."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self._responses:
                return key, self._responses[key]
        return None

    def validator(self, key, kind, schema):
        if (key, kind) not in self._validators:
            self._validators[key, kind] = _validator(_closed(schema))
        return self._validators[key, kind]


class OpenApi:
    def __init__(self, path):
        self.document = yaml.safe_load(path.read_text())
        server = self.document["servers"][0]["url"]
        self._base = urlsplit(server).path.rstrip("/").removesuffix("/http")
        self._headers_of_any_address = {
            status: _resolved(self.document, {name: self.document["components"]["headers"][header]})
            for status, name, header in HEADERS_OF_ANY_ADDRESS
        }
        self._problem = _validator(_closed(_resolved(self.document, self.document["components"]["schemas"]["Problem"])))
        self._paths = []
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template.removeprefix("/http")))
            operations = {
                method.upper(): _Operation(self.document, operation)
                for method, operation in item.items()
                if method.upper() in METHODS
            }
            if "GET" in operations:
                operations["HEAD"] = operations["GET"]
            self._paths.append((template.count("{"), re.compile(pattern), template, operations))
        self._paths.sort(key=lambda row: row[0])  # /users/profile goes before /users/{x}

    def operations(self, path):
        """(template, its operations by method, HEAD as GET); (None, {}) if it is not documented."""
        for _, pattern, template, operations in self._paths:
            if pattern.fullmatch(path):
                return template, operations
        return None, {}

    def takes(self, method, path, body):
        """Whether `body` is one that this request may have."""
        schema = self.document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
        return _validator(_resolved(self.document, schema)).is_valid(body)

    def error_of(self, method, path, status, headers, body):
        """`path`: behind /http, without the query."""
        template, operations = self.operations(path)
        operation = operations.get(method)
        if operation is None:
            return self._error_of_no_operation(method, operations, status, headers, body)
        found = operation.response(status)
        if found is None:
            return f"{method} {template} has no answer {status}"
        key, response = found
        return _error_of_headers(response.get("headers", {}), headers) or self._error_of_body(
            operation, key, response, headers, body, method == "HEAD"
        )

    def _error_of_no_operation(self, method, operations, status, headers, body):
        if status not in OF_ANY_ADDRESS:
            return f"{status} of an address or method that is not documented"
        error = _error_of_headers(self._headers_of_any_address.get(status, {}), headers)
        if error is None and status == 405:
            error = _error_of_allow(method, operations, headers.get("Allow", ""))
        if error:
            return error
        if not body:  # HEAD
            return None
        if _content_type(headers) != PROBLEM:
            return f"{_content_type(headers)} in place of a problem"
        return _first_error(self._problem, json.loads(body))

    @staticmethod
    def _error_of_body(operation, key, response, headers, body, is_head):
        documented = response.get("content", {})
        if not documented:
            return None if not body else "a body where none is documented"
        kind = _content_type(headers)
        if kind not in documented:
            return f"the content type {kind} in place of {list(documented)}"
        if is_head:
            return None if not body else "a body for HEAD"
        if not kind.endswith("json"):
            return None
        schema = documented[kind].get("schema")
        if schema is None:
            return f"no schema for {key} {kind}"
        try:
            value = json.loads(body)
        except ValueError:
            return "a body that is not JSON"
        return _first_error(operation.validator(key, kind, schema), value)

    def check(self, method, path, status, headers, body):
        error = self.error_of(method, path, status, headers, body)
        if error:
            _violated(f"openapi.yaml: {method} {path} {status}: {error}: {body[:500]!r}")


def _error_of_headers(documented, headers):
    for name, header in documented.items():
        if name in headers:
            text, schema = headers[name], header["schema"]
            value = int(text) if schema["type"] == "integer" and re.fullmatch("[0-9]+", text) else text
            error = _first_error(_validator(schema), value)
            if error:
                return f"the header {name}: {error}"
        elif header.get("required"):
            return f"the header {name} is missing"
    return None


def _error_of_allow(method, operations, allow):
    """nginx, which knows no paths, may name more than the path has; nobody the method that was refused."""
    allowed = allow.split(", ")
    if not set(allowed) <= set(METHODS) or method in allowed or not set(operations) <= set(allowed):
        return f"405 of {method} with Allow: {allow}"
    return None


def _content_type(headers):
    return headers.get("Content-Type", "").split(";")[0].strip().lower()


ASYNCAPI = AsyncApi(DOCS / "asyncapi.yaml")
OPENAPI = OpenApi(DOCS / "openapi.yaml")


def check_frame(frame):
    ASYNCAPI.check(frame)


def check_answer(answer):
    """An answer of the library `requests`, from an address under /http."""
    path = urlsplit(answer.request.url).path
    OPENAPI.check(answer.request.method, path.removeprefix("/http"), answer.status_code, answer.headers, answer.content)
