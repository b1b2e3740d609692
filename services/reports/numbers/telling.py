"""A report's document: each of its sections, or why it is not there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shadower.reports.v1.report_definition_pb2 import ReportDefinition

from services.reports.definitions import section_name
from services.reports.document import Document, Section
from services.reports.numbers import found, groups, overview
from services.reports.numbers.mesh import Asked, Mesh, Questions, UnansweredError, UntoldError
from services.warehouse.reports.reports import Absent, KeptReport

Tell = Callable[[Questions], Awaitable[Section]]
SECTIONS: Mapping[str, Tell] = {
    "summary": overview.summary,
    "agents": groups.agents,
    "users": groups.users,
    "cost": groups.cost,
    "trends": overview.trends,
    "comparison": overview.comparison,
    "anomalies": found.anomalies,
    "alerts": found.alerts,
}
INCOMPLETE = (
    "Not all facts of the period were there when this report was made; later ones are missing."
)


@dataclass(frozen=True)
class Told:
    """What is known of a report's numbers."""

    as_of: datetime | None
    complete_until: datetime | None
    sections: list[Section] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)


@dataclass
class Telling:
    """Asks for one report."""

    questions: Questions

    @classmethod
    def of(
        cls, mesh: Mesh, kept: KeptReport, message: ReportDefinition, workspace: str
    ) -> "Telling":
        asked = Asked(workspace, kept.starts_at, kept.ends_at, message.time_zone, message.filter)
        return cls(mesh.about(asked))

    async def is_complete(self) -> bool:
        """Whether its facts are all there, or nobody would tell. Raises UnansweredError."""
        asked = self.questions.asked
        try:
            await self.questions.metrics(["executions"], asked.interval)
        except UntoldError:
            # It is worth no wait: the sections will hear the same.
            return True
        until = self.complete_until
        return until is not None and until >= asked.end

    async def section(self, number: int, *, is_last_try: bool) -> Section | Absent:
        """Raises UnansweredError, but for the last time."""
        name = section_name(number)
        try:
            return await SECTIONS[name](self.questions)
        except UntoldError as untold:
            return Absent(name, str(untold))
        except UnansweredError as unanswered:
            if not is_last_try:
                raise
            return Absent(name, f"no answer: {unanswered}")

    @property
    def as_of(self) -> datetime | None:
        return min(self.questions.as_of, default=None)

    @property
    def complete_until(self) -> datetime | None:
        """None unless it is known of every answer."""
        known = [one for one in self.questions.complete_until if one is not None]
        return min(known) if known and len(known) == len(self.questions.complete_until) else None


def document_of(
    kept: KeptReport, message: ReportDefinition, workspace: str, told: Told, now: datetime
) -> Document:
    is_complete = told.complete_until is not None and told.complete_until >= kept.ends_at
    notes = [_note(one) for one in told.absent]
    if not is_complete:
        notes.insert(0, Section("completeness", "Completeness", INCOMPLETE))
    return Document(
        title=message.title,
        workspace_id=workspace,
        start=kept.starts_at,
        end=kept.ends_at,
        time_zone=message.time_zone or "UTC",
        generated_at=now,
        as_of=told.as_of or now,
        complete_until=told.complete_until,
        sections=(*told.sections, *notes),
    )


def _note(absent: Absent) -> Section:
    title = absent.section.capitalize()
    return Section(absent.section, title, f"This could not be told: {absent.reason}")
