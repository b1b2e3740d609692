import type { Interceptor } from "@connectrpc/connect";

/** What says who calls: a token or an API key, or where to get one each time. */
export type TokenSource = string | (() => string | Promise<string>);

export function given(token: TokenSource): string | Promise<string> {
  return typeof token === "string" ? token : token();
}

/** How a client calls. */
export interface ClientOptions {
  /** Address of the edge, such as `http://127.0.0.1:8080`. */
  readonly address: string;
  readonly token: TokenSource;
  /** Filled in where a request names no workspace. */
  readonly workspace?: string;
  /** Time for a unary call with all its attempts; 30 seconds if not set. A call may set its own. */
  readonly deadlineMs?: number;
  /** Most attempts of a call that may be repeated; 4 if not set, 1 for none but the first. */
  readonly attempts?: number;
  /** Further interceptors, outside of those that the client has. */
  readonly interceptors?: readonly Interceptor[];
}

export const DEADLINE_MS = 30_000;
export const ATTEMPTS = 4;
