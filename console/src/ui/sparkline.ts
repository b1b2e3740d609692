import { html, svg, type TemplateResult } from "lit-html";

const WIDTH = 96;
const HEIGHT = 24;

/** Values over time in a line of text. A bucket without a value has no bar. */
export function sparkline(
  values: readonly (number | null)[] | undefined,
  label: string,
): TemplateResult {
  if (!values) return html`<span class="sparkline"></span>`;
  const most = Math.max(...values.map((value) => value ?? 0), 1);
  const step = WIDTH / Math.max(values.length, 1);
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
    ${values.map((value, at) => (value ? bar(at * step, step, (value / most) * HEIGHT) : svg``))}
  </svg>`;
}

function bar(x: number, step: number, height: number) {
  const tall = Math.max(1, height);
  return svg`<rect x=${x.toFixed(2)} y=${(HEIGHT - tall).toFixed(2)}
    width=${Math.max(0.6, step * 0.8).toFixed(2)} height=${tall.toFixed(2)} />`;
}
