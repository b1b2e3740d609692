import { interval, type Shadower, toNumber } from "shadower-client";
import type { AgentPerformance } from "shadower-client/gen/shadower/agents/v1/agent_performance_pb";
import { AgentsService } from "shadower-client/gen/shadower/agents/v1/agents_service_pb";
import { AggregatesService } from "shadower-client/gen/shadower/aggregates/v1/aggregates_service_pb";
import {
  Function as Aggregate,
  Field,
} from "shadower-client/gen/shadower/aggregates/v1/aggregation_pb";
import type { Range } from "../range.ts";

export async function performanceOf(
  shadower: Shadower,
  agentId: string,
  range: Range,
  signal: AbortSignal,
): Promise<AgentPerformance> {
  const asked = { agentId, interval: interval(range.start, range.end), timeZone: range.zone };
  const { performance } = await shadower
    .service(AgentsService)
    .getAgentPerformance(asked, { signal });
  if (!performance) throw new Error("the answer has no performance");
  return performance;
}

/** Which part of the runs took at most how long, in seconds. */
export interface Quantile {
  readonly percent: number;
  readonly seconds: number;
}

/** As many as one question may have. They are read from the bins in which durations are kept. */
const PERCENTS = [0, 1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 97.5, 99, 100];

export async function durationsOf(
  shadower: Shadower,
  agentId: string,
  range: Range,
  signal: AbortSignal,
): Promise<Quantile[]> {
  const asked = {
    interval: interval(range.start, range.end),
    filter: { agentIds: [agentId] },
    aggregations: PERCENTS.map((percentile) => ({
      source: { case: "field" as const, value: Field.DURATION },
      function: Aggregate.PERCENTILE,
      percentile,
      name: `p${percentile}`,
    })),
  };
  const { rows } = await shadower.service(AggregatesService).calculateAggregates(asked, { signal });
  return PERCENTS.flatMap((percent, at) => {
    const seconds = toNumber(rows[0]?.values[at]?.value);
    return seconds === undefined ? [] : [{ percent, seconds }];
  });
}
