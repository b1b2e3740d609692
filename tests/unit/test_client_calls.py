"""How the client calls: again where that can help, with an identity, within a deadline."""

import asyncio
import base64
import inspect
import json
import pickle
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status
from shadower.access.v1.access_service_pb2 import CreateApiKeyResponse
from shadower.metrics.v1.metric_pb2 import Metric, Point, TimeSeries
from shadower.metrics.v1.metrics_service_pb2 import (
    GetMetricsResponse,
    ListMetricsResponse,
    StreamMetricsResponse,
)
from shadower_client import (
    AsyncClient,
    Client,
    DeadlineExceeded,
    InvalidArgument,
    ProducerSettings,
    ResourceExhausted,
    RetryPolicy,
    Tls,
    Unauthenticated,
    Unavailable,
)
from shadower_client.api.alerts import AlertsApi
from shadower_client.api.metrics import MetricKind
from shadower_client.connection import Connection
from shadower_client.credentials import AsyncCredentials, Credentials, bearer
from shadower_client.errors import of_status
from shadower_client.producing.settings import ProducerOptions

from services.runtime import faults
from services.runtime.status import to_status
from tests.support.client_server import Asked, Scripted, scripted
from tools.certificates import Authority

AWAY = faults.Unavailable(
    "DATABASE_UNAVAILABLE", "it is away", retry_after=timedelta(milliseconds=1)
)
METRICS = ListMetricsResponse(metrics=[Metric(name="cost", unit="USD")])


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as running:
        yield running


@pytest.fixture
def client(server: Scripted) -> Iterator[Client]:
    with Client(server.address, token="t", workspace="acme") as opened:
        yield opened


@pytest.fixture
async def async_client(server: Scripted) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.address, token="t", workspace="acme") as opened:
        yield opened


def later(seconds: float) -> faults.Fault:
    delay = timedelta(seconds=seconds)
    return faults.ResourceExhausted("RATE_LIMITED", "too many", retry_after=delay)


def token(seconds: float) -> str:
    """One that ends so soon, as far as anybody can read it."""
    claims = json.dumps({"exp": time.time() + seconds, "n": time.perf_counter_ns()}).encode()
    return f"h.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.s"


def test_it_comes_back_when_it_is_told_to(server: Scripted, client: Client) -> None:
    server.script = [later(0.3), METRICS]
    began = time.monotonic()
    assert [one.name for one in client.metrics.list()] == ["cost"]
    assert 0.3 <= time.monotonic() - began < 20
    assert len(server.asked) == 2
    assert len({one.metadata["x-request-id"] for one in server.asked}) == 1


async def test_so_does_the_one_that_awaits(server: Scripted, async_client: AsyncClient) -> None:
    server.script = [later(0.3), AWAY, METRICS]
    began = time.monotonic()
    assert [one.name async for one in async_client.metrics.list()] == ["cost"]
    assert time.monotonic() - began >= 0.3
    assert len(server.asked) == 3


def test_it_does_not_wait_beyond_the_deadline(server: Scripted, client: Client) -> None:
    server.script = [later(60)]
    began = time.monotonic()
    with pytest.raises(ResourceExhausted) as refused:
        list(client.metrics.list(timeout=50))
    assert time.monotonic() - began < 40
    assert refused.value.retry_after == timedelta(seconds=60)
    assert refused.value.reason == "RATE_LIMITED"
    assert server.asked[0].seconds <= 50


def test_attempts_have_an_end(server: Scripted) -> None:
    server.script = [AWAY]
    policy = RetryPolicy(attempts=3, first_seconds=0.01)
    refused = pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE: it is away")
    with Client(server.address, token="t", workspace="acme", retry=policy) as client, refused:
        list(client.metrics.list())
    assert len(server.asked) == 3


def test_what_is_not_idempotent_is_called_once(server: Scripted, client: Client) -> None:
    server.script = [AWAY, CreateApiKeyResponse()]
    with pytest.raises(Unavailable):
        client.access.create_api_key("importer")
    assert len(server.asked) == 1


