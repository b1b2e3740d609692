"""Runs of agents, drawn by lot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus

from cli.simulate.world import Agent, some_agent, some_user, success_of

TIME_LIMIT = timedelta(minutes=5)
CANCELLED = 0.02
TOKENS_REPORTED = 0.93
RATED = 0.3
CREDITS_PER_DOLLAR = 50
ERRORS = {
    ErrorType.ERROR_TYPE_MODEL_ERROR: ("the model's answer is not valid JSON", 30),
    ErrorType.ERROR_TYPE_RATE_LIMIT: ("429: too many requests", 25),
    ErrorType.ERROR_TYPE_VALIDATION: ("a required field is missing in the input", 18),
    ErrorType.ERROR_TYPE_NETWORK: ("the connection was reset by the peer", 15),
    ErrorType.ERROR_TYPE_USER_ERROR: ("the document has no pages", 8),
    ErrorType.ERROR_TYPE_AUTH: ("401: the key has expired", 4),
}


@dataclass(frozen=True)
class Usage:
    """What a run used, where somebody counted it."""

    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cost_usd: str
    credits: str


@dataclass(frozen=True)
class Run:
    """A whole run, its end and what comes late included."""

    execution_id: str
    agent: Agent
    user_id: str
    start: datetime
    end: datetime
    status: ExecutionStatus.ValueType
    error_type: ErrorType.ValueType
    error_message: str
    usage: Usage | None
    tool_calls: int
    user_rating: int | None
    late_at: datetime


def draw_run(random: Random, execution_id: str, start: datetime, seed: int) -> Run:
    agent = some_agent(random)
    user = some_user(random, start)
    lasting = timedelta(seconds=random.lognormvariate(0, agent.spread) * agent.seconds)
    status = _status(random, success_of(agent, start, seed), lasting)
    error_type, error_message = _error(random, status)
    end = start + min(lasting, TIME_LIMIT)
    return Run(
        execution_id=execution_id,
        agent=agent,
        user_id=user.user_id,
        start=start,
        end=end,
        status=status,
        error_type=error_type,
        error_message=error_message,
        usage=_usage(random, agent),
        tool_calls=int(random.expovariate(0.3)),
        user_rating=_rating(random, status),
        late_at=end + timedelta(seconds=random.uniform(3, 90)),
    )


def _status(random: Random, success: float, lasting: timedelta) -> ExecutionStatus.ValueType:
    if lasting > TIME_LIMIT:
        return ExecutionStatus.EXECUTION_STATUS_TIMED_OUT
    if random.random() < CANCELLED:
        return ExecutionStatus.EXECUTION_STATUS_CANCELLED
    if random.random() < success:
        return ExecutionStatus.EXECUTION_STATUS_SUCCEEDED
    return ExecutionStatus.EXECUTION_STATUS_FAILED


def _error(random: Random, status: ExecutionStatus.ValueType) -> tuple[ErrorType.ValueType, str]:
    if status == ExecutionStatus.EXECUTION_STATUS_TIMED_OUT:
        return ErrorType.ERROR_TYPE_TIMEOUT, f"not done after {TIME_LIMIT.seconds} s"
    if status != ExecutionStatus.EXECUTION_STATUS_FAILED:
        return ErrorType.ERROR_TYPE_UNSPECIFIED, ""
    [error_type] = random.choices(list(ERRORS), [share for _, share in ERRORS.values()])
    return error_type, ERRORS[error_type][0]


def _usage(random: Random, agent: Agent) -> Usage | None:
    size = random.lognormvariate(0, 0.5)
    cached = random.random() * 0.6
    if random.random() > TOKENS_REPORTED:
        return None
    tokens_in = int(agent.input_tokens * size)
    tokens_out = int(agent.output_tokens * size * random.uniform(0.6, 1.4))
    cost = agent.usd_per_million * (tokens_in + 4 * tokens_out) / 1_000_000
    return Usage(
        input_tokens=tokens_in,
        cached_input_tokens=int(tokens_in * cached),
        output_tokens=tokens_out,
        cost_usd=_decimal(cost),
        credits=_decimal(cost * CREDITS_PER_DOLLAR),
    )


def _decimal(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.000001")), "f")


def _rating(random: Random, status: ExecutionStatus.ValueType) -> int | None:
    if random.random() > RATED:
        return None
    happy = status == ExecutionStatus.EXECUTION_STATUS_SUCCEEDED
    return random.choices((1, 2, 3, 4, 5), (1, 2, 6, 16, 20) if happy else (18, 10, 4, 1, 1))[0]
