"""A run while it goes on."""

import time
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from shadower_client.api.common import ErrorType, ExecutionStatus
from shadower_client.api.ingest import Execution
from shadower_client.method import new_id
from shadower_client.tracking.failing import Failure


@dataclass(slots=True, kw_only=True)
class Run:
    """What is known of a run. Set what becomes known; what nobody sets is unknown, and not zero."""

    agent_id: str
    execution_id: str = field(default_factory=new_id)
    parent_execution_id: str = ""
    agent_name: str = ""
    agent_version: str = ""
    user_id: str = ""
    conversation_id: str = ""
    model: str = ""
    provider: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    cost_usd: Decimal | None = None
    credits: Decimal | None = None
    user_rating: int | None = None
    tool_calls: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    failure: Failure | None = None
    start_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.perf_counter)

    def add_tokens(
        self,
        *,
        input: int | None = None,  # noqa: A002
        output: int | None = None,
        cached_input: int | None = None,
    ) -> None:
        """Of one more call of a model. What no call says stays unknown."""
        self.input_tokens = _sum(self.input_tokens, input)
        self.output_tokens = _sum(self.output_tokens, output)
        self.cached_input_tokens = _sum(self.cached_input_tokens, cached_input)

    def fail(self, message: str, error_type: ErrorType = ErrorType.UNKNOWN) -> None:
        """It did not do what was asked, though nothing was raised."""
        is_late = error_type is ErrorType.TIMEOUT
        status = ExecutionStatus.TIMED_OUT if is_late else ExecutionStatus.FAILED
        self.failure = Failure(status, error_type, message)

    def begun(self) -> Execution:
        return self._execution(ExecutionStatus.RUNNING, None)

    def ended(self) -> Execution:
        # The clock may have been set meanwhile; a duration is what the other clock says.
        end = self.start_time + timedelta(seconds=time.perf_counter() - self.began)
        status = self.failure.status if self.failure else ExecutionStatus.SUCCEEDED
        return self._execution(status, end)

    def _execution(self, status: ExecutionStatus, end: datetime | None) -> Execution:
        return Execution(
            execution_id=self.execution_id,
            agent_id=self.agent_id,
            agent_name=self.agent_name,
            agent_version=self.agent_version,
            user_id=self.user_id,
            model=self.model,
            provider=self.provider,
            status=status,
            error_type=self.failure.error_type if self.failure else ErrorType.UNSPECIFIED,
            error_message=self.failure.message if self.failure else "",
            start_time=self.start_time,
            end_time=end,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cached_input_tokens=self.cached_input_tokens,
            cost_usd=self.cost_usd,
            credits=self.credits,
            user_rating=self.user_rating,
            tool_calls=self.tool_calls,
            parent_execution_id=self.parent_execution_id,
            conversation_id=self.conversation_id,
            metadata=self.metadata,
        )


def _sum(known: int | None, more: int | None) -> int | None:
    return known if more is None else (known or 0) + more


CURRENT: ContextVar[Run | None] = ContextVar("shadower_run", default=None)
"""The run in which code is, by thread and task."""


def leave(token: Token[Run | None]) -> None:
    """Goes back to where a run began. What ends in another context, as a generator may, was never
    entered there."""
    with suppress(ValueError):
        CURRENT.reset(token)


def current_run() -> Run | None:
    return CURRENT.get()
