import { html, nothing, type TemplateResult } from "lit-html";
import { Code, ConnectError, reasonOf } from "shadower-client";
import type { Context } from "./app.ts";
import { explained } from "./explaining.ts";

const AGAIN_MS = 5_000;
const MOST_MS = 60_000;
/** By these nothing becomes wrong of what was answered before. */
const PASSING = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted]);

/** Something that is asked for, and what is shown until it is there. */
export class Loading<T> {
  #held: { value: T } | undefined;
  #error: unknown;
  /** Of several questions, the last one counts. */
  #asked = 0;
  #pause = AGAIN_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ask: () => Promise<T>;
  readonly #page: Pick<Context, "signal" | "update">;

  /** Asks at once, and again when the network is back or while nobody answers, until the page is left. */
  constructor(ask: () => Promise<T>, page: Pick<Context, "signal" | "update">) {
    this.#ask = ask;
    this.#page = page;
    addEventListener("online", () => void this.again(), { signal: page.signal });
    void this.again();
  }

  get value(): T | undefined {
    return this.#held?.value;
  }

  /** Why there is nothing, or nothing newer. */
  get error(): unknown {
    return this.#error;
  }

  /** Asks again; what is there stays until then. */
  async again(): Promise<void> {
    const asked = ++this.#asked;
    clearTimeout(this.#timer);
    try {
      const value = await this.#ask();
      if (asked === this.#asked) this.#hold(value);
    } catch (error) {
      if (asked === this.#asked) this.#fail(error);
    }
    this.#page.update();
  }

  #hold(value: T): void {
    this.#held = { value };
    this.#error = undefined;
    this.#pause = AGAIN_MS;
  }

  #fail(error: unknown): void {
    const { code } = ConnectError.from(error);
    this.#error = error;
    if (!PASSING.has(code)) this.#held = undefined;
    if (code !== Code.Unavailable || this.#page.signal.aborted) return;
    this.#timer = setTimeout(() => void this.again(), this.#pause);
    this.#pause = Math.min(MOST_MS, 2 * this.#pause);
  }

  show(template: (value: T) => TemplateResult): TemplateResult {
    if (!this.#held && !this.#error) return html`<p class="waiting" role="status">Asking…</p>`;
    const again = () => void this.again();
    // In one template, so that a form below keeps what somebody has written into it.
    return html`${this.#error ? failure(this.#error, again) : nothing}${this.#held ? template(this.#held.value) : nothing}`;
  }
}

export function failure(error: unknown, again?: () => void): TemplateResult {
  const { title, advice } = explained(error);
  return html`<div class="failure" role="alert" data-reason=${reasonOf(error) ?? ""}>
    <h3>${title}</h3>
    <p>${advice}</p>
    ${again ? html`<button type="button" @click=${again}>Try again</button>` : ""}
  </div>`;
}
