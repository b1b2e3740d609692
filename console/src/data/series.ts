import { timestampMs } from "@bufbuild/protobuf/wkt";
import { interval, type Shadower, toNumber } from "shadower-client";
import type { Granularity } from "shadower-client/gen/shadower/common/v1/granularity_pb";
import type { TimeSeries } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import {
  type GetMetricsRequest,
  MetricsService,
} from "shadower-client/gen/shadower/metrics/v1/metrics_service_pb";
import { bucketOf, endOf, lengthOf, type Range } from "../range.ts";
import type { ChartSpec, Line } from "../ui/chart.ts";

const PAGE = 10_000;
const MOST_PAGES = 10;

export type Question = Pick<GetMetricsRequest, "metrics"> &
  Partial<Pick<GetMetricsRequest, "filter" | "groupBy" | "granularity">>;

/** The series of a question, and whether those are all of them. */
export interface Answer {
  readonly series: readonly TimeSeries[];
  readonly isWhole: boolean;
}

/** From at most ten pages, and from no further one once there are more series than are enough. */
export async function answerOf(
  shadower: Shadower,
  range: Range,
  question: Question,
  signal: AbortSignal,
  enough = Infinity,
): Promise<Answer> {
  const client = shadower.service(MetricsService);
  const { metrics, filter, granularity, groupBy } = question;
  const asked = {
    metrics,
    ...(filter && { filter }),
    ...(granularity && { granularity }),
    ...(groupBy && { groupBy }),
    interval: interval(range.start, range.end),
    timeZone: range.zone,
    pageSize: PAGE,
  };
  let found: TimeSeries[] = [];
  let pageToken = "";
  for (let page = 0; page < MOST_PAGES && found.length <= enough; page++) {
    const answer = await client.getMetrics({ ...asked, pageToken }, { signal });
    found = joined(found, answer.timeSeries);
    pageToken = answer.nextPageToken;
    if (!pageToken) return { series: found, isWhole: true };
  }
  // The last one may go on.
  return { series: found.slice(0, Math.max(1, found.length - 1)), isWhole: false };
}

/** A page may end amid a series, which goes on with the next. */
export function joined(found: readonly TimeSeries[], more: readonly TimeSeries[]): TimeSeries[] {
  const known = new Map(found.map((one) => [nameOf(one), one]));
  for (const one of more) {
    const begun = known.get(nameOf(one));
    if (begun) begun.points.push(...one.points);
    else known.set(nameOf(one), one);
  }
  return [...known.values()];
}

function nameOf({ metric, labels }: TimeSeries): string {
  return JSON.stringify([metric, Object.entries(labels).sort()]);
}

export type Values = ReadonlyMap<number, number>;

/** Known values by the start of their bucket, in milliseconds. */
export function valuesOf(series: readonly TimeSeries[]): Values {
  const points = series.flatMap((one) => one.points);
  const known = new Map<number, number>();
  for (const { startTime, value } of points) {
    const number = toNumber(value);
    if (startTime && number !== undefined) known.set(timestampMs(startTime), number);
  }
  return known;
}

export type LineOf = Omit<Line, "values"> & { readonly values: Values };

/** A chart over a range: a line breaks where a bucket has no value. */
export function chartOf(
  range: Range,
  lines: readonly LineOf[],
  format: ChartSpec["format"],
  granularity: Granularity = bucketOf(range).granularity,
): ChartSpec {
  const times = withGaps(lines, lengthOf(granularity));
  return {
    times: times.map((time) => time / 1000),
    ends: times.map((time) => endOf(time, granularity, range.zone) / 1000),
    lines: lines.map((line) => ({
      ...line,
      values: times.map((time) => line.values.get(time) ?? null),
    })),
    format,
    zone: range.zone,
    // The first bucket may begin before the range.
    span: [
      Math.min(range.start.getTime(), times[0] ?? Infinity) / 1000,
      range.end.getTime() / 1000,
    ],
  };
}

/** All times of all lines, and one without a value wherever buckets are missing between two. */
export function withGaps(lines: readonly { values: Values }[], bucket: number): number[] {
  const times = [...new Set(lines.flatMap((line) => [...line.values.keys()]))].sort(
    (a, b) => a - b,
  );
  return times.flatMap((time, at) => {
    const next = times[at + 1];
    // A day of a clock change has an hour more.
    return next !== undefined && next - time > bucket * 1.5 ? [time, time + bucket] : [time];
  });
}

/** One place for each bucket of a range; the first may begin before it. */
export function slotsOf(values: Values, range: Range, bucket: number): (number | null)[] {
  const [start, end] = [range.start.getTime(), range.end.getTime()];
  // Any bucket says where all of them begin.
  const [known = start] = values.keys();
  const first = known - Math.ceil((known - start) / bucket) * bucket;
  const slots = new Array<number | null>(Math.ceil((end - first) / bucket)).fill(null);
  // Rounded, since a day of a clock change has an hour more or less.
  for (const [time, value] of values) slots[Math.round((time - first) / bucket)] = value;
  return slots;
}
