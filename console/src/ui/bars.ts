import { html, nothing, type TemplateResult } from "lit-html";
import { styled } from "./tint.ts";

export interface Bar {
  readonly label: string;
  /** From 0 to 1, of the longest. */
  readonly share: number;
  readonly value: string;
  readonly href?: string;
}

/** Things beside each other by how much they are. */
export function bars(all: readonly Bar[], color = "--accent"): TemplateResult {
  return html`<ul class="bars">
    ${all.map(
      (one) => html`<li>
        <span class="label" title=${one.label}>
          ${one.href ? html`<a href=${one.href}><bdi>${one.label}</bdi></a>` : html`<bdi>${one.label}</bdi>`}
        </span>
        <span class="track" aria-hidden="true"
          ><i ${styled({ width: `${(one.share * 100).toFixed(2)}%`, background: `var(${color})` })}></i
        ></span>
        <span class="number">${one.value || nothing}</span>
      </li>`,
    )}
  </ul>`;
}
