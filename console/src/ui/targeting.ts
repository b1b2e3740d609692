import { html, nothing, type TemplateResult } from "lit-html";
import type { KeptAlertRule } from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import type { KeptTarget, Target } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import { SEVERITIES } from "../data/alerts.ts";
import { EVENTS, KINDS, type Kind, kindOf, targetOf } from "../data/targets.ts";
import { failure, type Loading } from "../loading.ts";
import { box, boxes, choice, Filled, line, lines, stillAsked } from "./fields.ts";
import { focused } from "./focus.ts";

interface Asked {
  /** What is changed; undefined for a new one. */
  readonly kept: KeptTarget | undefined;
  readonly rules: Loading<KeptAlertRule[]>;
  readonly update: () => void;
  /** Resolves with what it failed by. */
  readonly save: (event: SubmitEvent, target: Target) => Promise<unknown>;
  readonly leave: () => void;
}

/** Makes a target, or changes one. */
export class TargetForm {
  readonly #asked: Asked;
  #kind: Kind;
  #error: unknown;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#kind = kindOf(asked.kept?.target);
  }

  render(): TemplateResult {
    const { kept, leave } = this.#asked;
    const target = kept?.target;
    return html`<form class="form" tabindex="-1" ${focused()}
      @submit=${(event: SubmitEvent) => void this.#submitted(event)}>
      ${line("name", "Name", { value: target?.name, isRequired: true, most: 256 })}
      ${choice("kind", "Kind", KINDS, this.#kind, (kind) => this.#turn(kind as Kind))}
      ${this.#address()}
      ${choice("leastSeverity", "Alerts from", [[0, "any severity"], ...SEVERITIES], target?.leastSeverity)}
      ${line("maxPerMinute", "Most messages a minute", { value: target?.maxPerMinute || "", type: "number", least: 0, most: 6000, placeholder: "as usual" })}
      ${boxes("eventTypes", "Told when", EVENTS, target?.eventTypes ?? [], "None: of all that alerts do, and of reports that name it.")}
      ${this.#narrower()}
      <p class="buttons wide">
        <button class="primary">${kept ? "Save" : "Make the target"}</button>
        <button type="button" @click=${leave}>Cancel</button>
      </p>
      ${this.#error ? failure(this.#error) : nothing}
    </form>`;
  }

  #turn(kind: Kind): void {
    this.#kind = kind;
    this.#asked.update();
  }

  async #submitted(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new Filled(event.target as HTMLFormElement);
    this.#error = await this.#asked.save(event, targetOf(form, this.#asked.kept?.target));
    this.#asked.update();
  }

  /** Secrets are told by nobody, so those that are kept are not shown. */
  #address(): TemplateResult {
    const { kept } = this.#asked;
    const isKept = kept !== undefined && kindOf(kept.target) === this.#kind;
    const stays = isKept ? "stays, if empty" : undefined;
    const asked = { isRequired: !isKept, ...(stays && { placeholder: stays }) };
    if (this.#kind === "email") return recipients(kept);
    const url = { ...asked, type: "url", most: 2048 } as const;
    if (this.#kind !== "pagerDuty") return line("url", "Address", url);
    return html`${line("routingKey", "Integration key", { ...asked, most: 64 })}
      ${line("url", "Another address than usual", { ...url, isRequired: false })}`;
  }

  #narrower(): TemplateResult {
    const { kept, rules } = this.#asked;
    const target = kept?.target;
    const known = (rules.value ?? []).map((one): [string, string] => [
      one.ruleId,
      one.rule?.name ?? one.ruleId,
    ]);
    const others = (target?.ruleIds ?? []).filter((id) => !known.some(([one]) => one === id));
    const all: [string, string][] = [...known, ...others.map((id): [string, string] => [id, id])];
    const labels = Object.entries(target?.labels ?? {}).map(([name, value]) => `${name}=${value}`);
    return html`<details class="wide">
      <summary>Only of some alerts, or in other words</summary>
      <div class="form">
        ${box("onlyAsRecipient", "Only of what names it: a level of escalation, or a report", target?.onlyAsRecipient ?? false)}
        ${stillAsked(rules)}
        ${all.length ? boxes("ruleIds", "Only alerts of these rules", all, target?.ruleIds ?? [], "None: of all rules.") : nothing}
        ${lines("labels", "Only alerts with all of these labels, one a line: team=core", labels.join("\n"), 11_000)}
        ${lines("titleTemplate", "Title, as a template in Liquid", target?.titleTemplate ?? "", 1024)}
        ${lines("bodyTemplate", "Text, as a template in Liquid", target?.bodyTemplate ?? "", 4096)}
      </div>
    </details>`;
  }
}

function recipients(kept: KeptTarget | undefined): TemplateResult {
  const address = kept?.target?.address;
  const to = address?.case === "email" ? address.value.to.join(", ") : "";
  return line("to", "Addresses, with commas between", { value: to, isRequired: true, most: 5200 });
}
