"""The table of executions as SQLAlchemy maps it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import DateTime, Enum
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

STATUSES = ("running", "succeeded", "failed", "timed_out", "cancelled")


class Base(DeclarativeBase):
    """What all models share."""


class Execution(Base):
    """A run of an agent; only what a summary needs."""

    __tablename__ = "executions"

    workspace_id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    execution_id: Mapped[str] = mapped_column(primary_key=True)
    duration_us: Mapped[int | None]
    status: Mapped[str] = mapped_column(Enum(*STATUSES, name="execution_status"))
    agent_id: Mapped[str]
    agent_name: Mapped[str | None]
    user_id: Mapped[str | None]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cached_input_tokens: Mapped[int | None]
    cost_usd: Mapped[Decimal | None]
    credits: Mapped[Decimal | None]
