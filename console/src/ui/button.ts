import { html, type TemplateResult } from "lit-html";

/** A button of a row, which says to those who do not see the row what it is about. */
export function pressing(
  label: string,
  about: string,
  pressed: (event: Event) => void,
): TemplateResult {
  return html`<button type="button" aria-label="${label} ${about}" @click=${pressed}>${label}</button> `;
}
