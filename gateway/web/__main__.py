"""The process that serves what browsers want and Envoy cannot do: WebSockets and GraphQL."""

from contextlib import AsyncExitStack

from gateway.web.application import application
from gateway.web.graphql.operations import QUERIES, STREAM
from gateway.web.services import open_services
from gateway.web.serving import serve
from gateway.web.settings import WebSettings
from gateway.web.sockets.room import Room
from services.runtime.background import in_background
from services.runtime.draining import Draining
from services.runtime.identity import TokenVerifier
from services.runtime.keys import keys_of
from services.runtime.process import CannotStartError, run_with


async def main(settings: WebSettings) -> None:
    keys = keys_of(settings)
    await keys.load()
    async with AsyncExitStack() as stack:
        opening = open_services(
            settings.target,
            [*QUERIES.values(), STREAM],
            seconds=settings.deadline_seconds,
            streams_per_connection=settings.streams_per_connection,
        )
        try:
            services = await stack.enter_async_context(opening)
        except KeyError as missing:
            raise CannotStartError(f"SHADOWER_MESH does not say where {missing} is") from missing
        await stack.enter_async_context(in_background(keys.follow()))
        verifier = TokenVerifier(settings, keys)
        room = Room(settings, verifier, services, Draining())
        await serve(settings, application(settings, verifier, services, room), room)


if __name__ == "__main__":
    run_with(WebSettings, "web", main)
