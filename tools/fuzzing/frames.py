"""What a client may say on a WebSocket: by the protocol, nearly so, and what is no message."""

import json
from random import Random
from typing import Any

from google.protobuf.json_format import MessageToDict, SerializeToJsonError
from hypothesis import strategies as st
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest

from tools.fuzzing.messages import Maker
from tools.fuzzing.words import Words

Frame = str | bytes
TYPES = ("connection_init", "subscribe", "unsubscribe", "complete", "token", "ping", "pong", "next")
IDS: tuple[Any, ...] = ("a", "b", "", "x" * 64, "x" * 65, "\u0000", 1, None, ["a"], {})
FAR = {"metrics": ["executions"], "interval": {"startTime": "10000-01-01T00:00:00Z"}}
# Below what is too much of a second's messages.
MOST = 8
ODDITIES = (0.0, 0.0, 0.1, 0.5)
STRANGE: tuple[Frame, ...] = (
    "",
    "{}",
    "[]",
    "null",
    "[" * 20_000,
    '{"type":"ping","type":"pong"}',
    '{"type":"ping"',
    '{"type":' + "9" * 5_000 + "}",
    '{"type":"\\ud800"}',
    "\ufeff{}",
    b"",
    b"\x00\xff",
    b'{"type":"ping"}',
    "x" * 70_000,
)


def conversations(words: Words, token: str, now: int) -> "st.SearchStrategy[list[Frame]]":
    """What is said on one connection, whose owner is known mostly."""
    messages = st.one_of(
        _messages(words, token, now),
        _messages(words, token, now),
        _messages(words, token, now),
        _json().map(json.dumps),
        # By its place: what is drawn from is put into words.
        st.integers(0, len(STRANGE) - 1).map(STRANGE.__getitem__),
        st.binary(max_size=100),
    )
    return st.lists(messages, min_size=1, max_size=MOST)


def _messages(words: Words, token: str, now: int) -> "st.SearchStrategy[str]":
    """With all that any message has, or less."""
    content = {
        "id": st.sampled_from(IDS),
        "request": st.one_of(_requests(words, now), _requests(words, now), _json()),
        "payload": st.one_of(st.just({"token": token}), _payloads(), _json()),
        "token": st.sampled_from((token, token, "", "a.b.c", None, 1)),
    }
    # What is begun leads furthest.
    types = st.sampled_from((*TYPES, *("subscribe",) * len(TYPES)))
    made = st.fixed_dictionaries({"type": types}, optional=content)
    return made.map(json.dumps)


def _requests(words: Words, now: int) -> "st.SearchStrategy[dict[str, Any]]":
    def request(dice: Random, oddity: float) -> dict[str, Any]:
        made = Maker(dice, words, now).message(StreamMetricsRequest.DESCRIPTOR, oddity)
        try:
            return MessageToDict(made)
        except SerializeToJsonError:
            # Times beyond the years that JSON can tell.
            return {**FAR, "workspaceId": words.some(dice, "workspace_id")}

    dice = st.integers(0, 2**32).map(Random)
    return st.builds(request, dice, st.sampled_from(ODDITIES))


def _payloads() -> "st.SearchStrategy[dict[str, Any]]":
    """Of GraphQL's protocol."""
    known = st.sampled_from(
        (
            'subscription {metrics(workspaceId:"fuzz-a",metrics:["executions"]){cursor}}',
            '{agents(workspaceId:"fuzz-a"){asOf}}',
            "subscription($a: Int) {metrics}",
            "{",
        )
    )
    return st.fixed_dictionaries({"query": known}, optional={"variables": _json()})


def _json() -> "st.SearchStrategy[Any]":
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=6,
    )
