import { html, nothing, type TemplateResult } from "lit-html";
import type { Listed } from "../data/paging.ts";
import { count } from "../format.ts";

/** That a list goes on beyond what is shown of it, and where the rest is. */
export function further(
  workspace: string,
  { all, isWhole }: Listed<unknown>,
  what: string,
  collection: string,
): TemplateResult | typeof nothing {
  if (isWhole) return nothing;
  return html`<p class="as-of wide" role="status">
    There are more than these ${count(all.length)} ${what}. Over the API, all of them come page by page:
    <code>/v1/workspaces/${workspace}/${collection}</code>
  </p>`;
}
