"""The OpenAPI document as a collection in Postman's format 2.1, which Bruno imports as well."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.openapi.contract import document

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
FIELD = re.compile(r"{(\w+)}")
# What paths and queries name where nobody says otherwise.
VALUES = {
    "workspace_id": "demo",
    "agent_id": "writer",
    "rule_id": "failing",
    "alert_id": "01234567-89ab-4def-8123-456789abcdef",
    "silence_id": "maintenance",
    "delivery_id": "01234567-89ab-4def-8123-456789abcdef",
    "erasure_id": "01234567-89ab-4def-8123-456789abcdef",
    "dead_letter_id": "01234567-89ab-4def-8123-456789abcdef",
    "api_key_id": "0123456789abcdef01234567",
    "job_name": "roll_up_hours",
    "definition_id": "weekly",
    "report_id": "week-45",
    "link_id": "0123456789abcdef01234567",
    "target_id": "team",
    "metrics": "executions",
    "secret": "a" * 43,
}
OTHER = "1"


def collection() -> str:
    told = document()
    return json.dumps(_collection(told), indent=1, ensure_ascii=False) + "\n"


def _collection(told: Mapping[str, Any]) -> dict[str, Any]:
    named = sorted({name for path in told["paths"] for name in FIELD.findall(path)})
    return {
        "info": {
            "name": told["info"]["title"],
            "description": told["info"]["description"],
            "schema": FORMAT,
        },
        "auth": {"type": "bearer", "bearer": [_pair("token", "{{token}}") | {"type": "string"}]},
        "variable": [
            _pair("address", "http://127.0.0.1:8080"),
            _pair("token", ""),
            *(_pair(name, VALUES.get(name, OTHER)) for name in named),
        ],
        "item": [_folder(told, tag) for tag in told["tags"]],
    }


def _pair(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": value}


def _folder(told: Mapping[str, Any], tag: Mapping[str, str]) -> dict[str, Any]:
    items = [
        _item(path, verb, operation)
        for path, ways in told["paths"].items()
        for verb, operation in ways.items()
        if tag["name"] in operation["tags"]
    ]
    return {"name": tag["name"], "description": tag["description"], "item": items}


def _item(path: str, verb: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": verb.upper(),
        "description": operation["description"],
        "url": _url(path, list(_query(operation))),
    }
    if body := operation.get("requestBody"):
        request |= _body(body["content"])
    return {"name": operation["operationId"], "request": request}


def _url(path: str, query: list[dict[str, Any]]) -> dict[str, Any]:
    filled = FIELD.sub(r"{{\1}}", path)
    asked = "&".join(f"{one['key']}={one['value']}" for one in query if not one["disabled"])
    return {
        "raw": "{{address}}" + filled + (f"?{asked}" if asked else ""),
        "host": ["{{address}}"],
        "path": filled.strip("/").split("/"),
        "query": query,
    }


def _query(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in operation["parameters"]:
        if one["in"] == "query":
            value = VALUES.get(one["name"], OTHER) if one["required"] else ""
            yield {
                **_pair(one["name"], value),
                "description": one["description"],
                "disabled": not one["required"],
            }


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    example = content["application/json"].get("example", {})
    return {
        "header": [_pair("content-type", "application/json")],
        "body": {
            "mode": "raw",
            "raw": json.dumps(example, indent=2, ensure_ascii=False),
            "options": {"raw": {"language": "json"}},
        },
    }
