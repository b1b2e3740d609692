export { Code, ConnectError } from "@connectrpc/connect";
export { openShadower, Shadower } from "./client.ts";
export { errorInfoOf, isTransient, reasonOf, retryDelayOf, violationsOf } from "./errors.ts";
export { type FollowOptions, followMetrics } from "./following.ts";
export { type LiveSeries, LiveTable } from "./live.ts";
export { toExact, toNumber } from "./numbers.ts";
export type { ClientOptions, TokenSource } from "./options.ts";
export { datesOf, interval, toMilliseconds, toSeconds } from "./time.ts";
