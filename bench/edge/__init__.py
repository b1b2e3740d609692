"""The edge's whole chain beside Envoy alone, both before the same handler that only returns bytes.

Envoy alone: a listener with TLS, one route and the router, and nothing else of ours. The whole
chain: what cli/edge renders, also with TLS, whose limiter is that of a running stack with its
Valkey. Both are asked by one client, over connections that stay: Envoy alone for gRPC, the chain
for JSON (which it transcodes: the ratio) and for gRPC. Between the two stand chains with one part
more each, which show what a part costs.

T is how long each of them is asked (10s).
"""

import asyncio
import os
import statistics
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from bench.edge.chains import ALONE, WHOLE, written_chains
from bench.edge.client import grpc_request, json_request
from bench.edge.running import WORKSPACES, Room, opened_room
from bench.edge.subject import ROUND_SECONDS, Subject, measured
from bench.report import conclude, report
from bench.stack import running_stack
from cli.durations import parse_duration

LEAST_ROUNDS = 5


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "10s").total_seconds()
    rounds = max(LEAST_ROUNDS, round(seconds / ROUND_SECONDS))
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        with running_stack(_made(folder / "stack")) as stack:
            subjects = asyncio.run(_measured(Room(stack, _made(folder / "edges")), rounds))
    _print(subjects, rounds)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _measured(room: Room, rounds: int) -> list[Subject]:
    async with AsyncExitStack() as opened:
        await opened_room(room, opened)
        subjects = []
        for name, config in written_chains(room.model, room.folder, WORKSPACES).items():
            edge = await room.start_edge(opened, config)
            subjects.append(Subject(name, edge, grpc_request(room.token, room.request)))
            if name == WHOLE:
                path = room.summary_path
                for more, coding in (("JSON", "identity"), ("JSON, brotli", "br")):
                    request = json_request(room.token, path, coding)
                    subjects.append(Subject(f"{WHOLE}, {more}", edge, request))
        await measured(subjects, room.processes, rounds)
    return subjects


def _print(subjects: list[Subject], rounds: int) -> None:
    named = {subject.name: subject for subject in subjects}
    alone, grpc = named[ALONE], named[WHOLE]
    json, brotli = named[f"{WHOLE}, JSON"], named[f"{WHOLE}, JSON, brotli"]
    _print_rates([alone, grpc, json, brotli], rounds)
    _print_costs([one for one in subjects if one not in (json, brotli)], json, brotli)
    conclude(
        "edge",
        ratio=_ratio(json, alone),
        ratio_grpc=_ratio(grpc, alone),
        ratio_json_brotli=_ratio(brotli, alone),
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


def _print_costs(chain: list[Subject], json: Subject, brotli: Subject) -> None:
    """Each beside the one before it; JSON beside gRPC, and brotli beside plain JSON."""
    alone, *parts = chain
    pairs = [*zip(parts, chain, strict=False), (json, parts[-1]), (brotli, json)]
    rows = [[alone.name, f"{alone.cost('envoy'):.1f}", "", ""]]
    rows += [[one.name, *_differences(one, before)] for one, before in pairs]
    report(
        "Microseconds of CPU a request by part of the chain, each added to those above",
        ["part", "envoy", "limiter", "valkey"],
        rows,
    )


def _differences(one: Subject, before: Subject) -> list[str]:
    names = ("envoy", "limiter", "valkey")
    return [f"{one.difference(name, before):+.1f}" for name in names]
