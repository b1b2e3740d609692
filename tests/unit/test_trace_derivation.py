"""Executions out of spans: each token once, each call where it belongs."""

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.warehouse.facts.model import ErrorType, Execution, Status
from services.warehouse.traces import failures
from services.warehouse.traces.derivation import derive, possible_ids
from services.warehouse.traces.model import Span, SpanKind, SpanOutcome
from tests.support.traces import TRACE, expected, sid, span, traces

AGENT, WORKFLOW, CALL = SpanKind.AGENT, SpanKind.WORKFLOW, SpanKind.MODEL_CALL
TOOL, OTHER = SpanKind.TOOL_CALL, SpanKind.OTHER


def tokens(*spans: Span) -> dict[str, Any]:
    """Input tokens of each execution, by the number of its span; 0 is the implicit one."""
    told = derive(spans)
    return {int(one.execution_id.partition(":")[2] or "0", 16): one.input_tokens for one in told}


def agent(number: int, parent: int | None = None, **fields: Any) -> Span:
    return child(number, parent, AGENT, **fields)


def child(
    number: int, parent: int | None, kind: SpanKind, used: int | None = None, **f: Any
) -> Span:
    return span(number, parent_span_id=parent and sid(parent), kind=kind, input_tokens=used, **f)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(trace=traces(), seed=st.integers())
def test_any_order_gives_what_the_oracle_says(trace: list[Span], seed: int) -> None:
    shuffled = Random(seed).sample(trace, len(trace))
    told = {one.execution_id: one._asdict() for one in derive(shuffled)}
    wanted = expected(trace)
    assert told.keys() == wanted.keys()
    assert {one: {name: told[one][name] for name in wanted[one]} for one in told} == wanted
    assert told.keys() <= possible_ids(trace)


def test_a_nested_agent_counts_its_own_calls_and_its_parent_does_not() -> None:
    trace = agent(1), child(2, 1, CALL, 10), agent(3, 1), child(4, 3, CALL, 5)
    assert tokens(*trace) == {1: 10, 3: 5}
    assert [one.parent_execution_id for one in derive(trace)] == [None, f"{TRACE}:{sid(1)}"]


def test_what_an_agent_says_of_itself_is_not_added_to_its_calls() -> None:
    assert tokens(agent(1, used=30), child(2, 1, CALL, 10), child(3, 1, CALL, 20)) == {1: 30}
    assert tokens(agent(1, used=99), child(2, 1, CALL, 10)) == {1: 10}


def test_what_an_agent_says_of_itself_counts_if_nobody_else_tells() -> None:
    assert tokens(agent(1, used=30)) == {1: 30}
    assert tokens(agent(1, used=30), child(2, 1, CALL)) == {1: 30}
    assert tokens(child(1, None, WORKFLOW, 30), agent(2, 1, used=30)) == {1: None, 2: 30}


def test_a_call_told_by_a_client_and_by_what_it_uses_counts_once() -> None:
    assert tokens(agent(1), child(2, 1, CALL, 10), child(3, 2, OTHER), child(4, 3, CALL, 10)) == {
        1: 10
    }
    assert tokens(agent(1), child(2, 1, CALL), child(3, 2, CALL, 10)) == {1: 10}
    in_a_tool = child(2, 1, CALL, 10), child(3, 2, TOOL), child(4, 3, CALL, 7)
    assert tokens(agent(1), *in_a_tool) == {1: 17}


def test_a_call_told_by_two_instrumentations_counts_once() -> None:
    twice = child(2, 1, CALL, 10, response_id="r"), child(3, 1, CALL, 10, response_id="r")
    assert tokens(agent(1), *twice) == {1: 10}
    assert tokens(agent(1), child(2, 1, CALL, response_id="r"), twice[1]) == {1: 10}
    assert tokens(agent(1), twice[0], child(4, 1, CALL, 5, response_id="other")) == {1: 15}


def test_calls_belong_to_the_agent_beyond_spans_that_are_not_ours() -> None:
    between = child(2, 1, OTHER), child(3, 2, SpanKind.STEP)
    assert tokens(agent(1), *between, child(4, 3, CALL, 10)) == {1: 10}


