import { html, nothing, type TemplateResult } from "lit-html";
import { type Hint, HintKind } from "shadower-client/gen/shadower/agents/v1/agent_performance_pb";
import { count, ratio, seconds } from "../format.ts";

type Say = (hint: Hint) => string;

const SAID: Partial<Record<HintKind, Say>> = {
  [HintKind.SLOW]: (one) =>
    `Runs take ${seconds(one.value)} on average; more than ${seconds(one.threshold)} is slow.`,
  [HintKind.TOKEN_HUNGRY]: (one) =>
    `Runs use ${count(Math.round(one.value))} tokens on average; more than ${count(one.threshold)} is much.`,
  [HintKind.ERROR_PRONE]: (one) =>
    `${ratio(one.value)} of runs fail or time out; more than ${ratio(one.threshold)} is much.`,
  [HintKind.LOW_SUCCESS]: (one) =>
    `${ratio(one.value)} of runs succeed; less than ${ratio(one.threshold)} is little.`,
};

/** What to look at. */
export function hints(all: readonly Hint[]): TemplateResult | typeof nothing {
  if (all.length === 0) return nothing;
  return html`<ul class="hints" aria-label="What to look at">
    ${all.map((one) => html`<li>${SAID[one.kind]?.(one)}</li>`)}
  </ul>`;
}
