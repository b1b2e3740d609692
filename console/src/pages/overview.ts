import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { toSeconds } from "shadower-client";
import type { WorkspaceSummary } from "shadower-client/gen/shadower/workspaces/v1/workspace_summary_pb";
import type { Context, OpenPage } from "../app.ts";
import { courses, earlier, PERCENTILES, summaryOf } from "../data/overview.ts";
import { chartOf, type LineOf, type Values } from "../data/series.ts";
import { clock, count, dollars, exactly, ratio, seconds } from "../format.ts";
import { Loading } from "../loading.ts";
import { linkTo } from "../router.ts";
import { bars } from "../ui/bars.ts";
import { card } from "../ui/card.ts";
import { figure } from "../ui/figure.ts";
import { changeBetween, changeOf, type Tile, tiles } from "../ui/tile.ts";

type Earlier = ReadonlyMap<string, number | undefined>;

/** How a workspace does, against the period before. */
export const open: OpenPage = (context) => {
  const { shadower, range, signal } = context;
  const summary = new Loading(() => summaryOf(shadower, range, signal), context);
  const before = new Loading(() => earlier(shadower, range, signal), context);
  const charts = new Loading(async () => {
    const { values, isWhole } = await courses(shadower, range, signal);
    return { drawn: figures(context, values), isWhole };
  }, context);
  return {
    title: "Overview",
    render: () =>
      summary.show((told) =>
        isEmpty(told)
          ? nothingYet(context)
          : html`${tiles(tilesOf(told, before.value))} ${asOf(context, told)}
            ${charts.show(({ drawn, isWhole }) => html`${isWhole ? nothing : leftOut()}<div class="figures-grid">${drawn}</div>`)}
            ${foot(context, told)}`,
      ),
  };
};

function leftOut(): TemplateResult {
  return html`<p class="as-of" role="status">
    There is more in this time than can be drawn: charts end early, or have nothing. Choose a shorter
    one.
  </p>`;
}

function isEmpty(summary: WorkspaceSummary): boolean {
  return summary.executions?.total === 0n && summary.activeUsers?.monthly === 0n;
}

function nothingYet(context: Context): TemplateResult {
  const { workspace } = context.route;
  return html`<section class="card nothing">
    <h2>Nothing ran in this time</h2>
    <p>Choose a longer time above, or record a first run:</p>
    <pre tabindex="0"><code>curl -sS -H "Authorization: Bearer $TOKEN" \\
  ${location.origin}/v1/workspaces/${workspace}/executions:batch -d '{"executions": [
  {"executionId": "hello-1", "agentId": "greeter", "status": "EXECUTION_STATUS_SUCCEEDED",
   "startTime": "${new Date().toISOString()}"}]}'</code></pre>
  </section>`;
}

function asOf(context: Context, summary: WorkspaceSummary): TemplateResult | typeof nothing {
  if (!summary.asOf) return nothing;
  const at = clock(timestampDate(summary.asOf), context.range.zone);
  return html`<p class="as-of">Everything committed by ${at} is counted.</p>`;
}

function tilesOf(summary: WorkspaceSummary, before: Earlier | undefined): Tile[] {
  const trends = new Map(summary.trends.map((one) => [one.metric, one]));
  return [
    {
      label: "Executions",
      value: count(summary.executions?.total),
      detail: exactly(summary.executions?.total),
      change: changeOf(trends.get("executions"), "up"),
    },
    {
      label: "Success rate",
      value: ratio(summary.successRate),
      change: changeOf(trends.get("success_rate"), "up"),
    },
    ...latencies(summary, before),
    {
      label: "Cost",
      value: dollars(summary.cost?.costUsd),
      detail: summary.cost?.costUsd ?? "not known",
      change: changeOf(trends.get("cost"), "down"),
    },
    {
      label: "Tokens",
      value: count(summary.tokens?.totalTokens),
      detail: exactly(summary.tokens?.totalTokens),
      change: changeOf(trends.get("total_tokens"), "neither"),
    },
    {
      label: "Active users",
      value: count(summary.activeUsers?.inInterval),
      change: changeOf(trends.get("active_users"), "up"),
    },
    {
      label: "Active agents",
      value: count(summary.activeAgents),
      change: changeOf(trends.get("active_agents"), "up"),
    },
  ];
}

function latencies(summary: WorkspaceSummary, before: Earlier | undefined): Tile[] {
  const told = summary.duration;
  const durations = [told?.p50, told?.p95, told?.p99];
  return PERCENTILES.map((name, at) => {
    const duration = durations[at];
    const now = duration && toSeconds(duration);
    return {
      label: `Latency p${name.slice(-2)}`,
      value: seconds(now),
      change: before && changeBetween(now, before.get(name), "down"),
    };
  });
}

function figures({ range }: Context, courses: ReadonlyMap<string, Values>): TemplateResult[] {
  const line = (name: string, label: string, color: string, shape: LineOf["shape"]): LineOf => ({
    label,
    color,
    shape,
    values: courses.get(name) ?? new Map(),
  });
  const chart = (lines: LineOf[], format: (value: number) => string) =>
    chartOf(range, lines, format);
  const executions = [
    line("executions", "Executions", "--accent", "bars"),
    line("errors", "Failed", "--bad", "bars"),
  ];
  const latency = [
    line("duration_p50", "p50", "--good", "line"),
    line("duration_p95", "p95", "--accent", "line"),
    line("duration_p99", "p99", "--bad", "line"),
  ];
  return [
    figure("Executions", chart(executions, count)),
    figure("Latency", chart(latency, seconds)),
    figure("Success rate", chart([line("success_rate", "Success rate", "--good", "line")], ratio)),
    figure("Cost", chart([line("cost", "Cost", "--accent", "bars")], dollars)),
    figure("Tokens", chart([line("total_tokens", "Tokens", "--accent", "bars")], count)),
    figure(
      "Active users",
      chart([line("active_users", "Active users", "--accent", "bars")], count),
    ),
  ];
}

function foot(context: Context, summary: WorkspaceSummary): TemplateResult {
  const most = Number(summary.topAgents[0]?.executions ?? 1n);
  const busiest = summary.topAgents.map((agent) => ({
    label: agent.agentName || agent.agentId,
    share: Number(agent.executions) / most,
    value: `${count(agent.executions)} · ${ratio(agent.successRate)}`,
    href: linkTo(context.route, "agents", agent.agentId),
  }));
  return html`<div class="figures-grid">
    ${card("Busiest agents, with their success rate", bars(busiest))} ${card("Health", health(summary))}
  </div>`;
}

function health(summary: WorkspaceSummary): TemplateResult {
  const score = summary.healthScore;
  if (!score) return html`<p class="empty">Nothing of it is known in this time.</p>`;
  const parts: [string, number | undefined][] = [
    ["All together", score.score],
    ["Success", score.success],
    ["Activity", score.activity],
    ["Engagement", score.engagement],
    ["Efficiency", score.efficiency],
  ];
  return bars(
    parts.map(([label, share]) => ({ label, share: share ?? 0, value: ratio(share) })),
    "--good",
  );
}
