import type { Duration } from "@bufbuild/protobuf/wkt";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { TimeInterval } from "../gen/shadower/common/v1/time_interval_pb.js";

const NANOS_OF_MS = 1_000_000;

export function toMilliseconds(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / NANOS_OF_MS;
}

export function toSeconds(duration: Duration): number {
  return toMilliseconds(duration) / 1000;
}

/** For fields of requests. The end does not belong to it. */
export function interval(start: Date, end: Date) {
  return { startTime: timestampFromDate(start), endTime: timestampFromDate(end) };
}

/** Start and end of an interval that was answered. */
export function datesOf(interval: TimeInterval | undefined): [Date, Date] | undefined {
  if (!interval?.startTime || !interval.endTime) return undefined;
  return [timestampDate(interval.startTime), timestampDate(interval.endTime)];
}

/** Resolves after that time; rejects with the signal's reason if it ends before. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const ended = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", ended, { once: true });
  });
}
