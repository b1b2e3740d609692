import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { interceptorsOf, named } from "./interceptors.ts";
import { type ClientOptions, DEADLINE_MS, type TokenSource } from "./options.ts";

/** Where calls go out, and clients of the contract's services. */
export class Shadower {
  readonly transport: Transport;
  /** What its calls bring, where that is known. */
  readonly token: TokenSource | undefined;

  constructor(transport: Transport, token?: TokenSource) {
    this.transport = transport;
    this.token = token;
  }

  /** A typed client of a service of `shadower-client/gen`. */
  service<S extends DescService>(service: S): Client<S> {
    return createClient(service, this.transport);
  }
}

/** By gRPC-Web and `fetch`: in browsers, and wherever else there is one. */
export function openShadower(options: ClientOptions): Shadower {
  const transport = createGrpcWebTransport({
    baseUrl: options.address,
    // Innermost, so that what repeats knows an error by its name.
    interceptors: [...interceptorsOf(options), named],
    defaultTimeoutMs: options.deadlineMs ?? DEADLINE_MS,
  });
  return new Shadower(transport, options.token);
}
