import { html, type TemplateResult } from "lit-html";

const WIDTH = 96;
const HEIGHT = 24;

type Values = readonly (number | null)[];

/** Values over time in a line of text. A bucket without a value has no bar. */
export function sparkline(values: Values | undefined, label: string): TemplateResult {
  if (!values) return html`<span class="sparkline"></span>`;
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
    <path d=${pathOf(values)} />
  </svg>`;
}

const PATHS = new WeakMap<Values, string>();

/** All bars as one path, and written once: lists draw their rows again and again. */
function pathOf(values: Values): string {
  const known = PATHS.get(values) ?? written(values);
  PATHS.set(values, known);
  return known;
}

function written(values: Values): string {
  const most = Math.max(...values.map((value) => value ?? 0), 1);
  const step = WIDTH / Math.max(values.length, 1);
  return values
    .map((value, at) => (value ? bar(at * step, step, (value / most) * HEIGHT) : ""))
    .join("");
}

function bar(x: number, step: number, height: number): string {
  const tall = Math.max(1, height).toFixed(2);
  const wide = Math.max(0.6, step * 0.8).toFixed(2);
  return `M${x.toFixed(2)} ${HEIGHT}v-${tall}h${wide}v${tall}z`;
}
