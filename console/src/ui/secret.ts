import { html, nothing, type TemplateResult } from "lit-html";
import type { Context } from "../app.ts";
import { copying } from "./copying.ts";

/** A secret that nobody can look up again. */
export interface Secret {
  readonly value: string;
  /** What to do with it, and what becomes of those before it. */
  readonly advice: string;
}

export function secretOnce(
  context: Context,
  what: string,
  secret: Secret | undefined,
): TemplateResult | typeof nothing {
  if (!secret) return nothing;
  return html`<div class="hints" role="status">
    <p>Copy this ${what} now. It is shown this once only. ${secret.advice}</p>
    <pre tabindex="0"><code>${secret.value}</code></pre>
    <p class="buttons">${copying(`Copy the ${what}`, () => secret.value, context.say)}</p>
  </div>`;
}
