import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { TimeSeries } from "../gen/shadower/metrics/v1/metric_pb.js";
import type { StreamMetricsResponse } from "../gen/shadower/metrics/v1/metrics_service_pb.js";
import { toNumber } from "./numbers.ts";

/** One metric of one group: values by the start of their bucket, in milliseconds. */
export interface LiveSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: Map<number, number>;
}

/** What a stream has told so far, put together. */
export class LiveTable {
  readonly series = new Map<string, LiveSeries>();

  /** Takes a message in; whether anything changed by it. */
  take(message: StreamMetricsResponse): boolean {
    const { payload } = message;
    if (payload.case === "snapshot") this.series.clear();
    else if (payload.case !== "delta") return false;
    if (payload.case === "delta" && payload.value.replaced) {
      const { startTime, endTime } = payload.value.replaced;
      this.#drop(startTime, endTime);
    }
    for (const one of payload.value.timeSeries) this.#put(one);
    return true;
  }

  #drop(start: Timestamp | undefined, end: Timestamp | undefined): void {
    const from = start ? timestampMs(start) : Number.NEGATIVE_INFINITY;
    const until = end ? timestampMs(end) : Number.POSITIVE_INFINITY;
    for (const { points } of this.series.values())
      for (const time of points.keys()) if (time >= from && time < until) points.delete(time);
  }

  #put(told: TimeSeries): void {
    const { points } = this.#of(told);
    for (const point of told.points) {
      if (!point.startTime) continue;
      const value = toNumber(point.value);
      if (value === undefined) points.delete(timestampMs(point.startTime));
      else points.set(timestampMs(point.startTime), value);
    }
  }

  #of(told: TimeSeries): LiveSeries {
    const key = JSON.stringify([told.metric, Object.entries(told.labels).sort()]);
    const known = this.series.get(key);
    if (known) return known;
    const made = { metric: told.metric, labels: told.labels, points: new Map<number, number>() };
    this.series.set(key, made);
    return made;
  }
}
