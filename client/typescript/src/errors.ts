import { Code, ConnectError } from "@connectrpc/connect";
import type { BadRequest_FieldViolation, ErrorInfo } from "../gen/google/rpc/error_details_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";
import { toMilliseconds } from "./time.ts";

/** What a server says of why a call failed; undefined for errors that no service made. */
export function errorInfoOf(error: unknown): ErrorInfo | undefined {
  return ConnectError.from(error).findDetails(ErrorInfoSchema)[0];
}

/** The reason, as `shadower.common.v1.ErrorReason` documents it: `"WORKSPACE_DENIED"`. */
export function reasonOf(error: unknown): string | undefined {
  return errorInfoOf(error)?.reason;
}

/** Which fields of a request break which rules. */
export function violationsOf(error: unknown): BadRequest_FieldViolation[] {
  return ConnectError.from(error)
    .findDetails(BadRequestSchema)
    .flatMap((one) => one.fieldViolations);
}

/** How long to wait before the next attempt, if the server says so. */
export function retryDelayOf(error: unknown): number | undefined {
  const delay = ConnectError.from(error).findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay && toMilliseconds(delay);
}

/** Whether the same call may succeed later: nobody could answer, or there was no room. */
export function isTransient(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return (
    code === Code.Unavailable ||
    (code === Code.ResourceExhausted && retryDelayOf(error) !== undefined)
  );
}
