"""The edge's whole chain beside Envoy alone, before handlers that only return bytes.

Envoy alone: a listener with TLS, one route and the router, and nothing else of ours. The whole
chain: what cli/edge renders, also with TLS, whose limiter is that of a running stack with its
Valkey. Both are asked by one client, over connections that stay: Envoy alone for gRPC, the chain
for JSON (the ratio) and for gRPC. What is asked is always the same, so that the chain has the JSON
of its answer already, as it has of dashboards' that look again; beside it stands a chain that keeps
nothing and makes JSON each time. Between Envoy alone and the whole stand chains with one part more
each, which show what a part costs.

T is how long each of them is asked (4s).
"""

import asyncio
import os
import statistics
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from bench.edge.chains import ALONE, FORGETFUL, WHOLE, written_chains
from bench.edge.client import grpc_request, json_request
from bench.edge.running import WORKSPACES, Edge, Room, opened_room
from bench.edge.subject import ROUND_SECONDS, Subject, measured
from bench.report import conclude, report
from bench.stack import running_stack
from cli.durations import parse_duration
from cli.edge.model import Upstream

LEAST_ROUNDS = 5
COUNTED = ("envoy", "handler", "limiter", "valkey")
KEPT, MADE = "JSON", "JSON, made each time"
KEPT_BROTLI, MADE_BROTLI = "JSON in brotli", "JSON in brotli, made each time"


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "4s").total_seconds()
    rounds = max(LEAST_ROUNDS, round(seconds / ROUND_SECONDS))
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        with running_stack(_made(folder / "stack")) as stack:
            subjects = asyncio.run(_measured(Room(stack, _made(folder / "edges")), rounds))
    _print({subject.name: subject for subject in subjects}, rounds)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _measured(room: Room, rounds: int) -> list[Subject]:
    async with AsyncExitStack() as opened:
        await opened_room(room, opened)
        bare = Upstream(WORKSPACES, (room.bare,))
        subjects = []
        for name, config in written_chains(room.model, room.folder, bare).items():
            edge = await room.start_edge(opened, config)
            subjects += _subjects(room, name, edge)
        await measured(subjects, room.processes, rounds)
    return subjects


def _subjects(room: Room, name: str, edge: Edge) -> list[Subject]:
    codings = {
        WHOLE: {KEPT: "identity", KEPT_BROTLI: "br"},
        FORGETFUL: {MADE: "identity", MADE_BROTLI: "br"},
    }.get(name, {})
    json = [
        Subject(named, edge, json_request(room.token, room.summary_path, coding))
        for named, coding in codings.items()
    ]
    grpc = Subject(name, edge, grpc_request(room.token, room.request))
    return json if name == FORGETFUL else [grpc, *json]


def _print(named: dict[str, Subject], rounds: int) -> None:
    alone, json = named[ALONE], named[KEPT]
    rates = (ALONE, WHOLE, KEPT, MADE, KEPT_BROTLI, MADE_BROTLI)
    _print_rates([named[one] for one in rates], rounds)
    _print_costs(named)
    conclude(
        "edge",
        ratio=_ratio(json, alone),
        ratio_grpc=_ratio(named[WHOLE], alone),
        ratio_json_made=_ratio(named[MADE], alone),
        ratio_json_brotli=_ratio(named[KEPT_BROTLI], alone),
        ratio_json_brotli_made=_ratio(named[MADE_BROTLI], alone),
        alone_requests_per_second=round(alone.rate),
        chain_requests_per_second=round(json.rate),
        envoy_microseconds_alone=round(alone.cost("envoy"), 1),
        envoy_microseconds_chain=round(json.cost("envoy"), 1),
        limiter_microseconds=round(json.cost("limiter"), 1),
        rounds=rounds,
    )


def _ratio(one: Subject, other: Subject) -> float:
    pairs = zip(one.rates, other.rates, strict=True)
    return round(statistics.median(mine / beside for mine, beside in pairs), 3)


def _print_rates(subjects: list[Subject], rounds: int) -> None:
    processes = subjects[0].processes
    report(
        f"Requests, and microseconds of CPU that each costs; {rounds} interleaved rounds",
        ["chain", "requests/s", *processes],
        [
            [one.name, f"{one.rate:.0f}", *(f"{one.cost(name):.0f}" for name in processes)]
            for one in subjects
        ],
    )


def _print_costs(named: dict[str, Subject]) -> None:
    """Each beside the one before it; JSON beside gRPC, and brotli beside plain JSON."""
    json = (KEPT, MADE, KEPT_BROTLI, MADE_BROTLI)
    chain = [one for name, one in named.items() if name not in json]
    pairs = list(zip(chain[1:], chain, strict=False))
    pairs += [(named[name], named[WHOLE]) for name in (KEPT, MADE)]
    pairs += [(named[KEPT_BROTLI], named[KEPT]), (named[MADE_BROTLI], named[MADE])]
    rows = [[chain[0].name, f"{chain[0].cost('envoy'):.1f}", "", "", ""]]
    rows += [[one.name, *_differences(one, before)] for one, before in pairs]
    report(
        "Microseconds of CPU a request by part of the chain, each added to those above",
        ["part", *COUNTED],
        rows,
    )


def _differences(one: Subject, before: Subject) -> list[str]:
    return [f"{one.difference(name, before):+.1f}" for name in COUNTED]
