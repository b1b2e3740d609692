"""Every attack is refused by the edge, and would not be without the one thing that refuses it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.security import floods, paths, tokens
from tests.security.attacks import Attack, Setting, Target

ATTACKS = (*tokens.ATTACKS, *paths.ATTACKS, *floods.ATTACKS)


def _mutants() -> list[Any]:
    """Attacks that the same mutant lets through, which are beside each other in the tables."""
    groups: dict[tuple[str, str], list[Attack]] = {}
    for attack in ATTACKS:
        groups.setdefault((attack.mutation.__name__, attack.setting.name), []).append(attack)
    return [pytest.param(group, id=f"{mutant}, {setting}") for (mutant, setting), group in groups.items()]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_is_refused(
    edges: Callable[[Setting], Awaitable[Target]], attack: Attack
) -> None:
    assert await attack.trial(await edges(attack.setting))


@pytest.mark.parametrize("attacks", _mutants())
async def test_under_its_mutant_an_attack_gets_through(
    attacked: Any, attacks: list[Attack]
) -> None:
    async with attacked(attacks[0].setting, attacks[0].mutation) as mutant:
        for attack in attacks:
            assert not await attack.trial(mutant), attack.name
