import { timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { toSeconds } from "shadower-client";
import type {
  AgentPerformance,
  ErrorPattern,
  ModelUsage,
  UserUsage,
} from "shadower-client/gen/shadower/agents/v1/agent_performance_pb";
import { ErrorType } from "shadower-client/gen/shadower/common/v1/execution_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { Context, View } from "../app.ts";
import { durationsOf, performanceOf } from "../data/agent.ts";
import { chartOf } from "../data/series.ts";
import { count, dollars, exactly, ratio, seconds, when, words } from "../format.ts";
import { Loading } from "../loading.ts";
import { linkTo } from "../router.ts";
import { bars } from "../ui/bars.ts";
import { card } from "../ui/card.ts";
import { figure } from "../ui/figure.ts";
import { heatmap } from "../ui/heatmap.ts";
import { hints } from "../ui/hints.ts";
import { permitted } from "../ui/lacking.ts";
import { quantiles } from "../ui/quantiles.ts";
import { standing } from "../ui/standing.ts";
import { named, table } from "../ui/table.ts";
import { changeOf, type Tile, tiles } from "../ui/tile.ts";

/** One agent, in depth. */
export function agentPage(context: Context): View {
  const { shadower, range, signal, route } = context;
  const told = new Loading(() => performanceOf(shadower, route.item, range, signal), context);
  const durations = permitted(context, Permission.AGGREGATES_READ, () => {
    return new Loading(() => durationsOf(shadower, route.item, range, signal), context);
  });
  return {
    get title() {
      return told.value?.agentName || route.item;
    },
    render: () =>
      html`<p class="as-of"><a href=${linkTo(route, "agents")}>All agents</a> · <bdi>${route.item}</bdi></p>
        ${told.show((agent) =>
          agent.executions?.total === 0n
            ? html`<p class="card empty">It did not run in this time. Choose a longer one above.</p>`
            : html`${tiles(tilesOf(agent))} ${hints(agent.hints)}
                <div class="figures-grid">
                  ${course(context, agent)}
                  ${card(
                    "How long runs took",
                    durations.show((told) => told.show(quantiles)),
                  )}
                  ${details(context, agent)}
                </div>`,
        )}`,
  };
}

function tilesOf(agent: AgentPerformance): Tile[] {
  const before = new Map(agent.againstPrevious.map((one) => [one.metric, one]));
  const p95 = agent.duration?.p95;
  return [
    {
      label: "Executions",
      value: count(agent.executions?.total),
      detail: exactly(agent.executions?.total),
      change: changeOf(before.get("executions"), "up"),
    },
    {
      label: "Success rate",
      value: ratio(agent.successRate),
      change: changeOf(before.get("success_rate"), "up"),
    },
    {
      label: "Latency p95",
      value: seconds(p95 && toSeconds(p95)),
      change: changeOf(before.get("duration_p95"), "down"),
    },
    {
      label: "Cost",
      value: dollars(agent.cost?.costUsd),
      detail: agent.cost?.costUsd ?? "not known",
      change: changeOf(before.get("cost"), "down"),
    },
    {
      label: "Tokens",
      value: count(agent.tokens?.totalTokens),
      change: changeOf(before.get("total_tokens"), "neither"),
    },
    { label: "Users", value: count(agent.distinctUsers) },
    {
      label: "Rating",
      value: agent.ratings?.average?.toFixed(2) ?? "–",
      change: changeOf(before.get("user_rating"), "up"),
    },
    { label: "Availability", value: ratio(agent.reliability?.availability) },
  ];
}

function course({ range }: Context, agent: AgentPerformance): TemplateResult {
  const values = new Map(
    (agent.trend?.points ?? []).map((point) => [
      point.startTime ? timestampMs(point.startTime) : 0,
      Number(point.executions),
    ]),
  );
  const line = { label: "Executions", color: "--accent", shape: "bars" as const, values };
  return figure("Executions", chartOf(range, [line], count, agent.trend?.granularity));
}

function details(context: Context, agent: AgentPerformance): TemplateResult {
  const { zone } = context.range;
  return html`${card("Rank in the workspace", standing(agent))}
    ${card("Errors by type", errors(agent))}
    ${card(
      "When it runs",
      heatmap(
        agent.usage.map(({ weekday, hour, executions }) => ({
          weekday,
          hour,
          value: Number(executions),
        })),
        "Executions",
      ),
    )}
    ${card("Models", table("Models", MODELS, agent.models, "No run said which model it used."))}
    ${card("Users with most runs", table("Users", usersOf(zone), agent.topUsers, "No run said who its user was."))}
    ${card("Errors that come again", table("Errors", patternsOf(zone), agent.errorPatterns, "No message came three times."))}`;
}

function errors(agent: AgentPerformance): TemplateResult {
  if (agent.errors.length === 0) return html`<p class="empty">No run failed in this time.</p>`;
  return bars(
    agent.errors.map((one) => ({
      label: words(ErrorType[one.errorType]),
      share: one.share,
      value: `${count(one.executions)} · ${ratio(one.share)}`,
    })),
    "--bad",
  );
}

const MODELS = [
  { label: "Model", cell: (one: ModelUsage) => (one.model ? named(one.model) : "not known") },
  { label: "Executions", isNumber: true, cell: (one: ModelUsage) => count(one.executions) },
  { label: "Success", isNumber: true, cell: (one: ModelUsage) => ratio(one.successRate) },
  { label: "Tokens", isNumber: true, cell: (one: ModelUsage) => count(one.tokens?.totalTokens) },
  { label: "Cost", isNumber: true, cell: (one: ModelUsage) => dollars(one.cost?.costUsd) },
];

function usersOf(zone: string) {
  return [
    { label: "User", cell: (one: UserUsage) => named(one.userId) },
    { label: "Executions", isNumber: true, cell: (one: UserUsage) => count(one.executions) },
    {
      label: "Last run",
      cell: (one: UserUsage) => when(one.lastStartTime && timestampDate(one.lastStartTime), zone),
    },
  ];
}

function patternsOf(zone: string) {
  return [
    { label: "Message", cell: (one: ErrorPattern) => named(one.message) },
    { label: "Type", cell: (one: ErrorPattern) => words(ErrorType[one.errorType]) },
    { label: "Executions", isNumber: true, cell: (one: ErrorPattern) => count(one.executions) },
    {
      label: "Last",
      cell: (one: ErrorPattern) =>
        when(one.lastStartTime && timestampDate(one.lastStartTime), zone) || nothing,
    },
  ];
}
