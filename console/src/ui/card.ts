import { html, type TemplateResult } from "lit-html";

export function card(title: string, content: unknown): TemplateResult {
  return html`<section class="card" aria-label=${title}>
    <h2>${title}</h2>
    ${content}
  </section>`;
}
