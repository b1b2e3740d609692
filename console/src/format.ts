import { MetricKind } from "shadower-client/gen/shadower/metrics/v1/metric_pb";

export const ABSENT = "–";
type Known = number | bigint | undefined;

const WHOLE = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const THREE_DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const TWO_DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const CENTS = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const PARTS_OF_CENTS = new Intl.NumberFormat("en", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});
const DAY_SECONDS = 86_400;
const COMPACT_FROM = 1_000_000;

export function count(value: Known): string {
  if (value === undefined) return ABSENT;
  return value >= COMPACT_FROM ? COMPACT.format(value) : WHOLE.format(value);
}

/** With every digit. */
export function exactly(value: Known): string {
  return value === undefined ? "not known" : WHOLE.format(value);
}

export function ratio(value: number | undefined): string {
  if (value === undefined) return ABSENT;
  const percent = value * 100;
  // What is nearly all, or nearly nothing, is not called so.
  const left = Math.min(Math.abs(percent), Math.abs(100 - percent));
  const digits = left > 0 && left < 0.05 ? Math.min(6, Math.ceil(-Math.log10(left))) : 1;
  return `${percent.toFixed(digits)} %`;
}

export function decimal(value: number | undefined, digits = 2): string {
  return value === undefined
    ? ABSENT
    : new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);
}

export function seconds(value: number | undefined): string {
  if (value === undefined) return ABSENT;
  if (value < 1) return `${significant(value * 1000)} ms`;
  if (value < 60) return `${significant(value)} s`;
  if (value < 3600) return parts(value, 60, "min", 1, "s");
  if (value < 86_400) return parts(value, 3600, "h", 60, "min");
  return parts(value, 86_400, "d", 3600, "h");
}

function parts(value: number, large: number, name: string, small: number, rest: string): string {
  const whole = Math.round(value / small);
  const left = whole % (large / small);
  return `${Math.floor(whole / (large / small))} ${name}${left ? ` ${left} ${rest}` : ""}`;
}

function significant(value: number): string {
  return THREE_DIGITS.format(value);
}

/** Of an exact decimal, or of a sum of such for a chart. */
export function dollars(value: string | number | undefined): string {
  if (value === undefined) return ABSENT;
  const amount = Number(value);
  if (amount !== 0 && Math.abs(amount) < 0.001) return `$${TWO_DIGITS.format(amount)}`;
  if (Math.abs(amount) >= COMPACT_FROM) return `$${COMPACT.format(amount)}`;
  return `$${(Math.abs(amount) < 1 ? PARTS_OF_CENTS : CENTS).format(amount)}`;
}

export function when(instant: Date | undefined, zone: string): string {
  if (!instant) return ABSENT;
  return clockOf({ timeZone: zone, dateStyle: "medium", timeStyle: "short" }).format(instant);
}

const CLOCKS = new Map<string, Intl.DateTimeFormat>();

/** Kept: to make one takes far longer than to use it, and lists use it for each of their rows. */
function clockOf(style: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = JSON.stringify(style);
  const known = CLOCKS.get(name) ?? new Intl.DateTimeFormat("en-GB", style);
  CLOCKS.set(name, known);
  return known;
}

/** A place on an axis whose steps are so many seconds. A day's first one is named by the day. */
export function dayOrHour(instant: Date, zone: string, step: number): string {
  const hour = clockOf({ timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(instant);
  if (step < DAY_SECONDS && hour !== "00:00") return hour;
  return clockOf({ timeZone: zone, day: "numeric", month: "short" }).format(instant);
}

export function clock(instant: Date, zone: string): string {
  return clockOf({ timeZone: zone, timeStyle: "medium" }).format(instant);
}

/** How values of a metric are written, by its unit and kind. */
export function writerOf(unit: string, kind = MetricKind.STATISTIC): (value: number) => string {
  if (unit === "s") return seconds;
  if (unit === "USD") return dollars;
  if (kind === MetricKind.RATIO) return ratio;
  const name = unit.replace(/[{}]/g, "");
  const suffix = name && name !== "1" && !unit.startsWith("{") ? ` ${name}` : "";
  return (value) => `${Number.isInteger(value) ? count(value) : decimal(value)}${suffix}`;
}

/** A constant of the contract as words: ERROR_TYPE_RATE_LIMIT is "rate limit". */
export function words(name: string | undefined): string {
  return (name ?? "").toLowerCase().replaceAll("_", " ");
}
