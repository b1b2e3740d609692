import { Granularity } from "shadower-client/gen/shadower/common/v1/granularity_pb";
import { instantOf, isZone, localOf, OWN_ZONE } from "./zones.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BETWEEN = "..";

export const PRESETS: Readonly<Record<string, { label: string; length: number }>> = {
  "1h": { label: "Last hour", length: HOUR },
  "24h": { label: "Last 24 hours", length: DAY },
  "7d": { label: "Last 7 days", length: 7 * DAY },
  "30d": { label: "Last 30 days", length: 30 * DAY },
  "90d": { label: "Last 90 days", length: 90 * DAY },
};
const USUAL = "7d";

/** A span of time and the zone in which it is shown. The end does not belong to it. */
export interface Range {
  /** As the URL has it: a preset, or two local times. */
  readonly key: string;
  readonly start: Date;
  readonly end: Date;
  readonly zone: string;
}

/** What makes no sense becomes the usual one. */
export function rangeOf(params: URLSearchParams, now: Date): Range {
  const asked = params.get("zone") ?? "";
  const zone = isZone(asked) && asked ? asked : OWN_ZONE;
  const key = params.get("range") ?? USUAL;
  return between(key, zone) ?? lately(Object.hasOwn(PRESETS, key) ? key : USUAL, zone, now);
}

export function customKey(start: string, end: string): string {
  return `${start}${BETWEEN}${end}`;
}

/** Both ends as a clock in the zone shows them. */
export function localEnds(range: Range): [string, string] {
  return [localOf(range.start, range.zone), localOf(range.end, range.zone)];
}

function between(key: string, zone: string): Range | undefined {
  if (!key.includes(BETWEEN)) return undefined;
  const [start, end] = key.split(BETWEEN).map((local) => instantOf(local, zone));
  return start && end && start < end ? { key, start, end, zone } : undefined;
}

function lately(key: string, zone: string, now: Date): Range {
  const length = PRESETS[key]?.length ?? 7 * DAY;
  // A whole second, so that parts of a page ask about the same time.
  const end = new Date(Math.ceil(now.getTime() / 1000) * 1000);
  return { key, start: new Date(end.getTime() - length), end, zone };
}

/** The period of equal length just before. */
export function before(range: Range): Range {
  const length = range.end.getTime() - range.start.getTime();
  return { ...range, start: new Date(range.start.getTime() - length), end: range.start };
}

/** Buckets by which a chart has some hundred points at most. */
export function bucketOf(range: Range): { granularity: Granularity; length: number } {
  const granularity = granularityOf(range.end.getTime() - range.start.getTime());
  return { granularity, length: lengthOf(granularity) };
}

function granularityOf(length: number): Granularity {
  if (length <= 2 * HOUR) return Granularity.MINUTE;
  if (length <= 5 * DAY) return Granularity.HOUR;
  if (length <= 120 * DAY) return Granularity.DAY;
  return Granularity.WEEK;
}

const LENGTHS: Partial<Record<Granularity, number>> = {
  [Granularity.MINUTE]: 60_000,
  [Granularity.HOUR]: HOUR,
  [Granularity.WEEK]: 7 * DAY,
  [Granularity.MONTH]: 31 * DAY,
};

const DAYS: Partial<Record<Granularity, number>> = { [Granularity.DAY]: 1, [Granularity.WEEK]: 7 };

/** When a bucket is over that begins then, in milliseconds. Days and longer ones end at midnight. */
export function endOf(start: number, granularity: Granularity, zone: string): number {
  const days = DAYS[granularity];
  const hasMonths = granularity === Granularity.MONTH;
  if (!days && !hasMonths) return start + lengthOf(granularity);
  const day = new Date(`${localOf(new Date(start), zone).slice(0, 10)}T00:00Z`);
  if (hasMonths) day.setUTCMonth(day.getUTCMonth() + 1);
  else day.setUTCDate(day.getUTCDate() + (days ?? 1));
  const end = instantOf(day.toISOString().slice(0, 16), zone);
  return end?.getTime() ?? start + lengthOf(granularity);
}

/** Of most of its buckets, or of the longest. */
export function lengthOf(granularity: Granularity): number {
  return LENGTHS[granularity] ?? DAY;
}
