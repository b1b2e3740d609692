import { html, nothing, type TemplateResult } from "lit-html";
import { Dimension } from "shadower-client/gen/shadower/common/v1/dimension_pb";
import type { Metric } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import type { Context } from "../app.ts";
import { BUCKETS, type Exploration, FILTERS, GROUPS } from "../data/explorer.ts";
import type { Listed } from "../data/paging.ts";
import { further } from "./further.ts";

/** What to ask for. Each change is a place of its own in the history. */
export function explorerForm(
  context: Context,
  asked: Exploration,
  metrics: Listed<Metric> | undefined,
): TemplateResult {
  const names = metrics?.all.map((one) => one.name) ?? [];
  const known = names.includes(asked.metric) ? names : [asked.metric, ...names];
  const meaning = metrics?.all.find((one) => one.name === asked.metric)?.meaning ?? "";
  return html`<form class="card form" @submit=${(event: Event) => event.preventDefault()}>
    ${choice(context, "metric", "Metric", asked.metric, known)}
    ${choice(context, "group", "Group by", nameOf(GROUPS, asked.group), ["", ...Object.keys(GROUPS)])}
    ${choice(context, "bucket", "Bucket", nameOf(BUCKETS, asked.bucket), Object.keys(BUCKETS))}
    ${Object.entries(FILTERS).map(([name, field]) => filter(context, name, asked.filter[field]))}
    <p class="help wide">${meaning}</p>
    ${metrics ? further(context.route.workspace, metrics, "metrics", "metricDescriptors") : nothing}
  </form>`;
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  if (value === Dimension.UNSPECIFIED && !("none" in names)) return "";
  return Object.keys(names).find((name) => names[name] === value) ?? "";
}

function choice(
  context: Context,
  name: string,
  label: string,
  chosen: string,
  all: readonly string[],
): TemplateResult {
  const changed = (event: Event) =>
    context.change({ [name]: (event.target as HTMLSelectElement).value });
  return html`<label
    ><span>${label}</span>
    <select name=${name} @change=${changed}>
      ${all.map((one) => html`<option value=${one} .selected=${one === chosen}>${one || "nothing"}</option>`)}
    </select></label
  >`;
}

function filter(context: Context, name: string, values: readonly string[]): TemplateResult {
  const changed = (event: Event) =>
    context.change({ [name]: (event.target as HTMLInputElement).value });
  return html`<label
    ><span>Only ${name}</span>
    <input name=${name} .value=${values.join(", ")} placeholder="all; or a, b" @change=${changed}
  /></label>`;
}
