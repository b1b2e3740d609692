import { html, type TemplateResult } from "lit-html";
import { toNumber } from "shadower-client";
import type { AgentPerformance } from "shadower-client/gen/shadower/agents/v1/agent_performance_pb";
import type { Comparison } from "shadower-client/gen/shadower/common/v1/statistics_pb";
import { ABSENT, count, decimal, dollars, ratio, seconds, words } from "../format.ts";
import { table } from "./table.ts";

const WRITTEN: Record<string, (value: number) => string> = {
  success_rate: ratio,
  duration_avg: seconds,
  cost_avg: dollars,
  total_tokens_avg: (value) => decimal(value, 0),
};

const COLUMNS = [
  { label: "Measure", cell: (one: Comparison) => words(one.metric) },
  { label: "This agent", isNumber: true, cell: (one: Comparison) => written(one, "current") },
  { label: "Whole workspace", isNumber: true, cell: (one: Comparison) => written(one, "baseline") },
];

function written(one: Comparison, which: "current" | "baseline"): string {
  const value = toNumber(one[which]);
  return value === undefined ? ABSENT : (WRITTEN[one.metric] ?? count)(value);
}

/** Where an agent stands among those of its workspace. */
export function standing(agent: AgentPerformance): TemplateResult {
  const told = agent.standing;
  if (!told) return html`<p class="empty">It did not run in this time.</p>`;
  const ranks: [string, bigint | undefined][] = [
    ["by executions", told.executionsRank],
    ["by success rate", told.successRateRank],
    ["by mean duration", told.durationRank],
  ];
  return html`<ul class="ranks">
      ${ranks.map(
        ([by, rank]) =>
          html`<li><strong>${rank === undefined ? ABSENT : `${rank}.`}</strong> of ${count(told.agents)} ${by}</li>`,
      )}
    </ul>
    ${table("Beside the whole workspace", COLUMNS, agent.againstWorkspace, "")}`;
}
