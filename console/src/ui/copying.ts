import { html, type TemplateResult } from "lit-html";

/** A button that copies a text, and says so. */
export function copying(
  label: string,
  text: () => string,
  say: (text: string) => void,
): TemplateResult {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      say(`${label}: copied`);
    } catch {
      say("The browser does not let this page copy. Mark the text and copy it by hand.");
    }
  };
  return html`<button type="button" @click=${copy}>${label}</button>`;
}