def test_an_implicit_run_gives_way_to_the_agent_that_comes_late() -> None:
    call = child(2, 1, CALL, 10, service_name="shop")
    (implicit,) = derive([call])
    assert (implicit.execution_id, implicit.agent_id) == (TRACE, "shop")
    assert tokens(call, agent(1)) == {1: 10}


def test_spans_without_any_call_tell_of_no_run() -> None:
    assert derive([child(1, None, OTHER), child(2, 1, SpanKind.STEP)]) == []


def test_parents_in_a_circle_enclose_nothing() -> None:
    circle = child(1, 2, OTHER), agent(2, 1), child(3, 2, CALL, 10)
    assert tokens(*circle) == {2: None, 0: 10}
    assert tokens(child(1, 1, CALL, 10)) == {0: 10}


def test_a_chain_as_long_as_a_trace_may_be_is_no_trouble() -> None:
    chain = [
        agent(1),
        *(child(n, n - 1, OTHER) for n in range(2, 9_999)),
        child(9_999, 9_998, CALL, 1),
    ]
    assert tokens(*chain) == {1: 1}


def test_money_is_summed_exactly_and_unknown_only_if_all_is() -> None:
    def cost(*values: str | None) -> Decimal | None:
        calls = [
            replace(child(n, 1, CALL, 1), cost_usd=value and Decimal(value))
            for n, value in enumerate(values, 2)
        ]
        return derive([agent(1), *calls])[0].cost_usd

    assert cost("0.1", "0.2") == Decimal("0.3")
    assert cost("0.1", None) == Decimal("0.1")
    assert cost(None, None) is None


def run_of(**fields: Any) -> Execution:
    return derive([agent(1, **fields)])[0]


@pytest.mark.parametrize(
    ("fields", "agent_id"),
    [
        ({"agent_id": "a-1", "agent_name": "n", "service_name": "s"}, "a-1"),
        ({"agent_name": "n/m", "service_name": "s"}, "s:n_m"),
        ({"agent_name": "n"}, "n"),
        ({"service_name": "s"}, "s"),
        ({}, "unknown_service"),
        ({"agent_name": "n" * 256, "service_name": "s"}, "s:" + "n" * 126),
    ],
)
def test_an_agent_is_known_by_its_id_or_by_its_name_in_its_program(
    fields: dict[str, str], agent_id: str
) -> None:
    assert run_of(**fields).agent_id == agent_id


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ("openai.APITimeoutError", Status.TIMED_OUT, ErrorType.TIMEOUT),
        ("timeout", Status.TIMED_OUT, ErrorType.TIMEOUT),
        ("RateLimitError", Status.FAILED, ErrorType.RATE_LIMIT),
        ("429", Status.FAILED, ErrorType.RATE_LIMIT),
        ("AuthenticationError", Status.FAILED, ErrorType.AUTH),
        ("anthropic.PermissionDeniedError", Status.FAILED, ErrorType.AUTH),
        ("BadRequestError", Status.FAILED, ErrorType.VALIDATION),
        ("pydantic.ValidationError", Status.FAILED, ErrorType.VALIDATION),
        ("APIConnectionError", Status.FAILED, ErrorType.NETWORK),
        ("java.net.UnknownHostException", Status.FAILED, ErrorType.UNKNOWN),
        ("MemoryError", Status.FAILED, ErrorType.RESOURCE),
        ("InternalServerError", Status.FAILED, ErrorType.MODEL_ERROR),
        ("500", Status.FAILED, ErrorType.MODEL_ERROR),
        ("asyncio.CancelledError", Status.CANCELLED, None),
        ("_OTHER", Status.FAILED, ErrorType.UNKNOWN),
        (None, Status.FAILED, ErrorType.UNKNOWN),
    ],
)
def test_an_error_in_an_emitters_words(
    said: str | None, status: Status, kind: ErrorType | None
) -> None:
    failed = span(1, outcome=SpanOutcome.ERROR, error_type=said)
    assert (failures.status(failed), failures.error_type(failed)) == (status, kind)


def test_an_error_type_without_an_error_is_none() -> None:
    well = span(1, outcome=SpanOutcome.OK, error_type="timeout")
    assert (failures.status(well), failures.error_type(well)) == (Status.SUCCEEDED, None)
