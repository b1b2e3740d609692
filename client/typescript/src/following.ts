import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  MetricsService,
  type StreamMetricsRequestSchema,
  type StreamMetricsResponse,
} from "../gen/shadower/metrics/v1/metrics_service_pb.js";
import type { Shadower } from "./client.ts";
import { retryDelayOf } from "./errors.ts";
import { given } from "./options.ts";
import { backoff } from "./retries.ts";
import { Patience } from "./silence.ts";
import { sleep } from "./time.ts";

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** Told when the stream broke and is opened anew, and how often since one has lived for long. */
  readonly onBroken?: (error: ConnectError, attempt: number) => void;
}

type Question = MessageInitShape<typeof StreamMetricsRequestSchema>;

// A stream has no end of its own; what it waits for are heartbeats.
const NO_DEADLINE = 0;
const LONG_MS = 10_000;
const AGAIN = new Set([Code.Unavailable, Code.ResourceExhausted, Code.Aborted, Code.Unknown]);

/**
 * Metrics as they change. A stream that breaks, or in which no heartbeat comes, goes on from its
 * cursor, so nothing is missed. So does one whose token has ended, if there is another by then.
 * Ends when its interval is over; throws what no new attempt helps against.
 */
export async function* followMetrics(
  shadower: Shadower,
  question: Question,
  options: FollowOptions = {},
): AsyncGenerator<StreamMetricsResponse> {
  const place: Place = { cursor: question.cursor ?? "", attempt: 0, isRefused: false };
  while (!options.signal?.aborted) {
    try {
      yield* once(shadower, question, place, options.signal);
      return;
    } catch (error) {
      await recovered(ConnectError.from(error), shadower, place, options);
    }
  }
}

interface Place {
  cursor: string;
  attempt: number;
  /** What the stream was opened with. */
  token?: string;
  /** When its first message came. */
  since?: number | undefined;
  /** Whether a token was refused, and no message came since. */
  isRefused: boolean;
}

async function* once(shadower: Shadower, question: Question, place: Place, signal?: AbortSignal) {
  const { cursor } = place;
  place.since = undefined;
  if (shadower.token !== undefined) place.token = await given(shadower.token);
  const patience = new Patience(question.heartbeatInterval, signal);
  const call = { timeoutMs: NO_DEADLINE, signal: patience.signal };
  const client = shadower.service(MetricsService);
  try {
    for await (const message of client.streamMetrics({ ...question, cursor }, call)) {
      patience.rest();
      if (message.payload.case === "status" && message.payload.value.code !== 0) {
        throw new ConnectError(message.payload.value.message, message.payload.value.code);
      }
      place.cursor = message.cursor || place.cursor;
      place.since ??= performance.now();
      place.isRefused = false;
      yield message;
      patience.begin();
    }
  } catch (error) {
    throw patience.isOver ? new ConnectError("no heartbeat came", Code.Unavailable) : error;
  } finally {
    patience.end();
  }
}

async function recovered(
  error: ConnectError,
  shadower: Shadower,
  place: Place,
  options: FollowOptions,
): Promise<void> {
  if (options.signal?.aborted) return;
  const isRenewed = error.code === Code.Unauthenticated && (await hasAnother(shadower, place));
  if (!isRenewed && !AGAIN.has(error.code)) throw error;
  // One that breaks each time after its first message would otherwise be opened without a pause.
  if (place.since !== undefined && performance.now() - place.since >= LONG_MS) place.attempt = 0;
  place.attempt += 1;
  options.onBroken?.(error, place.attempt);
  await sleep(retryDelayOf(error) ?? backoff(place.attempt), options.signal).catch(() => undefined);
}

/** Whether a refused token has been renewed meanwhile; once, until a message comes. */
async function hasAnother({ token }: Shadower, place: Place): Promise<boolean> {
  if (token === undefined || place.isRefused) return false;
  place.isRefused = true;
  return (await given(token)) !== place.token;
}
