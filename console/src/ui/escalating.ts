import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import {
  type AlertRule,
  AlertRuleSchema,
  type EscalationLevel,
  type KeptAlertRule,
} from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import { AlertsService } from "shadower-client/gen/shadower/alerts/v1/alerts_service_pb";
import type { KeptTarget } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import { act } from "../actions.ts";
import type { Context } from "../app.ts";
import { changed } from "../data/changed.ts";
import { levelOf, recipientsOf, type Step, stepOf } from "../data/escalation.ts";
import type { Loading } from "../loading.ts";
import { linkTo } from "../router.ts";
import { Draft } from "./draft.ts";
import { boxes, Filled, line } from "./fields.ts";

const MOST_LEVELS = 8;
const MOST_MINUTES = 7 * 24 * 60;

interface Asked {
  readonly kept: KeptAlertRule;
  readonly targets: Loading<KeptTarget[]>;
  /** When it is saved, or not to be. */
  readonly leave: () => void;
  readonly again: () => Promise<unknown>;
}

/** Whom to tell of a rule's alerts that nobody acknowledges, and when. */
export class EscalationForm {
  readonly #context: Context;
  readonly #asked: Asked;
  readonly #draft: Draft<KeptAlertRule, AlertRule>;
  #steps: readonly Step[] = [];
  #next = 0;

  constructor(context: Context, asked: Asked) {
    this.#context = context;
    this.#asked = asked;
    this.#draft = new Draft({
      kept: asked.kept,
      messageOf: ({ rule }) => rule,
      read: (form, rule) => this.#read(new Filled(form), rule),
      load: async ({ ruleId }) => (await this.#client.getRule({ ruleId })).rule,
      begin: (rule) => this.#begin(rule?.escalation ?? []),
      update: context.update,
    });
    // Whoever removes all of them, and is overtaken, has removed them still.
    if (this.#steps.length === 0) this.#add();
  }

  get #client() {
    return this.#context.shadower.service(AlertsService);
  }

  #begin(levels: readonly EscalationLevel[]): void {
    this.#steps = levels.map((one) => stepOf(one, this.#next++));
  }

  /** All else that the rule says stays. */
  #read(form: Filled, rule: AlertRule | undefined): AlertRule {
    return changed(AlertRuleSchema, rule, {
      escalation: this.#steps.map((one) => levelOf(form, one)),
    });
  }

  get ruleId(): string {
    return this.#asked.kept.ruleId;
  }

  get title(): string {
    return `Escalation of ${this.#asked.kept.rule?.name}`;
  }

  render(): TemplateResult {
    return this.#draft.render("", this.#fields(), (event) => void this.#save(event));
  }

  #fields(): TemplateResult {
    const { leave, targets } = this.#asked;
    return html`<p class="help">
          Each level is told once, while nobody has acknowledged the alert. Without levels, only those
          are told who are told of all alerts.
        </p>
        ${targets.show((all) => html`${all.length === 0 ? this.#nobody() : nothing}`)}
        ${repeat(
          this.#steps,
          (one) => one.key,
          (one, at) => this.#level(one, at),
        )}
        <p class="buttons">
          <button class="primary">Save the escalation</button>
          <button type="button" ?disabled=${this.#steps.length >= MOST_LEVELS} @click=${() => this.#add()}>
            Add a level
          </button>
          <button type="button" @click=${leave}>Cancel</button>
        </p>`;
  }

  #nobody(): TemplateResult {
    const href = linkTo(this.#context.route, "notifications");
    return html`<p class="help">There is nobody to tell yet: <a href=${href}>make a target</a> first.</p>`;
  }

  #level(step: Step, at: number): TemplateResult {
    const { targets } = this.#asked;
    const named = `Level ${at + 1}`;
    return html`<fieldset class="level">
      <legend>${named}</legend>
      <div class="form">
        ${line(`minutes-${step.key}`, "Minutes after the alert", { value: step.minutes, type: "number", isRequired: true, least: 0.1, most: MOST_MINUTES, step: "any" })}
        <button type="button" aria-label="Remove level ${at + 1}" @click=${() => this.#remove(step)}>Remove</button>
        ${boxes(`recipients-${step.key}`, "Tell", recipientsOf(targets.value, step.recipients), step.recipients)}
      </div>
    </fieldset>`;
  }

  #add(): void {
    this.#steps = [...this.#steps, { key: this.#next++, minutes: "", recipients: [] }];
    this.#context.update();
  }

  #remove(step: Step): void {
    this.#steps = this.#steps.filter((one) => one !== step);
    this.#context.update();
  }

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const draft = this.#draft;
    const { ruleId, etag } = draft.kept ?? this.#asked.kept;
    const rule = draft.read(event.target as HTMLFormElement);
    const work = async () => {
      await this.#client.updateRule({ ruleId, rule, etag });
      this.#asked.leave();
    };
    const done = "The escalation is saved";
    draft.error = await act(this.#context, event, done, work, this.#asked.again);
    this.#context.update();
  }
}
