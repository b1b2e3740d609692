import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { toSeconds } from "shadower-client";
import {
  type Alert,
  AlertState,
  type Silence,
} from "shadower-client/gen/shadower/alerts/v1/alert_pb";
import { type KeptAlertRule, Severity } from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import { AlertsService } from "shadower-client/gen/shadower/alerts/v1/alerts_service_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { KeptTarget } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { type Alerting, alertingOf, COMPARATORS } from "../data/alerts.ts";
import { escalationIn } from "../data/escalation.ts";
import type { Listed } from "../data/paging.ts";
import { targetsOf } from "../data/targets.ts";
import { ABSENT, decimal, seconds, when, words } from "../format.ts";
import { randomId } from "../ids.ts";
import { Loading } from "../loading.ts";
import { pressing } from "../ui/button.ts";
import { card } from "../ui/card.ts";
import { EscalationForm } from "../ui/escalating.ts";
import { further } from "../ui/further.ts";
import { lacking, permitted } from "../ui/lacking.ts";
import { RuleForm } from "../ui/ruling.ts";
import { named, table } from "../ui/table.ts";

const HOUR = 3_600_000;

/** What is wrong now, and when somebody is told of what. */
export const open: OpenPage = (context) => {
  const page = permitted(context, Permission.ALERTS_READ, () => new Alerts(context));
  return { title: "Alerts", render: () => page.show((one) => one.render()) };
};

class Alerts {
  readonly #context: Context;
  readonly #told: Loading<Alerting>;
  readonly #targets: Loading<KeptTarget[]>;
  readonly #form: RuleForm;
  #escalation: EscalationForm | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#told = new Loading(() => alertingOf(context.shadower, context.signal), context);
    this.#targets = new Loading(() => targetsOf(context), context);
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
        html`${card("Open alerts", this.#open(alerts, rules.all))}
          ${card("Rules", html`${table("Rules", this.#rules(), rules.all, "There is no rule yet. Make one below.", (one) => one.ruleId)} ${this.#beyond(rules, "rules", "alertRules")} ${lacking(this.#context, Permission.ALERTS_WRITE, "make, change or delete rules")}`)}
          ${this.#escalation ? card(this.#escalation.title, keyed(this.#escalation, this.#escalation.render())) : nothing}
          ${this.#context.may(Permission.ALERTS_WRITE) ? card("New rule", this.#form.render()) : nothing}
          ${card("Silences", html`${table("Silences", this.#silences(), silences.all, "Nothing is silenced.", (one) => one.silenceId)} ${this.#beyond(silences, "silences", "alertSilences")}`)}`,
    );
  }

  #beyond(told: Listed<unknown>, what: string, collection: string) {
    return further(this.#context.route.workspace, told, what, collection);
  }

  #open(alerts: Listed<Alert>, rules: readonly KeptAlertRule[]): TemplateResult {
    const none = "Nothing is wrong by any rule.";
    const columns = this.#alerts(new Map(rules.map((one) => [one.ruleId, one])));
    return html`${table("Open alerts", columns, alerts.all, none, (one) => one.alertId)}
      ${this.#beyond(alerts, "open alerts", "alerts")}`;
  }

  #alerts(rules: ReadonlyMap<string, KeptAlertRule>) {
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
    if (!this.#context.may(Permission.ALERT_STATES_WRITE)) return html`${ABSENT}`;
    return html`${state === AlertState.ACKNOWLEDGED ? nothing : pressing("Acknowledge", ruleName, acknowledge)}
      ${pressing("Resolve", ruleName, resolve)}`;
  }

  #rules() {
    return [
      { label: "Name", cell: (one: KeptAlertRule) => named(one.rule?.name ?? "", one.ruleId) },
      { label: "When", cell: (one: KeptAlertRule) => conditionOf(one) },
      { label: "Severity", cell: (one: KeptAlertRule) => words(Severity[one.rule?.severity ?? 0]) },
      { label: "State", cell: (one: KeptAlertRule) => stateOf(one) },
      { label: "Escalation", cell: (one: KeptAlertRule) => this.#levels(one) },
      { label: "Do", cell: (one: KeptAlertRule) => this.#handling(one) },
    ];
  }

  #levels({ rule }: KeptAlertRule): TemplateResult {
    const levels = escalationIn(rule?.escalation ?? [], this.#targets.value ?? []);
    return html`${levels.length ? levels.map((one) => html`<div><bdi>${one}</bdi></div>`) : ABSENT}`;
  }

  #handling(kept: KeptAlertRule): TemplateResult {
    const { ruleId, rule } = kept;
    const { may } = this.#context;
    const name = rule?.name ?? ruleId;
    const silence = pressing("Silence for 1 h", name, (event) => this.#silence(event, ruleId));
    return html`${may(Permission.ALERT_STATES_WRITE) ? silence : nothing}
      ${may(Permission.ALERTS_WRITE) ? html`${pressing("Escalation", name, () => this.#escalate(kept))}${pressing("Delete", name, (event) => this.#delete(event, ruleId, name))}` : nothing}`;
  }

  #escalate(kept: KeptAlertRule): void {
    const { update } = this.#context;
    const leave = () => {
      this.#escalation = undefined;
      update();
    };
    const again = () => this.#told.again();
    const targets = this.#targets;
    this.#escalation = new EscalationForm(this.#context, { kept, targets, leave, again });
    update();
  }

  #delete(event: Event, ruleId: string, name: string): void {
    if (!confirm(`Delete the rule ${name}? Nobody is told by it any more.`)) return;
    this.#act(event, "Deleted", async () => {
      await this.#client.deleteRule({ ruleId });
      if (this.#escalation?.ruleId === ruleId) this.#escalation = undefined;
    });
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
        cell: ({ silenceId, ruleIds }: Silence) =>
          this.#context.may(Permission.ALERT_STATES_WRITE)
            ? pressing("End", `the silence of ${ruleIds.join(", ") || "all rules"}`, (event) =>
                this.#act(event, "Ended", () => this.#client.deleteSilence({ silenceId })),
              )
            : ABSENT,
      },
    ];
  }
}

/** A run of which the group is not known has no label. */
function groupOf({ ruleId, group }: Alert, rules: ReadonlyMap<string, KeptAlertRule>): string {
  const rule = rules.get(ruleId)?.rule;
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
