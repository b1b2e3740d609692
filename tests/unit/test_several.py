"""What commands tell that change several things, when one of these is refused."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from shadower.alerts.v1 import alerts_service_pb2 as alerts
from shadower.bus.v1 import dead_letters_service_pb2 as bus

from cli.asking.documents import Named
from cli.asking.keeping import Call, Keeper, applied
from cli.commands import alert_rules
from cli.commands.alert_rules import RULE
from cli.commands.deadletters import MAX_LETTERS, _each
from cli.failures import CommandError, ExitCode

DENIED = CommandError("no", exit_code=ExitCode.DENIED)
DELETE: Any = alert_rules.delete_rules.__wrapped__  # type: ignore[attr-defined]


class Talk:
    """A session whose calls are answered so, and refused when answers run out."""

    workspace = "acme"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.shown: list[Any] = []

    def stub(self, _: Any) -> Any:
        return SimpleNamespace(DeleteRule=None)

    async def ask(self, _: Any, __: Any) -> Any:
        if not self.answers:
            raise DENIED
        return self.answers.pop(0)

    def show(self, answer: Any, _: Any) -> None:
        self.shown.append(answer)


def rule(rule_id: str, etag: str) -> Any:
    answer = alerts.GetRuleResponse()
    answer.rule.rule_id, answer.rule.etag = rule_id, etag
    return answer


async def test_what_was_applied_before_is_told() -> None:
    talk: Any = Talk(*(rule("one", etag) for etag in "12"), rule("two", "3"), rule("two", "3"))
    rpc: Any = None
    keeper = Keeper(
        RULE,
        Call(rpc, alerts.CreateRuleRequest),
        Call(rpc, alerts.GetRuleRequest),
        Call(rpc, alerts.UpdateRuleRequest),
    )
    wanted = [Named(name, rule(name, "").rule.rule) for name in ("one", "two", "three")]
    with pytest.raises(
        CommandError, match=r"no\n  done before: one changed, two unchanged$"
    ) as told:
        await applied(talk, keeper, wanted)
    assert told.value.exit_code == ExitCode.DENIED


async def test_what_was_deleted_before_is_told() -> None:
    with pytest.raises(CommandError, match=r"done before: one deleted$"):
        await DELETE(Talk(alerts.DeleteRuleResponse()), rule_ids=["one", "two"])
    with pytest.raises(CommandError, match=r"^no$"):
        await DELETE(Talk(), rule_ids=["one"])


async def test_what_became_of_letters_before_is_shown() -> None:
    letters = [uuid4() for _ in range(MAX_LETTERS + 1)]
    first = bus.ReplayDeadLettersResponse()
    first.results.add(dead_letter_id=str(letters[0]))
    talk: Any = Talk(first)
    rpc: Any = None
    with pytest.raises(CommandError, match="no"):
        await _each(talk, rpc, bus.ReplayDeadLettersRequest(), letters, "replayed")
    assert talk.shown == [first]
