"""A call's items on their way: judged one by one, the valid ones taken in together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from shadower.ingest.v1.log_record_pb2 import LogRecord
from shadower.ingest.v1.record_result_pb2 import RecordCounts, RecordOutcome, RecordResult

from services.runtime.faults import (
    AlreadyExists,
    Fault,
    FieldViolation,
    InvalidArgument,
    invalid_fields,
)
from services.runtime.status import to_status
from services.runtime.validator import MessageValidator
from services.warehouse.facts.model import FactKind, Outcome, Recorded

OUTCOMES = {
    Outcome.STORED: RecordOutcome.RECORD_OUTCOME_STORED,
    Outcome.UPDATED: RecordOutcome.RECORD_OUTCOME_UPDATED,
    Outcome.DUPLICATE: RecordOutcome.RECORD_OUTCOME_DUPLICATE,
}

# What the warehouse calls otherwise than the contract does.
CONTRACT_NAMES = {"started_at": "start_time", "ended_at": "end_time", "occurred_at": "timestamp"}


Rules = Callable[[Any, str], list[FieldViolation]]
"""Given an item and its path, what is wrong with it."""


def _none(_item: Any, _path: str) -> list[FieldViolation]:
    return []


@dataclass(frozen=True)
class ItemKind:
    """What is particular about a kind of item."""

    kind: FactKind
    field: str
    id_field: str
    conflict_reason: str
    to_fact: Callable[[Any], Any]
    item_id: Callable[[Any], str]
    violations: Rules = _none
    """What breaks the rules that do not stand in the contract."""
    check: Callable[[Any, str], None] = lambda _item, _path: None
    """Raises InvalidArgument for what has a reason of its own."""


@dataclass
class JudgedItems:
    """Items of one kind, each either valid or with a reason why not."""

    kind: ItemKind
    items: Sequence[Message]
    refused: dict[int, Fault] = field(default_factory=dict)

    @property
    def valid(self) -> Sequence[Message]:
        if not self.refused:
            return self.items
        return [item for index, item in enumerate(self.items) if index not in self.refused]

    @property
    def violations(self) -> Iterable[FieldViolation]:
        return (violation for fault in self.refused.values() for violation in fault.violations)

    def results(self, recorded: Sequence[Recorded] | None) -> list[RecordResult]:
        """A result for each item. None recorded: the log has them, and it is not known yet."""
        told = None if recorded is None else iter(recorded)
        return [
            self._refusal(index, self.refused[index], getattr(item, self.kind.id_field))
            if index in self.refused
            else self._outcome(index, self.kind.item_id(item), None if told is None else next(told))
            for index, item in enumerate(self.items)
        ]

    def _outcome(self, index: int, item_id: str, recorded: Recorded | None) -> RecordResult:
        if recorded is None:
            accepted = RecordOutcome.RECORD_OUTCOME_ACCEPTED
            return RecordResult(index=index, id=item_id, outcome=accepted)
        if recorded.is_refused:
            return self._refusal(index, refusal_of(self.kind, item_id, recorded), item_id)
        return RecordResult(index=index, id=item_id, outcome=OUTCOMES[recorded.outcome])

    def _refusal(self, index: int, fault: Fault, item_id: str) -> RecordResult:
        return RecordResult(
            index=index,
            id=item_id,
            outcome=RecordOutcome.RECORD_OUTCOME_REJECTED,
            error=to_status(fault),
        )


def conflict(kind: ItemKind, item_id: str, recorded: Recorded) -> Fault:
    """Why a fact that contradicts a stored one is refused."""
    fields = ",".join(CONTRACT_NAMES.get(name, name) for name in recorded.conflicting)
    return AlreadyExists(
        kind.conflict_reason,
        f"{item_id} is stored with other content: {fields}",
        metadata={_camel(kind.id_field): item_id, "fields": fields},
    )


def too_old(kind: ItemKind, item_id: str) -> Fault:
    """Why a fact from before what is kept is refused."""
    return InvalidArgument(
        "FACT_TOO_OLD",
        f"{item_id} is from before what the workspace still keeps",
        metadata={_camel(kind.id_field): item_id},
    )


def refusal_of(kind: ItemKind, item_id: str, recorded: Recorded) -> Fault:
    if recorded.outcome is Outcome.TOO_OLD:
        return too_old(kind, item_id)
    return conflict(kind, item_id, recorded)


def judge(kind: ItemKind, items: Sequence[Any], validator: MessageValidator) -> JudgedItems:
    """Nearly always nothing is wrong, and to ask that of all items at once costs less."""
    together = LogRecord()
    getattr(together, kind.field).extend(items)
    rules = validator.violations if validator.violations(together) else _none
    # A list keeps the objects that a repeated field would make again each time it is gone through.
    judged = JudgedItems(kind, list(items))
    for index, item in enumerate(judged.items):
        try:
            _check(kind, item, f"{kind.field}[{index}]", rules)
        except InvalidArgument as fault:
            judged.refused[index] = fault
    return judged


def refuse_if_nothing_is_valid(judged: JudgedItems) -> None:
    """A call that could store nothing fails as a whole, so that nobody overlooks it."""
    if len(judged.refused) < len(judged.items):
        return
    refused = list(judged.refused.values())
    raise refused[0] if len(refused) == 1 else invalid_fields(*judged.violations)


def counts(results: Sequence[RecordResult]) -> RecordCounts:
    outcomes = [result.outcome for result in results]
    return RecordCounts(
        received=len(outcomes),
        stored=outcomes.count(RecordOutcome.RECORD_OUTCOME_STORED),
        updated=outcomes.count(RecordOutcome.RECORD_OUTCOME_UPDATED),
        duplicate=outcomes.count(RecordOutcome.RECORD_OUTCOME_DUPLICATE),
        rejected=outcomes.count(RecordOutcome.RECORD_OUTCOME_REJECTED),
        accepted=outcomes.count(RecordOutcome.RECORD_OUTCOME_ACCEPTED),
    )


def _check(kind: ItemKind, item: Any, path: str, rules: Rules) -> None:
    violations = rules(item, path) + kind.violations(item, path)
    if violations:
        raise invalid_fields(*violations)
    kind.check(item, path)


def _camel(snake: str) -> str:
    first, *rest = snake.split("_")
    return first + "".join(word.capitalize() for word in rest)