def test_an_error_says_all_that_the_server_said(server: Scripted, client: Client) -> None:
    server.script = [
        faults.InvalidArgument(
            "VALIDATION_FAILED",
            "1 field breaks a rule",
            metadata={"fields": "1"},
            violations=[faults.FieldViolation("metrics", "must be there")],
        )
    ]
    with pytest.raises(InvalidArgument) as refused:
        client.metrics.query([])
    error = refused.value
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (error.reason, error.metadata) == ("VALIDATION_FAILED", {"fields": "1"})
    assert [(one.field, one.description) for one in error.violations] == [
        ("metrics", "must be there")
    ]
    assert error.request_id == server.asked[0].metadata["x-request-id"]
    assert "metrics: must be there" in str(error)
    assert error.request_id in str(error)


def test_an_error_goes_from_process_to_process() -> None:
    fault = faults.InvalidArgument(
        "VALIDATION_FAILED",
        "1 field breaks a rule",
        metadata={"fields": "metrics"},
        violations=[faults.FieldViolation("metrics", "must be there")],
        retry_after=timedelta(seconds=1),
    )
    error = of_status(to_status(fault), "r1")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is InvalidArgument
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_what_must_be_named_is_named_by_its_place() -> None:
    named = inspect.signature(AlertsApi.get_alert).parameters["alert_id"]
    assert named.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert named.default is inspect.Parameter.empty


def test_a_token_that_ends_is_asked_for_again_before(server: Scripted) -> None:
    server.script = [METRICS]
    given = [token(20), token(3600)]
    handed = iter(given)
    with Client(server.address, token=lambda: next(handed), workspace="acme") as client:
        for _ in range(3):
            list(client.metrics.list())
    came = [one.metadata["authorization"] for one in server.asked]
    assert came == [f"Bearer {given[0]}", f"Bearer {given[1]}", f"Bearer {given[1]}"]


def revoked(asked: Asked) -> faults.Fault | None:
    if asked.metadata["authorization"] == "Bearer old":
        return faults.Unauthenticated("TOKEN_EXPIRED", "it has expired")
    return None


def test_a_token_that_is_refused_is_renewed_once(server: Scripted) -> None:
    server.script, server.judge = [CreateApiKeyResponse()], revoked
    handed = iter(["old", "new"])
    with Client(server.address, token=lambda: next(handed), workspace="acme") as client:
        client.access.create_api_key("importer")
    assert len(server.asked) == 2
    refused = pytest.raises(Unauthenticated, match="TOKEN_EXPIRED")
    with Client(server.address, token=lambda: "old", workspace="acme") as client, refused:
        list(client.metrics.list())
    assert len(server.asked) == 4


def test_a_token_that_came_since_is_kept() -> None:
    handed = iter(["old", "new", "newer"])
    credentials = Credentials(lambda: next(handed))
    first = credentials.header()
    assert credentials.renew(first)
    assert credentials.header() == bearer("new")
    assert credentials.renew(first)  # Of another thread, which was refused with the same.
    assert credentials.header() == bearer("new")


async def test_a_token_that_is_forgotten_meanwhile_is_sent_whole_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    credentials = AsyncCredentials(lambda: "old")
    sent = await credentials.header()

    def forgotten_by_another_thread() -> float:
        credentials.renew(sent)
        return 0.0

    monkeypatch.setattr(time, "time", forgotten_by_another_thread)
    assert credentials.known() in (bearer("old"), None)


async def test_calls_at_once_ask_for_a_token_once() -> None:
    asked: list[int] = []

    async def hand_out() -> str:
        asked.append(1)
        await asyncio.sleep(0)
        return f"token {len(asked)}"

    credentials = AsyncCredentials(hand_out)
    came = await asyncio.gather(*(credentials.header() for _ in range(5)))
    assert came == [bearer("token 1")] * 5


async def test_tokens_may_be_awaited(server: Scripted) -> None:
    server.script, server.judge = [METRICS], revoked
    handed = iter(["old", "new"])

    async def hand_out() -> str:
        return next(handed)

    async with AsyncClient(server.address, token=hand_out, workspace="acme") as client:
        assert [one.name async for one in client.metrics.list()] == ["cost"]
    assert len(server.asked) == 2


