import type { Shadower } from "shadower-client";
import { toSeconds } from "shadower-client";
import {
  type Limit,
  LimitScope,
  type LimitUsage,
} from "shadower-client/gen/shadower/limits/v1/limit_pb";
import {
  type GetUsageResponse,
  LimitsService,
} from "shadower-client/gen/shadower/limits/v1/limits_service_pb";
import type { Choices } from "../ui/fields.ts";

/** A limit, and how much of it is used where that is asked for: by the workspace, or by who looks. */
export interface Used {
  readonly limit: Limit;
  readonly usage: LimitUsage | undefined;
}

export async function limitsOf(shadower: Shadower, signal: AbortSignal): Promise<Limit[]> {
  return (await shadower.service(LimitsService).listLimits({}, { signal })).limits;
}

export function joined(limits: readonly Limit[], told: GetUsageResponse | undefined): Used[] {
  const usages = [...(told?.workspace ?? []), ...(told?.caller ?? [])];
  const isOf = (limit: Limit, usage: LimitUsage) =>
    usage.limit?.limitClass === limit.limitClass && usage.limit.scope === limit.scope;
  return limits.map((limit) => ({ limit, usage: usages.find((one) => isOf(limit, one)) }));
}

/** Whom a limit is for. */
export const SCOPES: Readonly<Record<LimitScope, string>> = {
  [LimitScope.UNSPECIFIED]: "",
  [LimitScope.WORKSPACE]: "all together",
  [LimitScope.USER]: "each user",
  [LimitScope.API_KEY]: "each API key",
};

const PERIODS: Choices = [
  [1, "second"],
  [60, "minute"],
  [3_600, "hour"],
  [86_400, "day"],
];

/** In seconds; with that of a limit, if it is another one. */
export function periodsWith({ period }: Limit): Choices {
  const own = period ? toSeconds(period) : 60;
  const isKnown = PERIODS.some(([one]) => one === own);
  return isKnown ? PERIODS : [...PERIODS, [own, `${own} seconds`]];
}

export function periodIn({ period }: Limit): string {
  const length = period ? toSeconds(period) : 0;
  return PERIODS.find(([one]) => one === length)?.[1] ?? `${length} s`;
}
