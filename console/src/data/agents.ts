import { interval, type Shadower } from "shadower-client";
import type { AgentSummary } from "shadower-client/gen/shadower/agents/v1/agent_summary_pb";
import {
  AgentOrder,
  AgentsService,
} from "shadower-client/gen/shadower/agents/v1/agents_service_pb";
import { Dimension } from "shadower-client/gen/shadower/common/v1/dimension_pb";
import type { Filter } from "shadower-client/gen/shadower/common/v1/filter_pb";
import type { TimeSeries } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import { bucketOf, type Range } from "../range.ts";
import { answerOf, slotsOf, valuesOf } from "./series.ts";

const PAGE = 500;
/** More than anybody scrolls through; each page of them asks about all. */
const MOST = 10_000;
/** As many ids as a filter may have. */
const AT_ONCE = 100;

export interface Order {
  readonly by: AgentOrder;
  readonly ascending: boolean;
}

/** Agents in an order, fetched page by page as somebody goes down the list. */
export class Leaderboard {
  readonly agents: AgentSummary[] = [];
  readonly #ask: (pageToken: string) => Promise<{ agents: AgentSummary[]; nextPageToken: string }>;
  #next: string | undefined = "";
  #isAsking = false;

  constructor(shadower: Shadower, range: Range, order: Order, signal: AbortSignal) {
    const client = shadower.service(AgentsService);
    const asked = {
      interval: interval(range.start, range.end),
      orderBy: order.by,
      ascending: order.ascending,
      pageSize: PAGE,
    };
    this.#ask = (pageToken) => client.listAgents({ ...asked, pageToken }, { signal });
  }

  get isWhole(): boolean {
    return this.#next === undefined;
  }

  /** There are more, and they are not fetched. */
  get isFull(): boolean {
    return !this.isWhole && this.agents.length >= MOST;
  }

  /** Asks for the next page, unless that is under way or there is none. Whether anything came. */
  async more(): Promise<boolean> {
    if (this.#isAsking || this.#next === undefined || this.isFull) return false;
    this.#isAsking = true;
    try {
      const { agents, nextPageToken } = await this.#ask(this.#next);
      this.agents.push(...agents);
      this.#next = nextPageToken || undefined;
      return true;
    } finally {
      this.#isAsking = false;
    }
  }
}

export type Course = readonly (number | null)[];

/** How often agents ran over time, asked for those in sight, and once. */
export class Courses {
  readonly #known = new Map<string, Course>();
  readonly #shadower: Shadower;
  readonly #range: Range;
  readonly #signal: AbortSignal;

  constructor(shadower: Shadower, range: Range, signal: AbortSignal) {
    this.#shadower = shadower;
    this.#range = range;
    this.#signal = signal;
  }

  of(agentId: string): Course | undefined {
    return this.#known.get(agentId);
  }

  /** Whether anything came that was not known. */
  async learn(agentIds: readonly string[]): Promise<boolean> {
    const unknown = agentIds.filter((id) => !this.#known.has(id)).slice(0, AT_ONCE);
    if (unknown.length === 0) return false;
    const question = this.#question(unknown);
    const told = await answerOf(this.#shadower, this.#range, question, this.#signal);
    const came = new Set(told.series.map((one) => one.labels.agent_id));
    // Those that an answer has no room for are asked for again.
    const learnt = told.isWhole ? unknown : unknown.filter((id) => came.has(id));
    for (const id of learnt) this.#known.set(id, this.#courseIn(told.series, id));
    return learnt.length > 0;
  }

  #courseIn(series: readonly TimeSeries[], agentId: string): Course {
    const values = valuesOf(series.filter((one) => one.labels.agent_id === agentId));
    return slotsOf(values, this.#range, bucketOf(this.#range).length);
  }

  #question(agentIds: string[]) {
    return {
      metrics: ["executions"],
      granularity: bucketOf(this.#range).granularity,
      groupBy: [Dimension.AGENT],
      filter: { agentIds } as Filter,
    };
  }
}

/** Columns by which somebody may sort, by their name in the URL. */
export const ORDERS: Readonly<Record<string, AgentOrder>> = {
  executions: AgentOrder.EXECUTIONS,
  success: AgentOrder.SUCCESS_RATE,
  average: AgentOrder.AVERAGE_DURATION,
  p95: AgentOrder.P95_DURATION,
  tokens: AgentOrder.TOTAL_TOKENS,
  cost: AgentOrder.COST,
  users: AgentOrder.DISTINCT_USERS,
  last: AgentOrder.LAST_START_TIME,
};
