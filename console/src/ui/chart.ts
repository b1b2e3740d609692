import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dayOrHour, when } from "../format.ts";
import { CHANGED } from "../theme.ts";
import { pointedAt, spanning } from "./spanning.ts";

/** One line, or row of bars, of a chart. Where there is no value there is a gap. */
export interface Line {
  readonly label: string;
  /** Name of a custom property of the style, such as --good. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly shape: "line" | "bars";
}

export interface ChartSpec {
  /** Starts of the buckets, in seconds since 1970. */
  readonly times: readonly number[];
  /** Where each of them ends. */
  readonly ends: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly zone: string;
  /** Both ends of the axis of time, in seconds since 1970. */
  readonly span: readonly [number, number];
}

const HEIGHT = 200;
const POINTS_SHOWN = 60;

/** A picture of values over time. What it shows is also in a table beside it. */
export class ChartElement extends HTMLElement {
  #spec: ChartSpec | undefined;
  #plot: uPlot | undefined;
  #width = 0;
  readonly #observer = new ResizeObserver(([entry]) =>
    this.#resized(entry?.contentRect.width ?? 0),
  );
  readonly #redraw = () => this.#draw();

  set spec(spec: ChartSpec) {
    if (spec === this.#spec) return;
    const isAlike = this.#spec !== undefined && lookOf(this.#spec) === lookOf(spec);
    this.#spec = spec;
    // Drawn over, so that what somebody points at stays.
    if (this.#plot && isAlike) this.#plot.setData(dataOf(spec));
    else this.#draw();
  }

  connectedCallback(): void {
    this.#observer.observe(this);
    addEventListener(CHANGED, this.#redraw);
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
    removeEventListener(CHANGED, this.#redraw);
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #resized(width: number): void {
    this.#width = Math.floor(width);
    if (this.#plot) this.#plot.setSize({ width: this.#width, height: HEIGHT });
    else this.#draw();
  }

  #draw(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    const spec = this.#spec;
    if (!spec || this.#width === 0) return;
    const current = () => this.#spec ?? spec;
    const options = optionsOf(current, this.#width, getComputedStyle(this));
    this.#plot = new uPlot(options, dataOf(spec), this);
  }
}

customElements.define("shadower-chart", ChartElement);

function dataOf({ times, lines }: ChartSpec): uPlot.AlignedData {
  return [times, ...lines.map((line) => line.values)] as unknown as uPlot.AlignedData;
}

/** What is drawn anew when it changes; the rest is looked up each time. */
function lookOf({ lines, times, zone }: ChartSpec): string {
  const looks = lines.map(({ label, color, shape }) => [label, color, shape]);
  return JSON.stringify([zone, hasPoints(times), looks]);
}

function hasPoints(times: readonly unknown[]): boolean {
  return times.length <= POINTS_SHOWN;
}

function optionsOf(
  current: () => ChartSpec,
  width: number,
  style: CSSStyleDeclaration,
): uPlot.Options {
  const spec = current();
  const colored = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colored("--quiet"),
    grid: { stroke: colored("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  const places = (_: uPlot, splits: number[], __: number, ___: number, step: number) =>
    splits.map((at) => dayOrHour(new Date(at * 1000), spec.zone, step));
  const values = (_: uPlot, splits: number[]) => splits.map(current().format);
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      dataIdx: (_, __, nearest, time) => pointedAt(current(), nearest, time),
    },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), spec.zone),
    scales: {
      x: { time: true, range: () => [...current().span] as [number, number] },
      y: { range: fromZero },
    },
    axes: [
      { ...axis, size: 30, values: places },
      { ...axis, values, size: 76 },
    ],
    series: [{}, ...spec.lines.map((line) => seriesOf(line, colored(line.color), current))],
    hooks: { setCursor: [(plot) => tell(plot, current())] },
  };
}

function fromZero(_: uPlot, least: number | null, most: number | null): uPlot.Range.MinMax {
  const top = Math.max(most ?? 1, 0);
  return [Math.min(0, least ?? 0), top === 0 ? 1 : top * 1.08];
}

function seriesOf(line: Line, color: string, current: () => ChartSpec): uPlot.Series {
  const isBars = line.shape === "bars";
  return {
    label: line.label,
    stroke: color,
    width: isBars ? 0 : 2,
    points: { show: !isBars && hasPoints(line.values), size: 5 },
    ...(isBars && { fill: color, paths: spanning(current) }),
  };
}

/** Writes the values under the pointer beside the picture. */
function tell(plot: uPlot, spec: ChartSpec): void {
  const told = plot.root.parentElement?.parentElement?.querySelector(".told");
  if (!told) return;
  const { idx, idxs } = plot.cursor;
  const at = idx == null ? null : idxs?.[1];
  const time = at == null ? undefined : spec.times[at];
  told.textContent = at == null || time === undefined ? "" : row(spec, at, time);
}

function row(spec: ChartSpec, at: number, time: number): string {
  const values = spec.lines.map((line) => {
    const value = line.values[at];
    return `${line.label} ${value == null ? "–" : spec.format(value)}`;
  });
  return `${when(new Date(time * 1000), spec.zone)}: ${values.join(", ")}`;
}
