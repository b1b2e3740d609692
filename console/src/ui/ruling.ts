import { html, nothing, type TemplateResult } from "lit-html";
import type { PreviewRuleResponse } from "shadower-client/gen/shadower/alerts/v1/alerts_service_pb";
import { AlertsService } from "shadower-client/gen/shadower/alerts/v1/alerts_service_pb";
import type { Metric } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import { act, pressed } from "../actions.ts";
import type { Context } from "../app.ts";
import { COMPARATORS, ruleOf, SEVERITIES } from "../data/alerts.ts";
import { metricsOf } from "../data/explorer.ts";
import type { Listed } from "../data/paging.ts";
import { count } from "../format.ts";
import { idOf } from "../ids.ts";
import { failure, Loading } from "../loading.ts";
import { choice } from "./fields.ts";
import { further } from "./further.ts";

/** Makes a rule, and says before what it would have told of in the last day. */
export class RuleForm {
  readonly #context: Context;
  readonly #made: () => Promise<unknown>;
  readonly #metrics: Loading<Listed<Metric>>;
  #preview: PreviewRuleResponse | undefined;
  #error: unknown;

  constructor(context: Context, made: () => Promise<unknown>) {
    this.#context = context;
    this.#made = made;
    this.#metrics = new Loading(() => metricsOf(context.shadower, context.signal), context);
  }

  async #look(form: HTMLFormElement): Promise<void> {
    const client = this.#context.shadower.service(AlertsService);
    try {
      this.#error = undefined;
      this.#preview = await client.previewRule({ rule: ruleOf(new FormData(form)) });
    } catch (error) {
      this.#error = error;
    }
    this.#context.update();
  }

  #submitted(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    if (event.submitter?.getAttribute("name") === "preview")
      return void pressed(event, () => this.#look(form));
    const rule = ruleOf(new FormData(form));
    const client = this.#context.shadower.service(AlertsService);
    const create = () => client.createRule({ ruleId: idOf(rule.name ?? "", "rule"), rule });
    void act(this.#context, event, "The rule is made", create, this.#made);
  }

  render(): TemplateResult {
    return html`<form class="form" @submit=${(event: SubmitEvent) => this.#submitted(event)}>
        <label><span>Name</span><input name="name" required maxlength="256" /></label>
        ${this.#metrics.show(({ all }) =>
          choice(
            "metric",
            "Metric",
            all.map((one) => [one.name, one.name]),
            "success_rate",
          ),
        )}
        ${choice("comparator", "Condition", COMPARATORS, "")}
        <label><span>Threshold</span><input name="threshold" type="number" step="any" required /></label>
        <label><span>Over minutes</span><input name="minutes" type="number" min="1" max="10080" value="5" required /></label>
        ${choice("severity", "Severity", SEVERITIES, "2")}
        <button name="preview" value="1">What would it have told?</button>
        <button class="primary">Make the rule</button>
        ${this.#metrics.value ? further(this.#context.route.workspace, this.#metrics.value, "metrics", "metricDescriptors") : nothing}
      </form>
      ${this.#error ? failure(this.#error) : nothing} ${this.#preview ? previewed(this.#preview) : nothing}`;
  }
}

function previewed({ alerts, judgements, truncated }: PreviewRuleResponse): TemplateResult {
  const many = `${count(alerts.length)}${truncated ? " and more" : ""}`;
  return html`<p role="status">
    In the last day it would have been judged ${count(judgements)} times, and raised ${many}
    ${alerts.length === 1 ? "alert" : "alerts"}.
  </p>`;
}
