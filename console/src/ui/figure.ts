import { html, nothing, type TemplateResult } from "lit-html";
import { ABSENT, when } from "../format.ts";
import type { ChartSpec } from "./chart.ts";
import "./chart.ts";
import { tinted } from "./tint.ts";

/** A chart with its title, what its colours mean, and the same figures as a table. */
export function figure(title: string, spec: ChartSpec): TemplateResult {
  const isEmpty = spec.lines.every((line) => line.values.every((value) => value === null));
  return html`<section class="card figure" aria-label=${title}>
    <h2>${title}</h2>
    ${spec.lines.length > 1 ? legend(spec) : nothing}
    ${
      isEmpty
        ? html`<p class="empty">Nothing in this time.</p>`
        : html`<shadower-chart role="img" aria-label="${title}, as a chart" .spec=${spec}></shadower-chart>
          <p class="told" aria-hidden="true"></p>
          ${figures(spec)}`
    }
  </section>`;
}

function legend(spec: ChartSpec): TemplateResult {
  return html`<ul class="legend">
    ${spec.lines.map((line) => html`<li><i ${tinted(line.color)}></i>${line.label}</li>`)}
  </ul>`;
}

/** Drawn when somebody opens it. */
function figures(spec: ChartSpec): TemplateResult {
  return html`<details class="figures" @toggle=${opened}>
    <summary>As a table</summary>
    <div class="scroll long" tabindex="0" role="region" aria-label="Figures">
      <table>
        <thead>
          <tr><th scope="col">Time</th>${spec.lines.map((line) => html`<th scope="col">${line.label}</th>`)}</tr>
        </thead>
        <tbody>
          ${spec.times.map((time, at) => row(spec, time, at))}
        </tbody>
      </table>
    </div>
  </details>`;
}

function opened(event: Event): void {
  const details = event.target as HTMLDetailsElement;
  if (details.open) details.querySelector<HTMLElement>(".scroll")?.focus();
}

function row(spec: ChartSpec, time: number, at: number): TemplateResult | typeof nothing {
  const values = spec.lines.map((line) => line.values[at]);
  if (values.every((value) => value == null)) return nothing;
  return html`<tr>
    <th scope="row">${when(new Date(time * 1000), spec.zone)}</th>
    ${values.map((value) => html`<td>${value == null ? ABSENT : spec.format(value)}</td>`)}
  </tr>`;
}
