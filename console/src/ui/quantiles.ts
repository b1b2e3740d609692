import { html, svg, type TemplateResult } from "lit-html";
import type { Quantile } from "../data/agent.ts";
import { seconds } from "../format.ts";
import { table } from "./table.ts";

const WIDTH = 480;
const HEIGHT = 180;
const LEFT = 4;
const BOTTOM = 22;
const TOP = 16;

/** Which part of the runs was done within which time: the distribution, on an axis of powers of ten. */
export function quantiles(all: readonly Quantile[]): TemplateResult {
  if (all.length < 2) return html`<p class="empty">No run's duration is known in this time.</p>`;
  const place = placing(all);
  const path = all
    .map((one, at) => `${at ? "L" : "M"}${place.x(one.seconds)} ${place.y(one.percent)}`)
    .join("");
  return html`<svg class="quantiles" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
      aria-label="Share of runs by the time within which they were done">
      ${[0, 50, 100].map((percent) => line(place.y(percent), `${percent} %`))}
      ${place.ticks.map((tick) => mark(place.x(tick), seconds(tick)))}
      <path d=${path} />
    </svg>
    <details class="figures">
      <summary>As a table</summary>
      ${table("Durations", COLUMNS, all, "")}
    </details>`;
}

const COLUMNS = [
  { label: "Percentile", cell: (one: Quantile) => `${one.percent} %` },
  { label: "Done within", isNumber: true, cell: (one: Quantile) => seconds(one.seconds) },
];

function placing(all: readonly Quantile[]) {
  const least = Math.max(all[0]?.seconds ?? 0, 0.001);
  const most = Math.max(all.at(-1)?.seconds ?? 1, least * 1.01);
  const [from, until] = [Math.log10(least), Math.log10(most)];
  const scale = (value: number) => (Math.log10(Math.max(value, least)) - from) / (until - from);
  const ticks: number[] = [];
  for (let power = Math.ceil(from); power <= until; power++) ticks.push(10 ** power);
  return {
    x: (value: number) => (LEFT + scale(value) * (WIDTH - LEFT - 8)).toFixed(1),
    y: (percent: number) => (TOP + (1 - percent / 100) * (HEIGHT - BOTTOM - TOP)).toFixed(1),
    ticks: ticks.length > 1 ? ticks : [least, most],
  };
}

function line(y: string, label: string) {
  return svg`<line x1=${LEFT} x2=${WIDTH} y1=${y} y2=${y} />
    <text x=${LEFT} y=${Number(y) - 3}>${label}</text>`;
}

function mark(x: string, label: string) {
  return svg`<text class="tick" x=${x} y=${HEIGHT - 4}>${label}</text>`;
}
