import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { repeat } from "lit-html/directives/repeat.js";
import { toSeconds } from "shadower-client";
import type { AgentSummary } from "shadower-client/gen/shadower/agents/v1/agent_summary_pb";
import { AgentOrder } from "shadower-client/gen/shadower/agents/v1/agents_service_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { Context, View } from "../app.ts";
import { Courses, Leaderboard, ORDERS } from "../data/agents.ts";
import { count, dollars, ratio, seconds, when } from "../format.ts";
import { failure } from "../loading.ts";
import { own } from "../own.ts";
import { linkTo } from "../router.ts";
import { sparkline } from "../ui/sparkline.ts";
import { named } from "../ui/table.ts";
import { styled } from "../ui/tint.ts";
import { type Window, windowOf } from "../ui/virtual.ts";

const ROW = 44;
const USUAL = "executions";
const STILL_MS = 150;

interface Column {
  readonly key: string;
  readonly label: string;
  readonly cell: (agent: AgentSummary, context: Context) => unknown;
}

const COLUMNS: readonly Column[] = [
  { key: "executions", label: "Executions", cell: (one) => count(one.executions?.total) },
  { key: "success", label: "Success", cell: (one) => ratio(one.successRate) },
  { key: "average", label: "Mean time", cell: (one) => time(one.duration?.average) },
  { key: "p95", label: "p95", cell: (one) => time(one.duration?.p95) },
  { key: "tokens", label: "Tokens", cell: (one) => count(one.tokens?.totalTokens) },
  { key: "cost", label: "Cost", cell: (one) => dollars(one.cost?.costUsd) },
  { key: "users", label: "Users", cell: (one) => count(one.distinctUsers) },
  {
    key: "last",
    label: "Last run",
    cell: (one, { range }) =>
      when(one.lastStartTime && timestampDate(one.lastStartTime), range.zone),
  },
];

function time(duration: Parameters<typeof toSeconds>[0] | undefined): string {
  return seconds(duration && toSeconds(duration));
}

/** All agents of a workspace in an order; as many rows as can be seen. */
export function leaderboard(context: Context): View {
  const board = new Board(context);
  return { title: "Agents", render: () => board.render() };
}

class Board {
  readonly #context: Context;
  readonly #list: Leaderboard;
  readonly #courses: Courses;
  readonly #by: string;
  readonly #ascending: boolean;
  #window: Window = windowOf(0, 800, ROW, 100);
  #error: unknown;
  #still: ReturnType<typeof setTimeout> | undefined;
  #isLearning = false;

  constructor(context: Context) {
    const { params } = context.route;
    this.#context = context;
    this.#by = params.get("by") ?? USUAL;
    this.#ascending = params.get("order") === "up";
    const order = {
      by: own(ORDERS, this.#by) ?? AgentOrder.EXECUTIONS,
      ascending: this.#ascending,
    };
    this.#list = new Leaderboard(context.shadower, context.range, order, context.signal);
    this.#courses = new Courses(context.shadower, context.range, context.signal);
    void this.#more();
  }

  async #more(): Promise<void> {
    try {
      this.#error = undefined;
      if (await this.#list.more()) void this.#learn();
    } catch (error) {
      this.#error = error;
    }
    this.#context.update();
  }

  /** Of those in sight, until all is known of them. What fails is asked for when somebody scrolls. */
  async #learn(): Promise<void> {
    if (this.#isLearning || !this.#context.may(Permission.METRICS_READ)) return;
    this.#isLearning = true;
    try {
      while (await this.#courses.learn(this.#inSight())) this.#context.update();
    } catch {
      // Their places stay empty.
    } finally {
      this.#isLearning = false;
    }
  }

  #inSight(): string[] {
    const { first, last } = this.#window;
    return this.#list.agents.slice(first, last).map((one) => one.agentId);
  }

  #scrolled(event: Event): void {
    const { scrollTop, clientHeight } = event.target as HTMLElement;
    const { agents } = this.#list;
    const next = windowOf(scrollTop, clientHeight, ROW, agents.length);
    if (next.first === this.#window.first && next.last === this.#window.last) return;
    this.#window = next;
    if (next.last === agents.length) void this.#more();
    clearTimeout(this.#still);
    this.#still = setTimeout(() => void this.#learn(), STILL_MS);
    this.#context.update();
  }

  render(): TemplateResult {
    const { agents, isWhole } = this.#list;
    if (agents.length === 0 && isWhole)
      return html`<p class="card empty">No agent ran in this time. Choose a longer one above.</p>`;
    const isWaiting = agents.length === 0 && !this.#error;
    // The head stays, whatever fails: another order may do.
    return html`<p class=${isWaiting ? "as-of waiting" : "as-of"} role="status">${this.#known()}</p>
      ${this.#error ? failure(this.#error, () => void this.#more()) : nothing}
      <div class="card board" tabindex="0" role="region" aria-label="Agents"
        @scroll=${(event: Event) => this.#scrolled(event)}>
        <div role="table" aria-label="Agents by ${this.#by}" aria-rowcount=${isWhole ? agents.length + 1 : -1}>
          <div role="rowgroup" class="head">${this.#head()}</div>
          <div role="rowgroup" class="body" ${styled({ height: `${agents.length * ROW}px` })}>
            ${this.#rows()}
          </div>
        </div>
      </div>`;
  }

  #known(): string {
    const { agents, isWhole, isFull } = this.#list;
    if (agents.length === 0) return this.#error ? "" : "Asking…";
    if (isFull)
      return `The first ${count(agents.length)} agents. Another order or a shorter time shows others.`;
    return `${count(agents.length)}${isWhole ? "" : "+"} agents`;
  }

  #head(): TemplateResult {
    return html`<div role="row" aria-rowindex="1" class="row">
      <span role="columnheader">Agent</span><span role="columnheader">Course</span>
      ${COLUMNS.map(
        (one) => html`<span role="columnheader" class="number"
          aria-sort=${one.key === this.#by ? (this.#ascending ? "ascending" : "descending") : "none"}>
          <button type="button" @click=${() => this.#sort(one.key)}>
            ${one.label}${one.key === this.#by ? (this.#ascending ? " ▲" : " ▼") : nothing}
          </button>
        </span>`,
      )}
    </div>`;
  }

  #sort(by: string): void {
    const up = by === this.#by && !this.#ascending;
    this.#context.change({ by: by === USUAL ? "" : by, order: up ? "up" : "" }, "replace");
  }

  /** Scrolling keeps the rows that stay in sight as they are. */
  #rows(): unknown {
    const { first, last } = this.#window;
    return repeat(
      this.#list.agents.slice(first, last),
      (agent) => agent.agentId,
      (agent, at) =>
        guard([agent, first + at, this.#courses.of(agent.agentId)], () =>
          this.#row(agent, first + at),
        ),
    );
  }

  #row(agent: AgentSummary, at: number): TemplateResult {
    const href = linkTo(this.#context.route, "agents", agent.agentId);
    return html`<div role="row" class="row" aria-rowindex=${at + 2} ${styled({ top: `${at * ROW}px` })}>
      <span role="cell" class="name"><a href=${href}>${named(agent.agentName, agent.agentId)}</a></span>
      <span role="cell">${sparkline(this.#courses.of(agent.agentId), "Executions over time")}</span>
      ${COLUMNS.map((one) => html`<span role="cell" class="number">${one.cell(agent, this.#context)}</span>`)}
    </div>`;
  }
}
