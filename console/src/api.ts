import type { Interceptor } from "@connectrpc/connect";
import { Code, ConnectError, openShadower, type Shadower } from "shadower-client";

/** Calls for a workspace by the session's token; told when the token is not good any more. */
export function shadowerOf(
  token: () => string,
  workspace: string,
  onRefused: () => void,
): Shadower {
  return openShadower({
    address: location.origin,
    token,
    workspace,
    interceptors: [noticing(onRefused)],
  });
}

function noticing(onRefused: () => void): Interceptor {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      if (ConnectError.from(error).code === Code.Unauthenticated) onRefused();
      throw error;
    }
  };
}
