"""Channels to a running stack, by which its RPCs are called."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import grpc

from cli.home import Home
from cli.tokens.keys import existing_key
from cli.tokens.signing import Grant, Issuer, signed
from tools.fuzzing.callers import Callers
from tools.fuzzing.rpcs import places, rpcs_of_the_contract

Channels = Mapping[str, Sequence[grpc.aio.Channel]]
# The longest that there is. A run that lasts longer is begun anew.
TOKEN_LIFE = timedelta(hours=24)
OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_metadata_size", 128 * 1024),
)


@asynccontextmanager
async def open_channels(addresses: Iterable[str]) -> AsyncIterator[Channels]:
    """To every process that serves a service of the contract, by the service. Raises LookupError
    if nobody serves one."""
    served = places(addresses)
    services = {rpc.service for rpc in rpcs_of_the_contract()}
    if missing := services - served.keys():
        raise LookupError(f"nobody serves {', '.join(sorted(missing))}")
    async with AsyncExitStack() as opened:
        yield {
            service: [await _open(opened, one) for one in served[service]] for service in services
        }


async def _open(opened: AsyncExitStack, address: str) -> grpc.aio.Channel:
    return await opened.enter_async_context(grpc.aio.insecure_channel(address, options=OPTIONS))


def callers_of(home: Home) -> Callers:
    """By tokens of the home's own key."""
    key, issuer = existing_key(home), Issuer.of_environment()

    def sign(workspaces: tuple[str, ...], role: str, permissions: tuple[str, ...]) -> str:
        grant = Grant(workspaces, role, permissions=permissions, life=TOKEN_LIFE)
        return signed(grant, key, issuer, datetime.now(UTC))

    return Callers.signed_by(sign)
