import { html, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";

/** Longer ones scroll on their own, and so end amid a row. */
const WHOLE_ROWS = 40;

export interface Column<T> {
  readonly label: string;
  readonly cell: (row: T) => unknown;
  readonly isNumber?: boolean;
}

/**
 * A table of not too many rows, or what to say if there are none. What somebody writes into a row
 * stays with it, whatever comes before it, if rows are told from each other by an id.
 */
export function table<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  empty: string | TemplateResult,
  id?: (row: T) => string,
): TemplateResult {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  const shown = (row: T) =>
    html`<tr>${columns.map((one) => html`<td class=${kind(one)}>${one.cell(row)}</td>`)}</tr>`;
  return html`<div class=${rows.length > WHOLE_ROWS ? "scroll long" : "scroll"} tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="unseen">${caption}</caption>
      <thead>
        <tr>${columns.map((one) => html`<th scope="col" class=${kind(one)}>${one.label}</th>`)}</tr>
      </thead>
      <tbody>
        ${id ? repeat(rows, id, shown) : rows.map(shown)}
      </tbody>
    </table>
  </div>`;
}

function kind<T>(column: Column<T>): string {
  return column.isNumber ? "number" : "";
}

/** A name that somebody else chose, in whatever direction it is written. */
export function named(name: string, id = ""): TemplateResult {
  return html`<bdi title=${id || name}>${name || id}</bdi>`;
}
