"""A receiver of webhooks on the loopback, which may go away and come back."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field

from aiohttp import web

from bench.stack import free_port


@dataclass
class Receiver:
    """What was told of each agent: by which message, and when first."""

    port: int = field(default_factory=free_port)
    heard: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    _heard: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/told"

    async def come(self) -> None:
        app = web.Application()
        app.router.add_post("/told", self._hear)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def go(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def hears_of(self, agents: int) -> None:
        """Returns when it has."""
        async with self._heard:
            await self._heard.wait_for(lambda: len(self.heard) >= agents)

    async def _hear(self, request: web.Request) -> web.Response:
        now, told = time.monotonic(), await request.json()
        agent = str(told["data"]["group"]["agent_id"])
        async with self._heard:
            self.heard[agent].setdefault(request.headers["webhook-id"], now)
            self._heard.notify_all()
        return web.Response()
