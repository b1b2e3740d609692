"""The OpenAPI document as a page that needs no script: each operation unfolds by itself."""

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

Document = Mapping[str, Any]
REFERENCE = "#/components/schemas/"
STREAMS = {
    "answers": "streams answers",
    "requests": "takes a stream",
    "both": "takes a stream, and streams answers",
}


def page(document: Document) -> str:
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(document['info']['title'])}: API</title>",
            '<link rel="stylesheet" href="/reference.css"></head><body>',
            *_navigation(document),
            f"<main>{_about(document['info'])}",
            *_services(document),
            *_errors(document["components"]["responses"]),
            *_schemas(document["components"]["schemas"]),
            "</main></body></html>",
        )
    )


def _about(info: Document) -> str:
    return (
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"{_paragraphs(info['description'])}"
        '<p>The same as <a href="/openapi.json">OpenAPI 3.1</a>. A token or an API key goes into '
        "<code>authorization: Bearer …</code>, an API key also into <code>x-api-key</code>.</p>"
    )


def _navigation(document: Document) -> Iterator[str]:
    names = [tag["name"] for tag in document["tags"]]
    links = "".join(f'<li><a href="#{escape(name)}">{escape(name)}</a></li>' for name in names)
    yield f'<nav aria-label="Services"><ul>{links}<li><a href="#errors">Errors</a></li>'
    yield '<li><a href="#messages">Messages</a></li></ul></nav>'


def _services(document: Document) -> Iterator[str]:
    for tag in document["tags"]:
        yield f'<section><h2 id="{escape(tag["name"])}">{escape(tag["name"])}</h2>'
        yield _paragraphs(tag["description"])
        for path, ways in document["paths"].items():
            for verb, operation in ways.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(path, verb, operation)
        yield "</section>"


def _operation(path: str, verb: str, operation: Document) -> Iterator[str]:
    name = escape(operation["operationId"])
    yield f'<details id="{name}"><summary><b class="{verb}">{verb.upper()}</b> '
    yield f"<code>{escape(path)}</code> <span>{escape(operation['summary'])}</span></summary>"
    yield _paragraphs(operation["description"])
    yield _facts(_told(operation))
    yield from _parameters(operation["parameters"])
    yield from _content("Body", operation.get("requestBody", {}))
    yield from _content("Answer", operation["responses"]["200"])
    yield "</details>"


def _told(operation: Document) -> Iterator[tuple[str, str]]:
    yield "gRPC", operation["x-grpc-method"]
    admits = operation.get("security") == []
    yield "Permission", "none: the URL's secret lets in" if admits else operation["x-permission"]
    yield "Budget", operation["x-limit-class"]
    if streaming := operation.get("x-streaming"):
        yield "Streaming", STREAMS[streaming]


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    rows = (f"<dt>{escape(name)}</dt><dd><code>{escape(text)}</code></dd>" for name, text in pairs)
    return f"<dl>{''.join(rows)}</dl>"


def _parameters(parameters: list[Document]) -> Iterator[str]:
    if not parameters:
        return
    yield "<h4>Parameters</h4><table><tr><th>Name</th><th>In</th><th>What</th><th>Meaning</th></tr>"
    for one in parameters:
        needed = " (required)" if one["required"] else ""
        yield f"<tr><td><code>{escape(one['name'])}</code>{needed}</td><td>{one['in']}</td>"
        yield f"<td>{_kind(one['schema'])}</td><td>{_paragraphs(one['description'])}</td></tr>"
    yield "</table>"


def _content(title: str, content: Document) -> Iterator[str]:
    for media_type, told in content.get("content", {}).items():
        yield f"<h4>{title} <code>{escape(media_type)}</code></h4>"
        yield from _fields(told["schema"])
        if example := told.get("example"):
            yield f"<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"


def _fields(schema: Document) -> Iterator[str]:
    if "properties" not in schema:
        yield f"<p>{_kind(schema)}</p>"
        return
    required = schema.get("required", ())
    yield "<table><tr><th>Field</th><th>What</th><th>Meaning</th></tr>"
    for name, inner in schema["properties"].items():
        needed = " (always)" if name in required else ""
        yield f"<tr><td><code>{escape(name)}</code>{needed}</td><td>{_kind(inner)}</td>"
        yield f"<td>{_paragraphs(inner.get('description', ''))}</td></tr>"
    yield "</table>"


def _kind(schema: Document) -> str:
    """In a few words, with a link to a message that has a place of its own."""
    if reference := schema.get("$ref"):
        name = escape(reference.removeprefix(REFERENCE))
        return f'<a href="#{name}">{name.removesuffix(".Sent").rpartition(".")[2]}</a>'
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    if inner := schema.get("contentSchema"):
        return f"JSON of {_kind(inner)}"
    if "enum" in schema:
        return " ".join(f"<code>{escape(value)}</code>" for value in schema["enum"])
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"map to {_kind(schema['additionalProperties'])}"
    return " ".join(_words(schema)) or "anything"


def _words(schema: Document) -> Iterator[str]:
    for name, value in schema.items():
        if name in ("type", "format", "contentEncoding", "contentMediaType"):
            yield escape(str(value))
        elif name != "description":
            yield f"<small>{escape(name)} <code>{escape(str(value))}</code></small>"


def _errors(responses: Document) -> Iterator[str]:
    yield '<section><h2 id="errors">Errors</h2>'
    for status, told in responses.items():
        yield f"<details><summary><b>{status}</b> {escape(told['description'])}</summary>"
        for reason, example in told["content"]["application/json"].get("examples", {}).items():
            yield f"<h4><code>{escape(reason)}</code> {escape(example['summary'])}</h4>"
            yield f"<pre>{escape(json.dumps(example['value'], indent=2))}</pre>"
        yield "</details>"
    yield "</section>"


def _schemas(schemas: Document) -> Iterator[str]:
    yield '<section><h2 id="messages">Messages</h2>'
    for name, schema in sorted(schemas.items()):
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        yield _paragraphs(schema.get("description", ""))
        yield from _fields(schema)
        yield "</details>"
    yield "</section>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part)
