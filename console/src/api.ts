import type { Interceptor } from "@connectrpc/connect";
import { Code, ConnectError, openShadower, type Shadower } from "shadower-client";

/** Calls for a workspace by the session's token; asks for another one when it is refused. */
export function shadowerOf(
  token: () => string,
  workspace: string,
  hasAnother: (refused: string) => Promise<boolean>,
): Shadower {
  return openShadower({
    address: location.origin,
    token,
    workspace,
    interceptors: [trying(token, hasAnother)],
  });
}

/** Once more, if there is another token. A stream is opened again by whoever follows it. */
function trying(
  token: () => string,
  hasAnother: (refused: string) => Promise<boolean>,
): Interceptor {
  return (next) => async (request) => {
    const tried = token();
    try {
      return await next(request);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unauthenticated) throw error;
      if ((await hasAnother(tried)) && !request.stream) return next(request);
      throw error;
    }
  };
}