def test_keys_and_workspaces_are_sent(server: Scripted) -> None:
    server.script = [METRICS]
    with Client(server.address, api_key="k", workspace="acme") as client:
        list(client.metrics.list(workspace="other"))
    asked = server.asked[0]
    assert asked.metadata["x-api-key"] == "k"
    assert asked.metadata["x-shadower-workspace"] == asked.request.workspace_id == "other"
    assert "authorization" not in asked.metadata


def test_one_identity_and_a_workspace_are_needed(server: Scripted) -> None:
    with pytest.raises(ValueError, match="token"):
        Client(server.address)
    with pytest.raises(ValueError, match="token"):
        Client(server.address, token="t", api_key="k")
    with Client(server.address, token="t") as client, pytest.raises(ValueError, match="workspace"):
        list(client.metrics.list())


@pytest.mark.parametrize(
    ("address", "target", "is_tls"),
    [
        ("localhost:8080", "localhost:8080", False),
        ("127.0.0.1:8080", "127.0.0.1:8080", False),
        ("http://[::1]:8080", "[::1]:8080", False),
        ("unix:/run/edge.sock", "unix:/run/edge.sock", False),
        ("analytics.example.com:8443", "analytics.example.com:8443", True),
        ("https://analytics.example.com", "analytics.example.com:443", True),
        ("https://localhost:8443", "localhost:8443", True),
        ("http://analytics.example.com", "analytics.example.com:80", False),
        ("dns:///analytics.example.com:443", "dns:///analytics.example.com:443", True),
    ],
)
def test_tokens_go_in_plain_to_this_machine_only(address: str, target: str, is_tls: bool) -> None:
    connection = Connection.to(address, None, ())
    assert (connection.target, connection.tls is not None) == (target, is_tls)


def test_certificates_of_both_sides(tmp_path: Path) -> None:
    authority = Authority()
    trusted = authority.write(tmp_path).read_bytes()
    certificate, key = (one.read_bytes() for one in authority.issue(tmp_path))
    wanted = grpc.ssl_server_credentials([(key, certificate)], trusted, True)
    with scripted(wanted) as server:
        server.script = [METRICS]
        tls = Tls(trusted, certificate, key)
        with Client(server.address, token="t", workspace="w", tls=tls) as client:
            assert [one.name for one in client.metrics.list()] == ["cost"]
        once = RetryPolicy(attempts=1)
        anonymous = Client(server.address, token="t", workspace="w", tls=Tls(trusted), retry=once)
        with anonymous, pytest.raises(Unavailable):
            list(anonymous.metrics.list())


def test_settings_of_producers_have_their_names() -> None:
    assert list(ProducerOptions.__annotations__) == [one.name for one in fields(ProducerSettings)]


def test_nobody_is_there() -> None:
    policy = RetryPolicy(attempts=2, first_seconds=0.01)
    with (
        Client("127.0.0.1:1", token="t", workspace="w", retry=policy) as client,
        pytest.raises(Unavailable) as refused,
    ):
        list(client.metrics.list())
    assert refused.value.reason == ""


def test_times_run_out(server: Scripted, client: Client) -> None:
    server.script = [METRICS]
    server.judge = lambda asked: time.sleep(0.5)
    with pytest.raises(DeadlineExceeded):
        list(client.metrics.list(timeout=0.2))


def test_times_without_a_zone_are_refused(client: Client) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        client.metrics.query(["cost"], interval=(naive, naive))
    with pytest.raises(TypeError, match=r"\['cost'\]"):
        client.metrics.query("cost")


def a_page(number: int, more: str) -> GetMetricsResponse:
    at = Timestamp(seconds=number)
    point = Point(start_time=at)
    point.value.integer = number
    series = TimeSeries(metric="executions", labels={"agent_id": "a"}, points=[point])
    return GetMetricsResponse(time_series=[series], next_page_token=more, as_of=at)


