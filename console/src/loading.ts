import { html, type TemplateResult } from "lit-html";
import { reasonOf } from "shadower-client";
import { explained } from "./explaining.ts";

/** Something that is asked for, and what is shown until it is there. */
export class Loading<T> {
  #state: { is: "waiting" } | { is: "failed"; error: unknown } | { is: "there"; value: T } = {
    is: "waiting",
  };
  readonly #ask: () => Promise<T>;
  readonly #update: () => void;

  constructor(ask: () => Promise<T>, update: () => void) {
    this.#ask = ask;
    this.#update = update;
    void this.again();
  }

  get value(): T | undefined {
    return this.#state.is === "there" ? this.#state.value : undefined;
  }

  /** Why there is nothing. */
  get error(): unknown {
    return this.#state.is === "failed" ? this.#state.error : undefined;
  }

  /** Asks again; what is there stays until then. */
  async again(): Promise<void> {
    try {
      this.#state = { is: "there", value: await this.#ask() };
    } catch (error) {
      this.#state = { is: "failed", error };
    }
    this.#update();
  }

  show(template: (value: T) => TemplateResult): TemplateResult {
    if (this.#state.is === "there") return template(this.#state.value);
    if (this.#state.is === "failed") return failure(this.#state.error, () => void this.again());
    return html`<p class="waiting" role="status">Asking…</p>`;
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
