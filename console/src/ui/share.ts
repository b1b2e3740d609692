import { html, type TemplateResult } from "lit-html";
import { ratio } from "../format.ts";
import { styled } from "./tint.ts";

const MUCH = 0.8;

/** How much of something is used, as a bar with its number. */
export function share(used: bigint, amount: bigint): TemplateResult {
  const part = amount > 0n ? Number(used) / Number(amount) : 0;
  const color = part >= 1 ? "--bad" : part >= MUCH ? "--c5" : "--accent";
  const width = `${Math.min(100, part * 100)}%`;
  return html`<span class="share"
    ><span class="track" aria-hidden="true"><i ${styled({ width, background: `var(${color})` })}></i></span>
    ${ratio(part)}</span
  >`;
}
