import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import type { Interceptor, UnaryRequest } from "@connectrpc/connect";
import { isTransient, retryDelayOf } from "./errors.ts";
import { sleep } from "./time.ts";

type AnyFn = Parameters<Interceptor>[0];

const FIRST_MS = 100;
const MOST_MS = 5_000;

/** Repeats unary calls that the contract calls repeatable, when what failed may work later. */
export function retrying(attempts: number): Interceptor {
  return (next) => (request) =>
    request.stream || !mayBeRepeated(request) ? next(request) : repeated(next, request, attempts);
}

async function repeated(next: AnyFn, request: UnaryRequest, attempts: number) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(request);
    } catch (error) {
      if (attempt >= attempts || request.signal.aborted || !isTransient(error)) throw error;
      await paused(error, attempt, request.signal);
    }
  }
}

function mayBeRepeated(request: UnaryRequest): boolean {
  return request.method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN;
}

/** Throws what went wrong if the call's time is up before. */
async function paused(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(retryDelayOf(error) ?? backoff(attempt), signal);
  } catch {
    throw error;
  }
}

/** Grows by two, and is spread, so that callers do not come back all at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1));
  return most / 2 + (most / 2) * random();
}
