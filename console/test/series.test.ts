/** Of more series than anybody fetches, none is taken for one that has no values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Shadower } from "shadower-client";
import { PointSchema, TimeSeriesSchema } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import type { GetMetricsRequest } from "shadower-client/gen/shadower/metrics/v1/metrics_service_pb";
import { Courses } from "../src/data/agents.ts";
import { courses } from "../src/data/overview.ts";
import { rangeOf } from "../src/range.ts";

const PARAMS = { range: "2026-01-01T00:00..2026-01-01T02:00", zone: "UTC" };
const RANGE = rangeOf(new URLSearchParams(PARAMS), new Date());
const { signal } = new AbortController();

function seriesOf(metric: string, agent: string) {
  const value = { kind: { case: "real" as const, value: 1 } };
  const point = create(PointSchema, { startTime: timestampFromDate(RANGE.start), value });
  return create(TimeSeriesSchema, { metric, labels: { agent_id: agent }, points: [point] });
}

/** Services that answer one series a page, those of agents and metrics that are asked for. */
function telling() {
  const asked: string[][] = [];
  const getMetrics = async (question: GetMetricsRequest) => {
    const agents = question.filter?.agentIds ?? [""];
    const all = question.metrics.flatMap((metric) =>
      agents.toSorted().map((agent) => seriesOf(metric, agent)),
    );
    const at = Number(question.pageToken || 0);
    if (at === 0) asked.push(agents);
    return {
      timeSeries: all.slice(at, at + 1),
      nextPageToken: at + 1 < all.length ? `${at + 1}` : "",
    };
  };
  return { shadower: { service: () => ({ getMetrics }) } as unknown as Shadower, asked };
}

test("courses that an answer has no room for are asked for again, and all come", async () => {
  const { shadower, asked } = telling();
  const agents = Array.from({ length: 25 }, (_, at) => `agent-${10 + at}`);
  const learning = new Courses(shadower, RANGE, signal);
  assert.equal(await learning.learn(agents), true);
  assert.deepEqual([learning.of("agent-10")?.[0], learning.of("agent-34")], [1, undefined]);
  while (await learning.learn(agents));
  assert.deepEqual(
    agents.filter((one) => learning.of(one)?.[0] !== 1),
    [],
  );
  assert.deepEqual(
    asked.map((one) => one.length),
    [25, 16, 7],
  );
});

test("agents without a series have an empty course, and are asked for once", async () => {
  const getMetrics = async () => ({ timeSeries: [], nextPageToken: "" });
  const shadower = { service: () => ({ getMetrics }) } as unknown as Shadower;
  const learning = new Courses(shadower, RANGE, signal);
  assert.equal(await learning.learn(["quiet"]), true);
  assert.equal(await learning.learn(["quiet"]), false);
  assert.deepEqual(new Set(learning.of("quiet")), new Set([null]));
});

test("the overview knows when its charts are all there", async () => {
  const { isWhole, values } = await courses(telling().shadower, RANGE, signal);
  assert.deepEqual([isWhole, values.get("active_users")?.size], [true, 1]);
});

test("the overview knows when its charts lack something", async () => {
  const answer = { timeSeries: [seriesOf("executions", "")], nextPageToken: "more" };
  const shadower = {
    service: () => ({ getMetrics: async () => answer }),
  } as unknown as Shadower;
  assert.equal((await courses(shadower, RANGE, signal)).isWhole, false);
});
