import { interval, type Shadower, toNumber } from "shadower-client";
import type { TimeSeries } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import { MetricsService } from "shadower-client/gen/shadower/metrics/v1/metrics_service_pb";
import type { WorkspaceSummary } from "shadower-client/gen/shadower/workspaces/v1/workspace_summary_pb";
import { WorkspacesService } from "shadower-client/gen/shadower/workspaces/v1/workspaces_service_pb";
import { before, bucketOf, type Range } from "../range.ts";
import { answerOf, type Values, valuesOf } from "./series.ts";

export const PERCENTILES = ["duration_p50", "duration_p95", "duration_p99"];
const CHARTED = [
  "executions",
  "errors",
  "success_rate",
  ...PERCENTILES,
  "cost",
  "total_tokens",
  "active_users",
];

export function summaryOf(shadower: Shadower, range: Range, signal: AbortSignal) {
  const asked = { interval: interval(range.start, range.end), timeZone: range.zone };
  const client = shadower.service(WorkspacesService);
  return client.getWorkspaceSummary(asked, { signal }).then(({ summary }) => present(summary));
}

function present(summary: WorkspaceSummary | undefined): WorkspaceSummary {
  if (!summary) throw new Error("the answer has no summary");
  return summary;
}

/** Latencies of the period before, in seconds by the metric's name. */
export async function earlier(shadower: Shadower, range: Range, signal: AbortSignal) {
  const past = before(range);
  const client = shadower.service(MetricsService);
  const asked = { metrics: PERCENTILES, interval: interval(past.start, past.end) };
  const { timeSeries } = await client.getMetrics(asked, { signal });
  return new Map(timeSeries.map((one) => [one.metric, toNumber(one.points[0]?.value)]));
}

/** What the charts show, by the metric's name, and whether that is all of it. */
export interface Charted {
  readonly values: ReadonlyMap<string, Values>;
  readonly isWhole: boolean;
}

export async function courses(
  shadower: Shadower,
  range: Range,
  signal: AbortSignal,
): Promise<Charted> {
  const question = { metrics: CHARTED, granularity: bucketOf(range).granularity };
  const { series, isWhole } = await answerOf(shadower, range, question, signal);
  const valuesIn = (name: string) => valuesOf(series.filter((one) => isOf(one, name)));
  return { values: new Map(CHARTED.map((name) => [name, valuesIn(name)])), isWhole };
}

function isOf(series: TimeSeries, metric: string): boolean {
  return series.metric === metric;
}
