"""`shadower edge` as a process, and what it is told."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.ports import free_port
from tests.support.stack import ROOT
from tests.support.waiting import until


@dataclass(frozen=True)
class Ports:
    """Of its listeners."""

    edge: int
    mesh: int
    metrics: int

    @classmethod
    def free(cls) -> "Ports":
        return cls(free_port(), free_port(), free_port())

    def told(self) -> dict[str, str]:
        return {
            "edge_listen": f"127.0.0.1:{self.edge}",
            "edge_mesh_listen": f"127.0.0.1:{self.mesh}",
            "edge_metrics_listen": f"127.0.0.1:{self.metrics}",
        }


@asynccontextmanager
async def edge_process(**settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """By settings without their prefix."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'gen'}",
        "SHADOWER_NOTICE_SECONDS": "0",
        "SHADOWER_EDGE_CONCURRENCY": "1",
        **{f"SHADOWER_{name.upper()}": value for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "edge"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def until_serving(base: str) -> None:
    """Every service of the edge serves."""
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:

        async def serves() -> bool:
            try:
                return (await client.get("/health")).status_code == 200
            except httpx.TransportError:
                return False

        await until(serves)


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)
