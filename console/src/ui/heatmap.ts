import { html, type TemplateResult } from "lit-html";
import { count } from "../format.ts";
import { styled } from "./tint.ts";

export interface Cell {
  /** 1 is Monday. */
  readonly weekday: number;
  readonly hour: number;
  readonly value: number;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Hours of the day by days of the week; the more, the darker. A table for those who cannot see it. */
export function heatmap(cells: readonly Cell[], what: string): TemplateResult {
  const values = new Map(cells.map((one) => [one.weekday * 24 + one.hour, one.value]));
  const most = Math.max(1, ...values.values());
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${what} by hour and weekday">
    <table class="heatmap">
      <thead>
        <tr><td></td>${HOURS.map((hour) => html`<th scope="col"><span>${hour}</span></th>`)}</tr>
      </thead>
      <tbody>
        ${DAYS.map(
          (day, at) => html`<tr>
            <th scope="row">${day}</th>
            ${HOURS.map((hour) => cell(values.get((at + 1) * 24 + hour) ?? 0, most, `${day} ${hour}:00`))}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function cell(value: number, most: number, place: string): TemplateResult {
  const strength = value === 0 ? 0 : 0.12 + 0.88 * (value / most);
  return html`<td title="${place}: ${count(value)}" ${styled({ "--strength": strength.toFixed(3) })}>
    <span class="unseen">${count(value)}</span>
  </td>`;
}
