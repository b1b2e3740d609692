import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Shadower } from "shadower-client";
import type { Alert, Silence } from "shadower-client/gen/shadower/alerts/v1/alert_pb";
import {
  type AlertRuleSchema,
  Comparator,
  type KeptAlertRule,
  Severity,
} from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import { AlertsService } from "shadower-client/gen/shadower/alerts/v1/alerts_service_pb";
import { type Listed, listed, PAGE } from "./paging.ts";

export interface Alerting {
  readonly alerts: Listed<Alert>;
  readonly rules: Listed<KeptAlertRule>;
  readonly silences: Listed<Silence>;
}

export async function alertingOf(shadower: Shadower, signal: AbortSignal): Promise<Alerting> {
  const [alerts, rules, silences] = await Promise.all([
    alertsOf(shadower, signal),
    rulesOf(shadower, signal),
    silencesOf(shadower, signal),
  ]);
  return { alerts, rules, silences };
}

/** Open ones, those that began to hold last first. */
function alertsOf(shadower: Shadower, signal: AbortSignal): Promise<Listed<Alert>> {
  const client = shadower.service(AlertsService);
  const ask = (pageToken: string) => client.listAlerts({ pageSize: PAGE, pageToken }, { signal });
  return listed(ask, ({ alerts }) => alerts);
}

export function rulesOf(shadower: Shadower, signal: AbortSignal): Promise<Listed<KeptAlertRule>> {
  const client = shadower.service(AlertsService);
  const ask = (pageToken: string) => client.listRules({ pageSize: PAGE, pageToken }, { signal });
  return listed(ask, ({ rules }) => rules);
}

function silencesOf(shadower: Shadower, signal: AbortSignal): Promise<Listed<Silence>> {
  const client = shadower.service(AlertsService);
  const ask = (pageToken: string) => client.listSilences({ pageSize: PAGE, pageToken }, { signal });
  return listed(ask, ({ silences }) => silences);
}

export type RuleShape = MessageInitShape<typeof AlertRuleSchema>;

/** A rule on a threshold, as the form has it. */
export function ruleOf(form: FormData): RuleShape {
  const text = (name: string) => String(form.get(name) ?? "");
  return {
    name: text("name"),
    measure: { case: "metric", value: text("metric") },
    window: { seconds: BigInt(Math.round(Number(text("minutes") || "5") * 60)), nanos: 0 },
    condition: {
      case: "threshold",
      value: {
        comparator: Number(text("comparator")) as Comparator,
        threshold: Number(text("threshold")),
      },
    },
    severity: Number(text("severity")) as Severity,
  };
}

export const COMPARATORS: readonly [Comparator, string][] = [
  [Comparator.ABOVE, "is above"],
  [Comparator.BELOW, "is below"],
  [Comparator.AT_LEAST, "is at least"],
  [Comparator.AT_MOST, "is at most"],
];

export const SEVERITIES: readonly [Severity, string][] = [
  [Severity.INFO, "info"],
  [Severity.WARNING, "warning"],
  [Severity.CRITICAL, "critical"],
  [Severity.EMERGENCY, "emergency"],
];
