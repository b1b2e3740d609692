import { createGrpcTransport } from "@connectrpc/connect-node";
import { Shadower } from "./client.ts";
import { interceptorsOf } from "./interceptors.ts";
import { type ClientOptions, DEADLINE_MS } from "./options.ts";

/** By gRPC over HTTP/2, for Node: streams both ways, and one connection for all calls. */
export function openShadower(options: ClientOptions): Shadower {
  const transport = createGrpcTransport({
    baseUrl: options.address,
    interceptors: interceptorsOf(options),
    defaultTimeoutMs: options.deadlineMs ?? DEADLINE_MS,
    pingIntervalMs: 30_000,
  });
  return new Shadower(transport, options.token);
}
