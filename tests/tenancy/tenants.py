"""Two tenants whose every string, id and number says whose it is, in every table."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from shadower.common.v1.limit_class_pb2 import LimitClass
from shadower.common.v1.permission_pb2 import Permission

from services.runtime.contract import permission_name
from services.warehouse.queries.interval import Interval
from tests.support.keys import KeyRing

# At a whole hour, two hours ago: nothing that is asked of it moves while it is asked.
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
END = START + timedelta(hours=2)
ASKED = Interval(START, END)
EVERYTHING = list(map(permission_name, Permission.values()[1:]))
# Powers of ten, so that sums of a tenant's number still show its digits.
RUNS = (10, 100)
NUMBERS = (7_310_957, 8_624_039)
DOOMED_KEYS = 12
# Ids of rules and silences that both have. Each deletes what the other keeps.
SIDES = ("left", "right")
# Strangers have a budget each, which is not what is tried here.
USERS = 40
# Which is deleted while all is asked.
LEFT_OUT = ("LIMIT_CLASS_REPORTS", "API_KEY")
LETTERS = """
    insert into shadower.dead_letters
        (workspace_id, dead_letter_id, source, position, reason, message, payload)
    values (%s, %s, 'log', %s, 'RECORD_MALFORMED', %s, %s)
"""
# So that nothing is left to change when its owner drops it once more.
DROPS = """
    insert into shadower.dead_letter_drops
        (workspace_id, dead_letter_id, occurrences, dropped_by, reason)
    values (%s, %s, 1, %s, %s)
"""
NOTICE = """
    insert into shadower.quota_notices (workspace_id, kind, month, percent)
    values (%s, 'executions', '2024-05-01', 80)
"""


@dataclass
class Tenant:
    """Who works in one workspace."""

    number: int
    """Seven digits that nothing of another tenant has."""
    runs: int
    kept: str
    doomed: str
    """Sides."""
    word: str = field(default_factory=lambda: f"k{uuid.uuid4().hex[:15]}")
    """It is in each of its strings."""
    letter: str = field(default_factory=lambda: str(uuid.uuid4()))
    rule: str = field(default_factory=lambda: uuid.uuid4().hex)
    alert: str = field(default_factory=lambda: str(uuid.uuid4()))
    target: str = field(default_factory=lambda: uuid.uuid4().hex)
    delivery: str = field(default_factory=lambda: str(uuid.uuid4()))
    report: str = field(default_factory=lambda: uuid.uuid4().hex)
    """A definition, and a report."""
    link: dict[str, str] = field(default_factory=dict)
    """To it: its id and its secret."""
    etags: dict[str, str] = field(default_factory=dict)
    """By rules, as they were first."""
    api_key: str = ""
    erasure: str = ""
    doomed_keys: list[str] = field(default_factory=list)
    given: set[str] = field(default_factory=set)
    """Secrets that were made up for it. Ids of rows are no marks: they are named by the other."""
    counted: Counter[str] = field(default_factory=Counter)

    @property
    def workspace(self) -> str:
        return f"w-{self.word}"

    @property
    def marks(self) -> list[bytes]:
        """What nobody else may ever hear."""
        return [mark.encode() for mark in (self.word, str(self.number), *self.given)]

    def token(self, keys: KeyRing) -> str:
        """Of one of several users. It has no mark: whose rows a stranger asks for may know his
        name."""
        user = f"user-{self.next('token') % USERS}"
        return keys.token(self.workspace, permissions=EVERYTHING, sub=user)

    def next(self, kind: str) -> int:
        """0, 1, 2 and so on, of each kind for itself."""
        self.counted[kind] += 1
        return self.counted[kind] - 1

    def named(self, kind: str, number: int = 1) -> str:
        return f"{kind}-{self.word}-{number}"


def two_tenants() -> tuple[Tenant, Tenant]:
    told_apart = zip(NUMBERS, RUNS, SIDES, reversed(SIDES), strict=True)
    one, two = (Tenant(*each) for each in told_apart)
    return one, two


def told(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def executions(tenant: Tenant) -> list[dict[str, Any]]:
    return [_execution(tenant, number) for number in range(tenant.runs)]


def _execution(tenant: Tenant, number: int) -> dict[str, Any]:
    begins = START + timedelta(seconds=60 + number)
    dollars = f"{tenant.number / 10**7:.7f}"
    has_failed = number < 4
    failure = {"error_type": "ERROR_TYPE_NETWORK", "error_message": tenant.named("error")}
    return {
        "execution_id": tenant.named("run", number),
        "agent_id": tenant.named("agent"),
        "agent_name": tenant.named("name"),
        "agent_version": tenant.named("version"),
        "user_id": tenant.named("user"),
        "model": tenant.named("model"),
        "provider": tenant.named("provider"),
        "status": f"EXECUTION_STATUS_{'FAILED' if has_failed else 'SUCCEEDED'}",
        "start_time": told(begins),
        "end_time": told(begins + timedelta(milliseconds=tenant.number)),
        **dict.fromkeys(("input_tokens", "output_tokens"), str(tenant.number)),
        **dict.fromkeys(("cost_usd", "credits"), dollars),
        "parent_execution_id": tenant.named("parent"),
        "conversation_id": tenant.named("conversation"),
        "metadata": {"mark": tenant.word},
        **(failure if has_failed else {}),
    }


def points(tenant: Tenant) -> list[dict[str, Any]]:
    return [
        {
            "point_id": tenant.named("point", number),
            "metric_type": ("queue.depth", tenant.named("depth"))[number % 2],
            "value": tenant.number,
            "timestamp": told(START + timedelta(seconds=90 + number)),
            "tags": {"region": tenant.word},
        }
        for number in range(20)
    ]


def events(tenant: Tenant) -> list[dict[str, Any]]:
    return [
        {
            "event_id": tenant.named("event", number),
            "type": "EVENT_TYPE_USER_LOGIN",
            "timestamp": told(START + timedelta(seconds=number)),
            "user_id": tenant.named("user"),
            "correlation_id": tenant.named("correlation"),
            "data": {"mark": tenant.word, "number": tenant.number},
        }
        for number in range(10)
    ]


def file_letters(url: str, tenant: Tenant) -> None:
    """And a notice, of which no RPC tells."""
    with psycopg.connect(url) as connection:
        values = (tenant.number, tenant.named("why"), tenant.word.encode())
        letter = (tenant.workspace, tenant.letter)
        connection.execute(LETTERS, [*letter, *values])
        connection.execute(DROPS, [*letter, tenant.named("user"), tenant.named("reason")])
        connection.execute(NOTICE, [tenant.workspace])


def budgets(tenant: Tenant) -> list[dict[str, Any]]:
    """So large that nobody is refused while all is asked at once."""
    return [
        {
            "workspace_id": tenant.workspace,
            "limit_class": name,
            "scope": f"LIMIT_SCOPE_{scope}",
            "amount": str(tenant.number),
            "period": "60s",
        }
        for name in LimitClass.keys()[1:]
        for scope in ("WORKSPACE", "USER", "API_KEY")
        if (name, scope) != LEFT_OUT
    ]
