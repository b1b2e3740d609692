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

export interface Alerting {
  readonly alerts: readonly Alert[];
  readonly rules: readonly KeptAlertRule[];
  readonly silences: readonly Silence[];
}

const MOST = 500;

export async function alertingOf(shadower: Shadower, signal: AbortSignal): Promise<Alerting> {
  const client = shadower.service(AlertsService);
  const [{ alerts }, { rules }, { silences }] = await Promise.all([
    client.listAlerts({ pageSize: MOST }, { signal }),
    client.listRules({ pageSize: MOST }, { signal }),
    client.listSilences({}, { signal }),
  ]);
  return { alerts, rules, silences };
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
