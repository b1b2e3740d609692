import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  MetricsService,
  type StreamMetricsRequestSchema,
  type StreamMetricsResponse,
} from "../gen/shadower/metrics/v1/metrics_service_pb.js";
import type { Shadower } from "./client.ts";
import { retryDelayOf } from "./errors.ts";
import { backoff } from "./retries.ts";
import { sleep } from "./time.ts";

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** Told when the stream broke and is opened anew, and how often without a message between. */
  readonly onBroken?: (error: ConnectError, attempt: number) => void;
}

type Question = MessageInitShape<typeof StreamMetricsRequestSchema>;

// A stream has no end of its own; what it waits for are heartbeats.
const NO_DEADLINE = 0;
const AGAIN = new Set([Code.Unavailable, Code.ResourceExhausted, Code.Aborted, Code.Unknown]);

/**
 * Metrics as they change. A stream that breaks goes on from its cursor, so nothing is missed.
 * Ends when its interval is over; throws what no new attempt helps against.
 */
export async function* followMetrics(
  shadower: Shadower,
  question: Question,
  options: FollowOptions = {},
): AsyncGenerator<StreamMetricsResponse> {
  const place = { cursor: question.cursor ?? "", attempt: 0 };
  while (!options.signal?.aborted) {
    try {
      yield* once(shadower, question, place, options.signal);
      return;
    } catch (error) {
      await recovered(ConnectError.from(error), place, options);
    }
  }
}

interface Place {
  cursor: string;
  attempt: number;
}

async function* once(shadower: Shadower, question: Question, place: Place, signal?: AbortSignal) {
  const { cursor } = place;
  const call = { timeoutMs: NO_DEADLINE, ...(signal && { signal }) };
  const client = shadower.service(MetricsService);
  for await (const message of client.streamMetrics({ ...question, cursor }, call)) {
    if (message.payload.case === "status" && message.payload.value.code !== 0) {
      throw new ConnectError(message.payload.value.message, message.payload.value.code);
    }
    place.cursor = message.cursor || place.cursor;
    place.attempt = 0;
    yield message;
  }
}

async function recovered(error: ConnectError, place: Place, options: FollowOptions): Promise<void> {
  if (options.signal?.aborted) return;
  if (!AGAIN.has(error.code)) throw error;
  place.attempt += 1;
  options.onBroken?.(error, place.attempt);
  await sleep(retryDelayOf(error) ?? backoff(place.attempt), options.signal).catch(() => undefined);
}
