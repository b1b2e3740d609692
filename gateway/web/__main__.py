"""The process that serves what browsers want and Envoy cannot do: WebSockets and GraphQL."""

from contextlib import AsyncExitStack

from gateway.web.application import application
from gateway.web.graphql.operations import QUERIES, STREAM
from gateway.web.measuring import Measured
from gateway.web.services import open_services
from gateway.web.serving import serve
from gateway.web.settings import WebSettings
from gateway.web.sockets.room import Room
from services.runtime.background import in_background
from services.runtime.draining import Draining
from services.runtime.identity import TokenVerifier
from services.runtime.issuers import issuers_of
from services.runtime.process import CannotStartError, run_with
from services.runtime.revocations import Revocations
from services.runtime.telemetry.instruments import instruments


async def main(settings: WebSettings) -> None:
    issuers = issuers_of(settings)
    await issuers.load()
    # The services behind know which tokens were revoked, and end what those began.
    revocations = Revocations()
    revocations.learn([])
    async with AsyncExitStack() as stack:
        opening = open_services(
            settings,
            [*QUERIES.values(), STREAM],
            seconds=settings.deadline_seconds,
            streams_per_connection=settings.streams_per_connection,
        )
        try:
            services = await stack.enter_async_context(opening)
        except KeyError as missing:
            raise CannotStartError(f"SHADOWER_MESH does not say where {missing} is") from missing
        await stack.enter_async_context(in_background(*issuers.following()))
        verifier = TokenVerifier(settings, issuers, revocations)
        room = Room(settings, verifier, services, Draining())
        served = application(settings, verifier, services, room)
        await serve(settings, Measured(served, instruments()), room)


if __name__ == "__main__":
    run_with(WebSettings, "web", main)
