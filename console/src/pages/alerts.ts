import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { html, type TemplateResult } from "lit-html";
import { toSeconds } from "shadower-client";
import {
  type Alert,
  AlertState,
  type Silence,
} from "shadower-client/gen/shadower/alerts/v1/alert_pb";
import { type KeptAlertRule, Severity } from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import { AlertsService } from "shadower-client/gen/shadower/alerts/v1/alerts_service_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { type Alerting, alertingOf, COMPARATORS } from "../data/alerts.ts";
import { ABSENT, decimal, seconds, when, words } from "../format.ts";
import { randomId } from "../ids.ts";
import { Loading } from "../loading.ts";
import { card } from "../ui/card.ts";
import { RuleForm } from "../ui/ruling.ts";
import { named, table } from "../ui/table.ts";

const HOUR = 3_600_000;

/** What is wrong now, and when somebody is told of what. */
export const open: OpenPage = (context) => {
  const page = new Alerts(context);
  return { title: "Alerts", render: () => page.render() };
};

class Alerts {
  readonly #context: Context;
  readonly #told: Loading<Alerting>;
  readonly #form: RuleForm;

  constructor(context: Context) {
    this.#context = context;
    this.#told = new Loading(() => alertingOf(context.shadower, context.signal), context.update);
    this.#form = new RuleForm(context, () => this.#told.again());
  }

  get #client() {
    return this.#context.shadower.service(AlertsService);
  }

  #act(event: Event, done: string, work: () => Promise<unknown>): void {
    void act(this.#context, event, done, work, () => this.#told.again());
  }

  render(): TemplateResult {
    return this.#told.show(
      ({ alerts, rules, silences }) =>
        html`${card("Open alerts", table("Open alerts", this.#alerts(rules), alerts, "Nothing is wrong by any rule."))}
          ${card("Rules", table("Rules", this.#rules(), rules, "There is no rule yet. Make one below."))}
          ${card("New rule", this.#form.render())}
          ${card("Silences", table("Silences", this.#silences(), silences, "Nothing is silenced."))}`,
    );
  }

  #alerts(rules: readonly KeptAlertRule[]) {
    const { zone } = this.#context.range;
    return [
      { label: "Rule", cell: (one: Alert) => named(one.ruleName, one.ruleId) },
      { label: "Group", cell: (one: Alert) => named(groupOf(one, rules)) },
      { label: "Severity", cell: (one: Alert) => words(Severity[one.severity]) },
      { label: "State", cell: (one: Alert) => words(AlertState[one.state]) },
      { label: "Value", isNumber: true, cell: (one: Alert) => decimal(one.value, 4) },
      {
        label: "Since",
        cell: (one: Alert) => when(one.triggerTime && timestampDate(one.triggerTime), zone),
      },
      { label: "Do", cell: (one: Alert) => this.#answers(one) },
    ];
  }

  #answers({ alertId, state, ruleName }: Alert): TemplateResult {
    const acknowledge = (event: Event) =>
      this.#act(event, "Acknowledged", () => this.#client.acknowledgeAlert({ alertId }));
    const resolve = (event: Event) =>
      this.#act(event, "Resolved", () => this.#client.resolveAlert({ alertId }));
    return html`<button type="button" ?disabled=${state === AlertState.ACKNOWLEDGED}
        aria-label="Acknowledge ${ruleName}" @click=${acknowledge}>Acknowledge</button>
      <button type="button" aria-label="Resolve ${ruleName}" @click=${resolve}>Resolve</button>`;
  }

  #rules() {
    return [
      { label: "Name", cell: (one: KeptAlertRule) => named(one.rule?.name ?? "", one.ruleId) },
      { label: "When", cell: (one: KeptAlertRule) => conditionOf(one) },
      { label: "Severity", cell: (one: KeptAlertRule) => words(Severity[one.rule?.severity ?? 0]) },
      { label: "State", cell: (one: KeptAlertRule) => stateOf(one) },
      { label: "Do", cell: (one: KeptAlertRule) => this.#handling(one) },
    ];
  }

  #handling({ ruleId, rule }: KeptAlertRule): TemplateResult {
    const name = rule?.name ?? ruleId;
    return html`<button type="button" aria-label="Silence ${name} for an hour" @click=${(event: Event) => this.#silence(event, ruleId)}>
        Silence for 1 h
      </button>
      <button type="button" aria-label="Delete ${name}"
        @click=${(event: Event) => this.#delete(event, ruleId, name)}>Delete</button>`;
  }

  #delete(event: Event, ruleId: string, name: string): void {
    if (!confirm(`Delete the rule ${name}? Nobody is told by it any more.`)) return;
    this.#act(event, "Deleted", () => this.#client.deleteRule({ ruleId }));
  }

  #silence(event: Event, ruleId: string): void {
    const now = Date.now();
    const asked = {
      silenceId: randomId(),
      ruleIds: [ruleId],
      startTime: timestampFromDate(new Date(now)),
      endTime: timestampFromDate(new Date(now + HOUR)),
      reason: "from the console",
    };
    this.#act(event, "Silenced for an hour", () => this.#client.createSilence(asked));
  }

  #silences() {
    const { zone } = this.#context.range;
    return [
      { label: "Rules", cell: (one: Silence) => one.ruleIds.join(", ") || "all" },
      {
        label: "Until",
        cell: (one: Silence) => when(one.endTime && timestampDate(one.endTime), zone),
      },
      { label: "By", cell: (one: Silence) => named(one.createdBy) },
      {
        label: "Do",
        cell: ({ silenceId }: Silence) =>
          html`<button type="button" @click=${(event: Event) => this.#act(event, "Ended", () => this.#client.deleteSilence({ silenceId }))}>
            End it
          </button>`,
      },
    ];
  }
}

/** A run of which the group is not known has no label. */
function groupOf({ ruleId, group }: Alert, rules: readonly KeptAlertRule[]): string {
  const rule = rules.find((one) => one.ruleId === ruleId)?.rule;
  const isGrouped = rule && rule.groupBy.length + rule.groupByTags.length > 0;
  return Object.values(group).join(", ") || (isGrouped ? "not known" : "all");
}

function conditionOf({ rule }: KeptAlertRule): string {
  const measure = rule?.measure.case === "metric" ? rule.measure.value : "an aggregation";
  const condition = rule?.condition;
  const window = rule?.window ?? rule?.evaluationInterval;
  const over = window ? ` over ${seconds(toSeconds(window))}` : "";
  if (condition?.case !== "threshold") return `${measure}: ${condition?.case ?? ABSENT}${over}`;
  const { comparator, threshold } = condition.value;
  const stands = COMPARATORS.find(([one]) => one === comparator)?.[1] ?? "against";
  return `${measure} ${stands} ${decimal(threshold, 6)}${over}`;
}

function stateOf({ rule, failureReason }: KeptAlertRule): string {
  if (rule?.disabled) return "off";
  return failureReason ? `cannot be judged: ${words(failureReason)}` : "on";
}
