"""Processes of a stack as they are now. Whoever started them starts them again if they end."""

import asyncio
import json
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.stack import Stack
from cli.stack.readiness import grpc_service, http_path_on

READY_SECONDS = 60
LOOK_SECONDS = 0.1
# Until those who ask them have heard of it.
HEARD_SECONDS = 3
# What stands behind the processes, and what stands before them.
OTHERS = {"postgres", "valkey", "edge"}


@dataclass(frozen=True)
class Processes:
    """By their names, as `shadower status` shows them."""

    stack: Stack

    def names(self) -> list[str]:
        return [str(one["name"]) for one in self._parts() if one["name"] not in OTHERS]

    def replicas_of(self, name: str) -> list[str]:
        service = self._part(name)["service"]
        return [str(one["name"]) for one in self._parts() if one["service"] == service]

    def signal(self, name: str, which: signal.Signals) -> int:
        """The process that has it."""
        pid = int(self._part(name)["pid"])
        os.kill(pid, which)
        return pid

    async def until_ready(self, names: Iterable[str]) -> None:
        async with asyncio.timeout(READY_SECONDS):
            for name in names:
                part = self._part(name)
                while not await _is_ready(part):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(HEARD_SECONDS)

    async def until_another(self, name: str, before: int) -> None:
        """It is another process, and ready."""
        async with asyncio.timeout(READY_SECONDS):
            while int(self._part(name)["pid"]) == before:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
        await self.until_ready([name])

    def _part(self, name: str) -> Any:
        return next(one for one in self._parts() if one["name"] == name)

    def _parts(self) -> Any:
        return json.loads((self.stack.home / "state.json").read_text())["parts"]


async def _is_ready(part: Any) -> bool:
    if part["service"]:
        return await grpc_service(part["address"], part["service"])()
    return await http_path_on(Path(part["address"].removeprefix("unix:")), "/health")()
