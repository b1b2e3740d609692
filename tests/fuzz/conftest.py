"""Every RPC of the running services, and those who call them."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.support.keys import KeyRing
from tests.support.stack import Stack
from tools.fuzzing.callers import Callers
from tools.fuzzing.opening import Channels, open_channels


@pytest.fixture(scope="session")
async def channels(stack: Stack) -> AsyncIterator[Channels]:
    async with open_channels(service.address for service in stack.running.values()) as opened:
        yield opened


@pytest.fixture(scope="session")
def new_callers(keys: KeyRing) -> Callable[[], Callers]:
    """Callers with tokens that nobody has revoked yet."""

    def sign(workspaces: tuple[str, ...], role: str, permissions: tuple[str, ...]) -> str:
        return keys.token(*workspaces, role=role, permissions=list(permissions))

    return lambda: Callers.signed_by(sign)
