"""The agents and users of a made-up platform, and the rhythm in which they work."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

HOUR_SECONDS = 3600
WEEKEND = (5, 6)
WEEKEND_SHARE = 0.35
# How busy each hour of a working day is, from midnight UTC.
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 14, 16, 19, 18, 16, 13, 9, 7, 6, 5, 4, 3)


@dataclass(frozen=True)
class Agent:
    """An agent as it tends to be: its speed, its luck, and what it uses."""

    agent_id: str
    name: str
    version: str
    model: str
    provider: str
    seconds: float
    spread: float
    success: float
    input_tokens: int
    output_tokens: int
    usd_per_million: Decimal
    share: float


@dataclass(frozen=True)
class User:
    """Somebody who works mostly around one hour of the day."""

    user_id: str
    busiest_hour: int
    share: float


AGENTS = (
    Agent(
        "support-triage", "Support triage", "3.2.0", "claude-4-haiku", "anthropic",
        2.5, 0.5, 0.985, 900, 160, Decimal(2), 34,
    ),
    Agent(
        "invoice-reader", "Invoice reader", "1.8.1", "gpt-5-mini", "openai",
        6, 0.4, 0.96, 3200, 420, Decimal(1), 24,
    ),
    Agent(
        "code-reviewer", "Code reviewer", "2.0.4", "claude-4-sonnet", "anthropic",
        21, 0.7, 0.93, 9800, 1300, Decimal(6), 20,
    ),
    Agent(
        "web-researcher", "Web researcher", "0.9.7", "gemini-3-pro", "gcp.gemini",
        38, 0.8, 0.88, 14000, 2100, Decimal(5), 14,
    ),
    Agent(
        "migration-planner", "Migration planner", "0.4.0", "claude-4-opus", "anthropic",
        75, 0.9, 0.78, 26000, 5200, Decimal(24), 8,
    ),
)  # fmt: skip
USERS = tuple(User(f"user-{number:02}", 8 + number * 5 % 11, 1 / number) for number in range(1, 25))


def busyness(at: datetime) -> float:
    """How much is going on, as a share of an even spread over the week's working days."""
    of_the_day = HOURS[at.hour] * len(HOURS) / sum(HOURS)
    return of_the_day * (WEEKEND_SHARE if at.weekday() in WEEKEND else 1)


def some_user(random: Random, at: datetime) -> User:
    return random.choices(USERS, [_presence(user, at) for user in USERS])[0]


def some_agent(random: Random) -> Agent:
    return random.choices(AGENTS, [agent.share for agent in AGENTS])[0]


def success_of(agent: Agent, at: datetime, seed: int) -> float:
    """Once a day one agent has a bad hour."""
    day = Random(f"{seed}/incident/{at:%Y-%m-%d}")  # noqa: S311 - nothing secret is drawn
    if day.choice(AGENTS) is agent and day.choice(range(7, 19)) == at.hour:
        return agent.success * 0.4
    return agent.success


def _presence(user: User, at: datetime) -> float:
    apart = abs(at.hour - user.busiest_hour)
    return user.share / (1 + min(apart, 24 - apart))
