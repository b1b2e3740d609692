import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ApiKey } from "shadower-client/gen/shadower/access/v1/api_key_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { when } from "../format.ts";
import type { Choices } from "../ui/fields.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;

export const CHOSEN = "Chosen below";

/** What keys are made for most often. */
export const PURPOSES: Readonly<Record<string, readonly Permission[]>> = {
  "Record runs, points and events": [Permission.INGEST_WRITE],
  "Read metrics and agents": [
    Permission.METRICS_READ,
    Permission.AGENTS_READ,
    Permission.WORKSPACES_READ,
  ],
  [CHOSEN]: [],
};

/** In days; 0 for ever. */
export const LIVES: Choices = [
  [0, "until it is deleted"],
  [30, "30 days"],
  [90, "90 days"],
  [365, "a year"],
];

/** In seconds, as the contract bounds it. */
export const OVERLAPS: Choices = [
  [0, "not at all: they end at once"],
  [HOUR, "an hour"],
  [DAY, "a day"],
  [7 * DAY, "7 days"],
  [30 * DAY, "30 days"],
];
export const USUAL_OVERLAP = DAY;

export function endOf(days: number, now: Date): Date {
  return new Date(now.getTime() + days * DAY * 1000);
}

/** The permissions that are there at all. */
export function allPermissions(): Permission[] {
  return Object.values(Permission).filter((one): one is Permission => Number(one) > 0);
}

/** Until when the last of a key's secrets that end is good; undefined if none does. */
export function lastEnd({ secrets }: Pick<ApiKey, "secrets">): Date | undefined {
  const ends = secrets.flatMap(({ goodUntil }) => (goodUntil ? [timestampMs(goodUntil)] : []));
  return ends.length ? new Date(Math.max(...ends)) : undefined;
}

/** Which of a key's secrets are good, in words. */
export function secretsIn(key: Pick<ApiKey, "secrets">, zone: string): string {
  if (key.secrets.length < 2) return "one";
  const last = lastEnd(key);
  return `${key.secrets.length}${last ? `, the older until ${when(last, zone)}` : ""}`;
}
