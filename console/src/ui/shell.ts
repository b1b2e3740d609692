import { html, nothing, type TemplateResult } from "lit-html";
import type { Console } from "../console.ts";
import { own } from "../own.ts";
import { PAGES } from "../pages.ts";
import { rangeOf } from "../range.ts";
import { linkTo } from "../router.ts";
import type { Session } from "../session.ts";
import { nextTheme, showTheme, theme } from "../theme.ts";
import { rangePicker } from "./picker.ts";
import { inSight } from "./sight.ts";

/** What is around every page. */
export function shell(console: Console, session: Session): TemplateResult {
  const entry = own(PAGES, console.route.page);
  return html`<a class="skip" href="#content" @click=${toContent}>To the content</a>
    ${header(console, session)} ${menu(console)}
    <main id="content" tabindex="-1">
      ${navigator.onLine ? nothing : away()}
      <div class="heading">
        <h1>${console.view?.title ?? entry?.label ?? "Overview"}</h1>
        ${entry?.hasRange === false ? nothing : picker(console)}
      </div>
      ${console.view?.render() ?? html`<p class="waiting" role="status">Opening…</p>`}
    </main>
    <p class="said" role="status" ?hidden=${!console.said}>${console.said}</p>`;
}

function away(): TemplateResult {
  return html`<p class="failure away" role="status">
    The network is away. What stands here is from before; it is asked for anew as soon as the
    network is back.
  </p>`;
}

function toContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function picker(console: Console): TemplateResult {
  const range = rangeOf(console.route.params, new Date());
  return rangePicker(range, (params) => {
    const { route } = console;
    const merged = new URLSearchParams(route.params);
    for (const [name, value] of Object.entries(params)) merged.set(name, value);
    console.go({ ...route, params: merged });
  });
}

function header(console: Console, session: Session): TemplateResult {
  return html`<header>
    <a class="brand" href=${linkTo(console.route, "overview")}>Shadower</a>
    ${workspaces(console, session)}
    <span class="gap"></span>
    <span class="who" title=${session.role}><bdi>${session.subject}</bdi></span>
    <button type="button" @click=${() => turned(console)} aria-label="Theme: ${theme()}. Change it">
      ${theme()}
    </button>
    <button type="button" @click=${() => console.end()}>Sign out</button>
  </header>`;
}

function turned(console: Console): void {
  showTheme(nextTheme());
  console.draw();
}

function workspaces(console: Console, session: Session): TemplateResult {
  const { route } = console;
  const chosen = (event: Event) => {
    const workspace = (event.target as HTMLSelectElement).value;
    location.hash = linkTo({ ...route, workspace }, route.page);
  };
  const others = session.workspaces.includes(route.workspace) ? [] : [route.workspace];
  return html`<label class="workspace"
    ><span>Workspace</span>
    <select @change=${chosen}>
      ${[...others, ...session.workspaces].map(
        (one) => html`<option value=${one} .selected=${one === route.workspace}>${one}</option>`,
      )}
    </select></label
  >`;
}

function menu(console: Console): TemplateResult {
  const { route } = console;
  return html`<nav aria-label="Pages">
    ${Object.entries(PAGES).map(
      ([name, entry]) =>
        html`<a
          href=${linkTo(route, name)}
          aria-current=${name === route.page ? "page" : nothing}
          ${inSight(name === route.page)}
          >${entry.label}</a
        >`,
    )}
  </nav>`;
}
