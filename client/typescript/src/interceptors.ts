import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { ATTEMPTS, type ClientOptions, given, type TokenSource } from "./options.ts";
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
    request.header.set("authorization", `Bearer ${await given(token)}`);
    return next(request);
  };
}

/** `fetch` fails by a TypeError where the network or the server is away, which has no code. */
export const named: Interceptor = (next) => async (request) => {
  try {
    const response = await next(request);
    return response.stream ? { ...response, message: told(response.message) } : response;
  } catch (error) {
    throw nameOf(error);
  }
};

async function* told<T>(messages: AsyncIterable<T>) {
  try {
    yield* messages;
  } catch (error) {
    throw nameOf(error);
  }
}

function nameOf(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  return new ConnectError(error.message, Code.Unavailable, undefined, undefined, error);
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
