"""What a process needs to serve exports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from shadower.exports.v1.exports_service_pb2 import DESCRIPTOR
from shadower.exports.v1.exports_service_pb2_grpc import add_ExportsServiceServicer_to_server

from services.reports.exports.places import Places
from services.reports.exports.servicer import ExportsServicer
from services.reports.exports.streaming import Patience
from services.runtime.draining import Draining
from services.runtime.health import Probe
from services.runtime.pool import EXPORTER_ROLE, open_pool
from services.runtime.server import Service
from services.runtime.settings import Settings


@asynccontextmanager
async def open_exports(
    settings: Settings, draining: Draining, probe: Probe
) -> AsyncIterator[Service]:
    """Over a pool of its own: exports never wait for questions, nor questions for exports."""
    own = settings.model_copy(
        update={
            "pool_size": settings.exports_at_once,
            "statement_timeout_seconds": settings.export_seconds,
        }
    )
    async with open_pool(own, EXPORTER_ROLE) as pool:
        patience = Patience(settings.export_seconds, draining)
        servicer = ExportsServicer(pool, Places(settings.exports_at_once), patience)
        yield Service(
            DESCRIPTOR.services_by_name["ExportsService"].full_name,
            partial(add_ExportsServiceServicer_to_server, servicer),
            probe,
        )
