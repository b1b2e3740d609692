"""One browser, one edge with the process for browsers behind it, and a workspace with runs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser

from cli.edge.model import WEB, EdgeModel, Issuer, Upstream
from tests.console.runs import PERIOD, recorded, recorded_before
from tests.support.console import Visitor, running_browser, visiting
from tests.support.edge import Keys, running_edge
from tests.support.keys import AUDIENCE, ISSUER, KeyRing
from tests.support.stack import SERVICES, Stack
from tests.support.web import mesh_of, running_web

WORKSPACE = "console"
COMPARED = "compared"
END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
START = END - PERIOD


@pytest.fixture(scope="session")
async def address(
    stack: Stack, keys: KeyRing, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("console")
    told = {"environment": "development", "console_client_id": "console"}
    async with running_web(mesh_of(stack), keys, jwks_file, folder, **told) as web:
        model = EdgeModel(
            upstreams=tuple(
                Upstream(SERVICES[name], (one.address,)) for name, one in stack.running.items()
            ),
            web=Upstream(WEB, (web.address,)),
            issuers=(Issuer(ISSUER, AUDIENCE, jwks_file),),
            descriptor=folder / "contract.binpb",
        )
        async with running_edge(folder, model, Keys()) as edge:
            yield f"http://127.0.0.1:{edge.model.port}"


@pytest.fixture(scope="session")
async def http(address: str, keys: KeyRing) -> AsyncIterator[httpx.AsyncClient]:
    """Of somebody who may do everything in the workspace with runs."""
    async with _asking(address, keys, WORKSPACE) as client:
        yield client


def _asking(address: str, keys: KeyRing, workspace: str) -> httpx.AsyncClient:
    bearer = {"authorization": f"Bearer {keys.token(workspace)}"}
    return httpx.AsyncClient(base_url=address, headers=bearer, trust_env=False)


@pytest.fixture(scope="session")
async def runs(http: httpx.AsyncClient) -> list[dict[str, object]]:
    """Recorded in the workspace."""
    return await recorded(http, WORKSPACE, START)


@pytest.fixture(scope="session")
async def periods(address: str, keys: KeyRing) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Runs of the time that is shown and of the one before it, in a workspace of their own."""
    async with _asking(address, keys, COMPARED) as http:
        before = await recorded_before(http, COMPARED, START)
        return await recorded(http, COMPARED, START), before


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with running_browser() as running:
        yield running


@pytest.fixture
async def visitor(browser: Browser, address: str, keys: KeyRing) -> AsyncIterator[Visitor]:
    async with visiting(browser, address, keys) as one:
        yield one


@pytest.fixture
async def owner(address: str, keys: KeyRing, workspace: str) -> AsyncIterator[httpx.AsyncClient]:
    """The API, as the owner of the test's own workspace asks it. An error fails the test."""

    async def judged(answer: httpx.Response) -> None:
        if answer.is_error:
            pytest.fail(f"{answer.request.url}: {(await answer.aread()).decode()}")

    base = f"{address}/v1/workspaces/{workspace}"
    bearer = {"authorization": f"Bearer {keys.token(workspace)}"}
    hooks = {"response": [judged]}
    async with httpx.AsyncClient(
        base_url=base, headers=bearer, trust_env=False, event_hooks=hooks
    ) as client:
        yield client


@pytest.fixture
def span() -> dict[str, str]:
    """The time of the runs, as the page's address has it."""
    local = "%Y-%m-%dT%H:%M"
    return {"range": f"{START.strftime(local)}..{END.strftime(local)}", "zone": "UTC"}


@pytest.fixture
def interval() -> dict[str, str]:
    """The same as REST has it."""
    return {"interval.startTime": START.isoformat(), "interval.endTime": END.isoformat()}
