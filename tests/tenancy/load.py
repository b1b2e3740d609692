"""Both tenants ask everything at once; a share goes away in the middle of it."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from tests.support.keys import KeyRing
from tests.tenancy.asked import OK, Asked, Heard
from tests.tenancy.asking import Asker
from tests.tenancy.judging import content_of, foreign_marks, tells_of
from tests.tenancy.questions import QUESTIONS
from tests.tenancy.tenants import Tenant
from tests.tenancy.ways import Way

PATIENCE = 30
LEFT_SECONDS = 0.03
AT_ONCE = 6
# What a machine says that is loaded by others, too: a caller comes again.
AGAIN = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}
PAUSE = 0.5


class Aim(StrEnum):
    """What is tried."""

    OWN = "asks for the own"
    IDS = "names another's ids"
    WORKSPACE = "names another's workspace"


@dataclass(frozen=True)
class Try:
    """A question of a tenant."""

    way: Way
    aim: Aim
    own: Tenant
    other: Tenant
    leaves: bool = False
    """Whether the caller does not wait for the answer."""

    def __str__(self) -> str:
        return f"{self.way}, {self.aim}"


@dataclass
class Findings:
    """What was wrong, and what was done."""

    foreign: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    codes: dict[tuple[str, Aim], Counter[str]] = field(default_factory=dict)
    telling: set[str] = field(default_factory=set)
    """Ways by which a tenant was told something that is his alone."""
    answered: int = 0
    left: int = 0

    def note(self, tried: Try, asked: Asked, heard: Heard, before: Mapping[str, str]) -> None:
        self.answered += 1
        self.codes.setdefault((str(tried.way), tried.aim), Counter())[heard.code] += 1
        found = foreign_marks(asked, heard, [tried.other])
        if found:
            self.foreign.append(f"{tried}: {found}")
        if tried.aim is Aim.OWN and tells_of(tried.own, heard):
            self.telling.add(key_of(tried))
        known = before.get(key_of(tried))
        if tried.aim is Aim.OWN and heard.code == OK and known not in (None, content_of(heard)):
            self.changed.append(f"{tried}: {known} became {content_of(heard)}")


def key_of(tried: Try) -> str:
    return f"{tried.own.workspace} {tried.way}"


def asked_by(tried: Try, keys: KeyRing) -> Asked:
    """Raises KeyError for an RPC of which nobody thought."""
    question = QUESTIONS[tried.way.name]
    token = tried.own.token(keys)
    whose = tried.other if tried.aim is Aim.WORKSPACE else tried.own
    named = tried.own if tried.aim is Aim.OWN else tried.other
    return Asked(tried.way, whose.workspace, question(whose, named), token)


async def answered(asker: Asker, asked: Asked) -> Heard:
    async with asyncio.timeout(PATIENCE):
        return await asker.ask(asked)


@dataclass
class Load:
    """Questions that are put side by side."""

    asker: Asker
    keys: KeyRing
    before: Mapping[str, str]
    """What each tenant was told when nobody else asked, where that stays the same."""
    dice: Random
    findings: Findings = field(default_factory=Findings)

    async def run(self, tries: Sequence[Try], at_once: int = AT_ONCE) -> Findings:
        shuffled = self.dice.sample(tries, len(tries))
        left = iter(shuffled)

        async def work() -> None:
            for tried in left:
                await self._try(tried)

        await asyncio.gather(*(work() for _ in range(at_once)))
        return self.findings

    async def _try(self, tried: Try, again: int = 3) -> None:
        asked = asked_by(tried, self.keys)
        asking = asyncio.ensure_future(answered(self.asker, asked))
        if tried.leaves:
            await asyncio.sleep(self.dice.random() * LEFT_SECONDS)
            if await left(asking):
                self.findings.left += 1
                return
        heard = await asking
        self.findings.note(tried, asked, heard, self.before)
        if heard.code in AGAIN and again:
            await asyncio.sleep(PAUSE)
            await self._try(tried, again - 1)


async def left(asking: "asyncio.Future[Heard]") -> bool:
    """Whether there was still something to be left."""
    goes_away = asking.cancel()
    if goes_away:
        await asyncio.gather(asking, return_exceptions=True)
    return goes_away
