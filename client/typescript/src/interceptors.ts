import type { Interceptor } from "@connectrpc/connect";
import { ATTEMPTS, type ClientOptions, type TokenSource } from "./options.ts";
import { retrying } from "./retries.ts";

/** Those of a client, the outermost first. */
export function interceptorsOf(options: ClientOptions): Interceptor[] {
  return [
    ...(options.interceptors ?? []),
    ...(options.workspace === undefined ? [] : [inWorkspace(options.workspace)]),
    retrying(options.attempts ?? ATTEMPTS),
    // Inside of what repeats, since a token may have been renewed meanwhile.
    authorized(options.token),
  ];
}

export function authorized(token: TokenSource): Interceptor {
  return (next) => async (request) => {
    const given = typeof token === "string" ? token : await token();
    request.header.set("authorization", `Bearer ${given}`);
    return next(request);
  };
}

/** Fills the workspace in where a unary request, or one of a stream of answers, names none. */
export function inWorkspace(workspace: string): Interceptor {
  return (next) => (request) => {
    if (!request.stream) fill(request.message, workspace);
    else if (request.method.methodKind === "server_streaming") {
      const given = request.message;
      return next({ ...request, message: filled(given, workspace) });
    }
    return next(request);
  };
}

async function* filled<T extends object>(messages: AsyncIterable<T>, workspace: string) {
  for await (const message of messages) {
    fill(message, workspace);
    yield message;
  }
}

function fill(message: object, workspace: string): void {
  if ("workspaceId" in message && message.workspaceId === "") message.workspaceId = workspace;
}
