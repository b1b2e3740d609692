"""Silences as people make them."""

from dataclasses import replace

from shadower.alerts.v1.alerts_service_pb2 import CreateSilenceRequest

from services.runtime.faults import AlreadyExists, invalid_field
from services.runtime.times import to_datetime
from services.warehouse.alerts.rules import take_turn
from services.warehouse.alerts.silences import Silence, create_silence, find_silence
from services.warehouse.database import Session


async def make_silence(session: Session, request: CreateSilenceRequest, by: str) -> Silence:
    """Raises InvalidArgument, AlreadyExists or ResourceExhausted."""
    asked = _asked(request, by)
    if asked.ends_at <= asked.starts_at:
        raise invalid_field("end_time", "is not a microsecond behind start_time")
    await take_turn(session)
    known = await find_silence(session, asked.silence_id)
    if known is None:
        await create_silence(session, asked)
        return await find_silence(session, asked.silence_id) or asked
    if replace(known, created_by=by, created_at=None) != asked:
        raise AlreadyExists(
            "SILENCE_EXISTS",
            f"there is another silence {asked.silence_id}",
            metadata={"silenceId": asked.silence_id},
        )
    return known


def _asked(request: CreateSilenceRequest, by: str) -> Silence:
    return Silence(
        silence_id=request.silence_id,
        rule_ids=list(request.rule_ids),
        group_labels=dict(request.group),
        starts_at=to_datetime(request.start_time),
        ends_at=to_datetime(request.end_time),
        reason=request.reason,
        created_by=by,
    )
