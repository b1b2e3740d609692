import type uPlot from "uplot";
import type { ChartSpec } from "./chart.ts";

/** Of its bucket, from its start on. */
const SHARE = 0.8;

/**
 * A bar for each value, as wide as its own bucket: uPlot's are all as wide as the two that are nearest
 * to each other, or as the picture if there is one alone, and days of clock changes differ.
 */
export function spanning(current: () => ChartSpec): uPlot.Series.PathBuilder {
  return (plot, at, first, last) => {
    const { times, ends, lines } = current();
    const fill = new Path2D();
    const ground = across(plot, 0);
    for (let bucket = first; bucket <= last; bucket++) {
      const value = lines[at - 1]?.values[bucket];
      const [start = 0, end = start] = [times[bucket], ends[bucket]];
      if (value == null) continue;
      const [left, right, top] = [along(plot, start), along(plot, end), across(plot, value)];
      fill.rect(left, Math.min(top, ground), (right - left) * SHARE, Math.abs(ground - top));
    }
    return { fill, flags: 0 };
  };
}

/** The bucket that somebody points at: with bars the one that is there, if any is; with lines the nearest. */
export function pointedAt(spec: ChartSpec, nearest: number, time: number): number | null {
  if (spec.lines.every((one) => one.shape === "line")) return nearest;
  // Where buckets are missing, one stands among the times that has no bar.
  const hasBar = (at: number) => spec.lines.some((one) => one.values[at] != null);
  const last = spec.times.findLastIndex((start, at) => start <= time && hasBar(at));
  const end = spec.ends[last];
  return end !== undefined && time < end ? last : null;
}

function along(plot: uPlot, time: number): number {
  return plot.valToPos(time, "x", true);
}

function across(plot: uPlot, value: number): number {
  return plot.valToPos(value, "y", true);
}
