"""Words that fields may hold: a few to begin with, and what calls that went well had in theirs."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from google.protobuf.message import Message

KEPT = 64
LONGEST = 600

# By the names of fields. Where a rule asks for a shape that none of these has, add one that has.
FIRST_WORDS = {
    "time_zone": ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"),
    "metric": ("executions", "success_rate", "cost", "duration_p95", "queue.depth"),
    "metric_type": ("queue.depth", "room_temperature", "executions"),
    "tag": ("region=eu", "region=", "a.b=c=d"),
    "group_by_tag": ("region", "host.name"),
    "key": (
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.response.model",
        "gen_ai.provider.name",
        "gen_ai.agent.id",
        "gen_ai.conversation.id",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "error.type",
        "service.name",
        "user.id",
        "llm.model_name",
        "shadower.workspace.id",
    ),
    "string_value": ("chat", "invoke_agent", "execute_tool", "claude-sonnet-4", "openai", "12"),
    "local_time": ("00:00", "02:30", "07:30", "23:59"),
    "link_id": ("5f1d7a84db6a4e2e9c3b7f10",),
    "secret": ("a" * 43, "-" * 43),
    # Addresses that need no look-up, and that nothing is sent to before something happens.
    "url": ("https://93.184.216.34/hook", "http://127.0.0.1/hook", "https://[::1]/"),
    "to": ("ops@shadower.example", "a@b@c"),
    "routing_key": ("0123456789abcdef0123456789abcdef",),
    "title_template": ("{{ title }}", "{% if severity %}{{ severity }}{% endif %}", "{{"),
    "body_template": ("{{ title }}: {{ link }}", "{% for l in lines %}{{ l.value }}{% endfor %}"),
    "content_type": ("application/json", "application/x-protobuf"),
}
ANYWHERE = (
    "a",
    "agent-1",
    "run-7",
    "queue.depth",
    "0.25",
    "12",
    "region=eu",
    "Müller",
    "",
    "x" * 64,
    "0192f0c1-7d5e-7c3a-9d53-0a1b2c3d4e5f",
    "/shadower.metrics.v1.MetricsService/GetMetrics",
)


class Words:
    """What is known, by the names of fields in the singular."""

    def __init__(self, workspaces: Sequence[str]) -> None:
        self._workspaces = list(workspaces)
        self._known = {name: list(words) for name, words in FIRST_WORDS.items()}

    def some(self, dice: Random, field: str) -> str:
        name = _singular(field)
        if name == "workspace_id":
            return self._workspaces[0] if dice.random() < 0.8 else dice.choice(self._workspaces)
        known = self._known.get(name)
        return dice.choice(known if known and dice.random() < 0.9 else ANYWHERE)

    def learn(self, dice: Random, message: Message) -> None:
        """Ids, cursors and the like lead further than anything that can be made up."""
        for field, value in message.ListFields():
            for word in _texts(value):
                if len(word) <= LONGEST:
                    self._keep(dice, _singular(field.name), word)
            for inner in _messages(field, value):
                self.learn(dice, inner)

    def _keep(self, dice: Random, name: str, word: str) -> None:
        known = self._known.setdefault(name, [])
        if word in known:
            return
        if len(known) < KEPT:
            known.append(word)
        else:
            known[dice.randrange(KEPT)] = word


def _singular(field: str) -> str:
    return field.removeprefix("next_").removesuffix("s")


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return () if isinstance(value, (bytes, Message)) else _texts_in(value)


def _texts_in(value: Any) -> Iterable[str]:
    if not hasattr(value, "__iter__"):
        return ()
    items = value.values() if hasattr(value, "values") else value
    return [item for item in items if isinstance(item, str)]


def _messages(field: Any, value: Any) -> Iterable[Message]:
    if field.message_type is None:
        return ()
    if field.is_repeated:
        items = value.values() if hasattr(value, "values") else value
        return [item for item in items if isinstance(item, Message)]
    return (value,)
