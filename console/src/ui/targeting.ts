import { html, nothing, type TemplateResult } from "lit-html";
import type { KeptAlertRule } from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import type { KeptTarget, Target } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import { SEVERITIES } from "../data/alerts.ts";
import { addressIn, EVENTS, KINDS, type Kind, kindOf, targetOf } from "../data/targets.ts";
import type { Loading } from "../loading.ts";
import { type AskedOf, Draft } from "./draft.ts";
import { box, boxes, choice, Filled, line, lines, stillAsked } from "./fields.ts";

interface Asked extends AskedOf<KeptTarget, Target> {
  readonly rules: Loading<KeptAlertRule[]>;
  readonly update: () => void;
}

/** Makes a target, or changes one. */
export class TargetForm {
  readonly #asked: Asked;
  readonly #draft: Draft<KeptTarget, Target>;
  #kind: Kind = "webhook";

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#draft = new Draft({
      ...asked,
      messageOf: ({ target }) => target,
      read: (form, target) => targetOf(new Filled(form), target),
      begin: (target) => {
        this.#kind = kindOf(target);
      },
    });
  }

  render(): TemplateResult {
    return this.#draft.render("form", this.#fields(), (event) => void this.#submitted(event));
  }

  #fields(): TemplateResult {
    const target = this.#draft.said;
    return html`${line("name", "Name", { value: target?.name, isRequired: true, most: 256 })}
      ${choice("kind", "Kind", KINDS, this.#kind, (kind) => this.#turn(kind as Kind))}
      ${this.#address()}
      ${choice("leastSeverity", "Alerts from", [[0, "any severity"], ...SEVERITIES], target?.leastSeverity)}
      ${line("maxPerMinute", "Most messages a minute", { value: target?.maxPerMinute || "", type: "number", least: 0, most: 6000, placeholder: "as usual" })}
      ${boxes("eventTypes", "Told when", EVENTS, target?.eventTypes ?? [], "None: of all that alerts do, and of reports that name it.")}
      ${this.#narrower()}
      <p class="buttons wide">
        <button class="primary">${this.#draft.kept ? "Save" : "Make the target"}</button>
        <button type="button" @click=${this.#asked.leave}>Cancel</button>
      </p>`;
  }

  #turn(kind: Kind): void {
    this.#kind = kind;
    this.#asked.update();
  }

  async #submitted(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const draft = this.#draft;
    const target = draft.read(event.target as HTMLFormElement);
    draft.error = await this.#asked.save(event, target, draft.kept);
    this.#asked.update();
  }

  /** Secrets are told by nobody, so those that are kept are not shown. */
  #address(): TemplateResult {
    const { kept, said } = this.#draft;
    const isKept = kept !== undefined && kindOf(kept.target) === this.#kind;
    const stays = isKept ? "stays, if empty" : undefined;
    const asked = { isRequired: !isKept, ...(stays && { placeholder: stays }) };
    const address = addressIn(said, this.#kind);
    if (this.#kind === "email") return recipients(address.to);
    const url = { ...asked, value: address.url, type: "url", most: 2048 } as const;
    if (this.#kind !== "pagerDuty") return line("url", "Address", url);
    const key = { ...asked, value: address.routingKey, most: 64 };
    return html`${line("routingKey", "Integration key", key)}
      ${line("url", "Another address than usual", { ...url, isRequired: false })}`;
  }

  #narrower(): TemplateResult {
    const { rules } = this.#asked;
    const target = this.#draft.said;
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

function recipients(to: readonly string[] = []): TemplateResult {
  const value = to.join(", ");
  return line("to", "Addresses, with commas between", { value, isRequired: true, most: 5200 });
}
