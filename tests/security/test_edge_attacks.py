"""Every attack is refused by the edge, and would not be without the one thing that refuses it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.security import administration, floods, paths, tokens, weights
from tests.security.attacks import USUAL, Attack, Setting, Target
from tests.support.edge_calls import GetMetrics, grpc_refusal

TABLES = (tokens, paths, floods, weights, administration)
ATTACKS = [attack for table in TABLES for attack in table.ATTACKS]


def _mutants() -> list[Any]:
    """Attacks that the same mutant lets through, which are beside each other in the tables."""
    groups: dict[tuple[str, str], list[Attack]] = {}
    for attack in ATTACKS:
        groups.setdefault((attack.mutation.__name__, attack.setting.name), []).append(attack)
    return [
        pytest.param(group, id=f"{mutant}, {setting}")
        for (mutant, setting), group in groups.items()
    ]


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


async def test_a_path_without_a_slash_is_no_way_around(
    edges: Callable[[Setting], Awaitable[Target]],
) -> None:
    """Envoy refuses it however it is configured, so no mutant of ours lets it through."""
    target = await edges(USUAL)
    path, request = "/shadower.metrics.v1.MetricsService/GetMetrics", GetMetrics(workspace_id="w")
    usual: Any = target.edge.channel.unary_unary(path, GetMetrics.SerializeToString)
    await usual(request, metadata=target.edge.metadata())
    before = len(target.backend.messages)
    odd: Any = target.edge.channel.unary_unary(path.lstrip("/"), GetMetrics.SerializeToString)
    await grpc_refusal(odd(request, metadata=target.edge.metadata()))
    assert len(target.backend.messages) == before
