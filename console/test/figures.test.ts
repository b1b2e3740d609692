import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ApiKeySchema } from "shadower-client/gen/shadower/access/v1/api_key_pb";
import { Granularity } from "shadower-client/gen/shadower/common/v1/granularity_pb";
import { PointSchema, TimeSeriesSchema } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import { lastEnd, secretsIn } from "../src/data/keys.ts";
import { chartOf, joined, slotsOf } from "../src/data/series.ts";
import { dollars, ratio } from "../src/format.ts";
import { rangeOf } from "../src/range.ts";
import { instantOf } from "../src/zones.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test("nearly all and nearly nothing are not called all and nothing", () => {
  const written = [0, 0.0004, 0.5, 0.9995, 0.9996, 1].map(ratio);
  assert.deepEqual(written, ["0.0 %", "0.04 %", "50.0 %", "99.95 %", "99.96 %", "100.0 %"]);
});

test("a cost that is known is not called none", () => {
  assert.deepEqual(["0", "0.00003", "0.0042", "1.5"].map(dollars), [
    "$0.00",
    "$0.00003",
    "$0.0042",
    "$1.50",
  ]);
});

test("each bucket of a range has its place, and so has one that began before it", () => {
  const params = new URLSearchParams({ range: "2026-01-01T12:00..2026-01-05T12:00", zone: "UTC" });
  const range = rangeOf(params, new Date());
  const at = (day: number) => Date.UTC(2026, 0, day);
  const told = new Map([
    [at(1), 1],
    [at(4), 4],
  ]);
  assert.deepEqual(slotsOf(told, range, DAY), [1, null, null, 4, null]);
  assert.deepEqual(slotsOf(new Map(), range, DAY), [null, null, null, null]);
});

test("a clock change moves no bucket to another's place", () => {
  for (const [start, end] of [
    ["2026-03-27T00:00", "2026-04-01T00:00"],
    ["2026-10-23T00:00", "2026-10-28T00:00"],
  ] as const) {
    const zone = "Europe/Berlin";
    const range = rangeOf(new URLSearchParams({ range: `${start}..${end}`, zone }), new Date());
    const day = Number(start.slice(8, 10));
    const midnights = [0, 1, 2, 3, 4].map((more) => {
      const date = new Date(Date.UTC(2026, Number(start.slice(5, 7)) - 1, day + more));
      return instantOf(date.toISOString().slice(0, 16), zone)?.getTime() ?? 0;
    });
    const told = new Map(midnights.map((time, at) => [time, at]));
    assert.deepEqual(slotsOf(told, range, DAY).slice(0, 5), [0, 1, 2, 3, 4]);
  }
});

test("gaps are of the buckets that were asked for", () => {
  const range = rangeOf(new URLSearchParams({ range: "7d", zone: "UTC" }), new Date());
  const start = range.start.getTime();
  const values = new Map([0, 1, 3].map((hour) => [start + hour * HOUR, hour]));
  const line = { label: "", color: "", shape: "line" as const, values };
  const [first] = chartOf(range, [line], String, Granularity.HOUR).lines;
  assert.deepEqual(first?.values, [0, 1, null, 3]);
});

test("a series that goes on with the next page is one", () => {
  const series = (agent: string, ...values: number[]) =>
    create(TimeSeriesSchema, {
      metric: "cost",
      labels: { agent_id: agent },
      points: values.map((value) =>
        create(PointSchema, { value: { kind: { case: "real", value } } }),
      ),
    });
  const whole = joined([series("a", 1), series("b", 2)], [series("b", 3, 4), series("c", 5)]);
  assert.deepEqual(
    whole.map((one) => [one.labels.agent_id, one.points.length]),
    [
      ["a", 1],
      ["b", 3],
      ["c", 1],
    ],
  );
});

test("secrets of a key without an end have no wrong one", () => {
  const end = timestampFromDate(new Date(Date.UTC(2026, 0, 2)));
  const endless = create(ApiKeySchema, { secrets: [{}, {}] });
  const ending = create(ApiKeySchema, { secrets: [{}, { goodUntil: end }] });
  assert.deepEqual([lastEnd(endless), secretsIn(endless, "UTC")], [undefined, "2"]);
  assert.match(secretsIn(ending, "UTC"), /^2, the older until 2 Jan 2026/);
});
