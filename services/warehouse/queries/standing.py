"""How one agent stands among all that ran."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import gt, lt

from services.warehouse.database import Session
from services.warehouse.queries.agents import BY_AGENT
from services.warehouse.queries.grouped import GroupedQuery, GroupedRow, fetch_grouped
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import Statistics, measures_of, statistics_of

RANKED = ("total", "success_rate", "average_duration")
COMPARED = (*RANKED, "average_tokens", "average_cost")

Better = Callable[[float, float], bool]


@dataclass(frozen=True)
class Standing:
    """Ranks among the agents that ran, 1 for best; None where there is nothing to rank."""

    agents: int
    executions_rank: int
    success_rate_rank: int | None
    duration_rank: int | None
    success_rate_percentile: float | None


@dataclass(frozen=True)
class Among:
    """All runs of the workspace, and the agent's standing; None if it did not run."""

    workspace: Statistics
    standing: Standing | None


async def fetch_among(session: Session, workspace: Selection, agent_id: str) -> Among:
    """What an agent is compared with."""
    query = GroupedQuery(workspace, measures_of(COMPARED), BY_AGENT, with_total=True)
    *agents, total = await fetch_grouped(session, query)
    return Among(statistics_of(COMPARED, total.values), _standing(agents, agent_id))


def _standing(agents: Sequence[GroupedRow], agent_id: str) -> Standing | None:
    mine = next((row.values for row in agents if row.key[0] == agent_id), None)
    if mine is None:
        return None
    runs, rates, durations = ([row.values[n] for row in agents] for n, _ in enumerate(RANKED))
    return Standing(
        agents=len(agents),
        executions_rank=1 + sum(other > mine[0] for other in runs),
        success_rate_rank=_rank(rates, mine[1], gt),
        duration_rank=_rank(durations, mine[2], lt),
        success_rate_percentile=_share_below(rates, mine[1]),
    )


def _rank(values: Sequence[float | None], mine: float | None, better: Better) -> int | None:
    """Equal ones share a rank, unknown ones have none."""
    if mine is None:
        return None
    return 1 + sum(better(value, mine) for value in values if value is not None)


def _share_below(values: Sequence[float | None], mine: float | None) -> float | None:
    """Of the others, the share that did worse."""
    known = [value for value in values if value is not None]
    if mine is None or len(known) < 2:
        return None
    return sum(value < mine for value in known) / (len(known) - 1)
