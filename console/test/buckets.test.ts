/** A bar spans its bucket, on the clock of the zone that somebody chose. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Granularity } from "shadower-client/gen/shadower/common/v1/granularity_pb";
import { chartOf } from "../src/data/series.ts";
import { endOf, rangeOf } from "../src/range.ts";
import { pointedAt } from "../src/ui/spanning.ts";

const HOUR = 3_600_000;
const at = (iso: string) => Date.parse(iso);

test("a day is as long as its zone's clock has it", () => {
  const days: [string, string, number][] = [
    ["UTC", "2026-03-29T00:00Z", 24],
    ["Europe/Berlin", "2026-03-28T23:00Z", 23],
    ["Europe/Berlin", "2026-03-29T22:00Z", 24],
    ["Europe/Berlin", "2026-10-24T22:00Z", 25],
    ["America/New_York", "2026-03-08T05:00Z", 23],
    ["America/New_York", "2026-11-01T04:00Z", 25],
    ["Asia/Kolkata", "2026-03-28T18:30Z", 24],
    // By half an hour.
    ["Australia/Lord_Howe", "2026-10-03T13:30Z", 23.5],
    // It begins at 1:00: there is no midnight.
    ["Africa/Cairo", "2026-04-23T22:00Z", 23],
    // The day before it ends where there is no midnight.
    ["Africa/Cairo", "2026-04-22T22:00Z", 24],
    // The same, west of UTC.
    ["America/Havana", "2026-03-07T05:00Z", 24],
    ["America/Havana", "2026-03-08T05:00Z", 23],
    ["America/Santiago", "2026-09-05T04:00Z", 24],
    ["Atlantic/Azores", "2026-03-28T01:00Z", 24],
  ];
  for (const [zone, start, hours] of days) {
    const end = endOf(at(start), Granularity.DAY, zone);
    assert.equal((end - at(start)) / HOUR, hours, `${start} ${zone}`);
  }
});

test("weeks and months end by the zone's clock, hours by none", () => {
  const zone = "Europe/Berlin";
  const ends: [Granularity, string, string][] = [
    [Granularity.WEEK, "2026-03-22T23:00Z", "2026-03-29T22:00Z"],
    [Granularity.MONTH, "2026-09-30T22:00Z", "2026-10-31T23:00Z"],
    [Granularity.MONTH, "2026-01-31T23:00Z", "2026-02-28T23:00Z"],
    [Granularity.MONTH, "2026-11-30T23:00Z", "2026-12-31T23:00Z"],
    [Granularity.HOUR, "2026-10-25T00:00Z", "2026-10-25T01:00Z"],
    [Granularity.MINUTE, "2026-10-25T00:59Z", "2026-10-25T01:00Z"],
  ];
  for (const [granularity, start, end] of ends)
    assert.equal(endOf(at(start), granularity, zone), at(end), start);
});

/** A chart of bars for days in Berlin, around a clock change. */
function daysOf(...starts: string[]) {
  const params = { range: "2026-10-20T00:00..2026-10-28T00:00", zone: "Europe/Berlin" };
  const values = new Map(starts.map((start, many) => [at(start), many + 1]));
  const line = { label: "Executions", color: "--accent", shape: "bars" as const, values };
  return chartOf(rangeOf(new URLSearchParams(params), new Date()), [line], String, Granularity.DAY);
}

test("a day that is alone is a day, and so is one behind a gap", () => {
  const lengths = ({ times, ends }: ReturnType<typeof daysOf>) =>
    times.map((time, at) => ((ends[at] ?? 0) - time) / 3_600);
  assert.deepEqual(lengths(daysOf("2026-10-24T22:00Z")), [25]);
  const apart = daysOf("2026-10-20T22:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z");
  assert.deepEqual(lengths(apart), [24, 24, 25, 24]);
});

test("whoever points at a bar is told of its day, until the next one begins", () => {
  const chart = daysOf("2026-10-24T22:00Z", "2026-10-25T23:00Z");
  const told = (time: string) => pointedAt(chart, 1, at(time) / 1000);
  assert.deepEqual(
    ["2026-10-24T22:00Z", "2026-10-25T22:59Z", "2026-10-25T23:00Z", "2026-10-26T22:59Z"].map(told),
    [0, 0, 1, 1],
  );
  assert.deepEqual(["2026-10-24T21:59Z", "2026-10-26T23:00Z"].map(told), [null, null]);
  const apart = daysOf("2026-10-24T22:00Z", "2026-10-26T23:00Z");
  const toldApart = (time: string) => pointedAt(apart, 1, at(time) / 1000);
  assert.deepEqual(
    ["2026-10-25T22:59Z", "2026-10-25T23:00Z", "2026-10-26T12:00Z", "2026-10-26T23:00Z"].map(
      toldApart,
    ),
    [0, null, null, 2],
  );
  const lines = chart.lines.map((one) => ({ ...one, shape: "line" as const }));
  assert.equal(pointedAt({ ...chart, lines }, 1, at("2026-10-24T23:00Z") / 1000), 1);
});