def test_pages_are_read_as_one_answer(server: Scripted, client: Client) -> None:
    server.script = [a_page(1, "two"), a_page(2, "three"), a_page(3, "")]
    answer = client.metrics.query(["executions"])
    assert [one.request.page_token for one in server.asked] == ["", "two", "three"]
    [series] = answer.time_series
    assert [point.value for point in series.points] == [1, 2, 3]
    assert answer.as_of == datetime.fromtimestamp(1, UTC)
    assert answer.records()[2] == {
        "agent_id": "a",
        "start_time": datetime.fromtimestamp(3, UTC),
        "executions": 3,
    }


def test_values_of_a_newer_server_are_kept(server: Scripted, client: Client) -> None:
    server.script = [ListMetricsResponse(metrics=[Metric.FromString(b"\x0a\x03new\x18\x4d")])]
    [metric] = client.metrics.list()
    assert (metric.kind, metric.kind.name) == (77, "UNRECOGNIZED_77")
    assert isinstance(metric.kind, MetricKind)


def message(cursor: str) -> StreamMetricsResponse:
    told = StreamMetricsResponse(cursor=cursor)
    told.heartbeat.SetInParent()
    return told


def ending() -> StreamMetricsResponse:
    return StreamMetricsResponse(status=to_status(AWAY))


OVER = StreamMetricsResponse(status=Status(code=0, message="the interval has ended"))


def test_a_stream_ends_with_its_interval(server: Scripted, client: Client) -> None:
    server.script = [[message("a"), OVER]]
    assert [one.cursor for one in client.metrics.stream(["cost"])] == ["a"]
    assert len(server.asked) == 1


async def test_so_does_one_that_is_awaited_end(server: Scripted, async_client: AsyncClient) -> None:
    server.script = [[message("a"), OVER]]
    assert [one.cursor async for one in async_client.metrics.stream(["cost"])] == ["a"]
    assert len(server.asked) == 1


QUICK = RetryPolicy(first_seconds=0.001, longest_seconds=0.01)


def test_a_stream_outlasts_more_failures_than_a_call(server: Scripted) -> None:
    server.script = [[message("a"), AWAY], *[AWAY] * 8, [message("b"), OVER]]
    with Client(server.address, token="t", workspace="acme", retry=QUICK) as client:
        assert [one.cursor for one in client.metrics.stream(["cost"])] == ["a", "b"]
    assert len(server.asked) == 10


def test_a_stream_does_not_wait_for_ever(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadower_client.retrying.OUTAGE_SECONDS", 0.1)
    server.script = [[message("a"), AWAY], AWAY]
    with Client(server.address, token="t", workspace="acme", retry=QUICK) as client:
        told = client.metrics.stream(["cost"])
        assert next(told).cursor == "a"
        with pytest.raises(Unavailable, match="it is away"):
            next(told)


def test_a_stream_has_one_deadline(server: Scripted) -> None:
    server.script = [[message("a"), AWAY]]
    server.judge = lambda asked: time.sleep(0.05)
    with (
        Client(server.address, token="t", workspace="acme", retry=QUICK) as client,
        pytest.raises((DeadlineExceeded, Unavailable)),
    ):
        list(client.metrics.stream(["cost"], timeout=0.3))
    assert server.asked[-1].seconds < server.asked[0].seconds <= 0.3


def test_a_stream_goes_on_from_its_cursor(server: Scripted, client: Client) -> None:
    server.script = [[message("a"), message("b"), ending()], [message("c"), AWAY], [message("d")]]
    told = [one.cursor for one in client.metrics.stream(["cost"])]
    assert told == ["a", "b", "c", "d"]
    assert [one.request.cursor for one in server.asked] == ["", "b", "c"]


async def test_so_does_one_that_is_awaited(server: Scripted, async_client: AsyncClient) -> None:
    server.script = [[message("a"), ending()], [message("b"), AWAY], [message("c")]]
    told = [one.cursor async for one in async_client.metrics.stream(["cost"])]
    assert told == ["a", "b", "c"]
    assert [one.request.cursor for one in server.asked] == ["", "a", "b"]
