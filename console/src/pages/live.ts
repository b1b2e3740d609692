import { html, type TemplateResult } from "lit-html";
import { followMetrics, type LiveSeries, LiveTable } from "shadower-client";
import { Granularity } from "shadower-client/gen/shadower/common/v1/granularity_pb";
import type { Context, OpenPage } from "../app.ts";
import { chartOf } from "../data/series.ts";
import { clock, count, dollars, ratio, seconds } from "../format.ts";
import { failure } from "../loading.ts";
import { figure } from "../ui/figure.ts";
import { type Tile, tiles } from "../ui/tile.ts";

const METRICS = ["executions", "succeeded", "errors", "duration_p95", "cost", "total_tokens"];
const HOUR = 3_600_000;
const LATELY = 2 * 60_000;
const HEARTBEAT_SECONDS = 5n;

/** The last hour, minute by minute, as it happens. */
export const open: OpenPage = (context) => {
  const live = new Live(context);
  void live.follow();
  return { title: "Live", render: () => live.render() };
};

class Live {
  readonly #context: Context;
  readonly #table = new LiveTable();
  #state: "opening" | "open" | "broken" = "opening";
  #heard: Date | undefined;
  #cursor = "";
  #error: unknown;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Goes on from where it was, at once, when the network goes or comes: a stream may not notice. */
  async follow(): Promise<void> {
    const { signal, update } = this.#context;
    try {
      let change: AbortSignal;
      do {
        change = ofNetwork(signal);
        await this.#take(AbortSignal.any([signal, change]));
        if (change.aborted) this.#broken();
      } while (change.aborted && !signal.aborted);
    } catch (error) {
      this.#error = error;
      if (!signal.aborted) update();
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    const { shadower, range, update } = this.#context;
    const question = {
      metrics: METRICS,
      granularity: Granularity.MINUTE,
      timeZone: range.zone,
      heartbeatInterval: { seconds: HEARTBEAT_SECONDS, nanos: 0 },
      cursor: this.#cursor,
    };
    const onBroken = () => this.#broken();
    for await (const message of followMetrics(shadower, question, { signal, onBroken })) {
      this.#table.take(message);
      this.#cursor = message.cursor || this.#cursor;
      this.#state = "open";
      this.#heard = new Date();
      update();
    }
  }

  #broken(): void {
    this.#state = "broken";
    this.#context.update();
  }

  #again(): void {
    this.#error = undefined;
    this.#state = "opening";
    void this.follow();
    this.#context.update();
  }

  render(): TemplateResult {
    if (this.#error) return failure(this.#error, () => this.#again());
    if (!this.#heard) return this.#standing();
    return html`${this.#standing()} ${tiles(this.#tiles())} ${this.#figures()}`;
  }

  #standing(): TemplateResult {
    const { zone } = this.#context.range;
    const said = {
      opening: "Opening the stream…",
      open: `Live. Heard at ${this.#heard ? clock(this.#heard, zone) : ""}.`,
      broken: "The connection broke. Trying again; nothing is missed.",
    };
    return html`<p class="as-of" data-live=${this.#state}>
      <i class="lamp ${this.#state}" aria-hidden="true"></i>
      <span role=${this.#state === "open" ? "presentation" : "status"}>${said[this.#state]}</span>
    </p>`;
  }

  #lately(metric: string): Map<number, number> {
    const found = [...this.#table.series.values()].find((one: LiveSeries) => one.metric === metric);
    const since = Date.now() - HOUR;
    return new Map(
      [...(found?.points ?? [])].filter(([time]) => time >= since).sort(([a], [b]) => a - b),
    );
  }

  #tiles(): Tile[] {
    // Of counts, a minute without a value had none.
    const errors = sum(this.#lately("errors")) ?? 0;
    const decided = errors + (sum(this.#lately("succeeded")) ?? 0);
    const [minute, latest] = [...this.#lately("duration_p95")].at(-1) ?? [0, undefined];
    const isRecent = Date.now() - minute < LATELY;
    return [
      { label: "Executions in an hour", value: count(sum(this.#lately("executions")) ?? 0) },
      { label: "Failed", value: count(errors) },
      { label: "Share that failed", value: ratio(decided ? errors / decided : undefined) },
      { label: "p95 of the last minute", value: seconds(isRecent ? latest : undefined) },
      { label: "Cost in an hour", value: dollars(sum(this.#lately("cost"))) },
      { label: "Tokens in an hour", value: count(sum(this.#lately("total_tokens"))) },
    ];
  }

  #figures(): TemplateResult {
    const { zone } = this.#context.range;
    const end = new Date();
    const range = { key: "1h", start: new Date(end.getTime() - HOUR), end, zone };
    const line = (metric: string, label: string, color: string, shape: "line" | "bars") => ({
      label,
      color,
      shape,
      values: this.#lately(metric),
    });
    const runs = [
      line("executions", "Executions", "--accent", "bars"),
      line("errors", "Failed", "--bad", "bars"),
    ];
    return html`<div class="figures-grid">
      ${figure("Executions each minute", chartOf(range, runs, count))}
      ${figure("Latency p95", chartOf(range, [line("duration_p95", "p95", "--accent", "line")], seconds))}
    </div>`;
  }
}

/** Ends when the network goes or comes; nothing of it stays when the page is left. */
function ofNetwork(signal: AbortSignal): AbortSignal {
  const change = new AbortController();
  const options = { signal: AbortSignal.any([signal, change.signal]) };
  for (const name of ["online", "offline"]) addEventListener(name, () => change.abort(), options);
  return change.signal;
}

/** Undefined where nothing is known. */
function sum(values: ReadonlyMap<number, number>): number | undefined {
  if (values.size === 0) return undefined;
  return [...values.values()].reduce((one, other) => one + other, 0);
}
