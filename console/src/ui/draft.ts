import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { ref } from "lit-html/directives/ref.js";
import { reasonOf } from "shadower-client";
import { pressed } from "../actions.ts";
import { differing, pieced } from "../data/merging.ts";
import { words } from "../format.ts";
import { failure } from "../loading.ts";
import { focused } from "./focus.ts";

/** What somebody who opens a form says of it. */
export interface AskedOf<K, M> {
  /** What is changed; undefined for a new one. */
  readonly kept: K | undefined;
  /** It, as it is kept by now. */
  readonly load: (kept: K) => Promise<K | undefined>;
  /** In place of what is kept, if anything is. Resolves with what it failed by. */
  readonly save: (event: SubmitEvent, said: M, kept: K | undefined) => Promise<unknown>;
  readonly leave: () => void;
}

/** What a form is about: something that is kept, with an etag that changes with it. */
interface Subject<K, M extends object> extends Pick<AskedOf<K, M>, "kept" | "load"> {
  /** What a form may change of it. */
  readonly messageOf: (kept: K) => M | undefined;
  /** What a form says; what the form does not have stays as it was. */
  readonly read: (form: HTMLFormElement, before: M | undefined) => M;
  /** The form begins with other values. */
  readonly begin: (said: M | undefined) => void;
  readonly update: () => void;
}

interface News {
  /** Fields that somebody else has changed. */
  readonly theirs: readonly string[];
  /** Those of them that are written otherwise in the form. */
  readonly both: readonly string[];
}

/**
 * A form of something that somebody else may change meanwhile. Then it loads what is there by now, and
 * keeps what was written.
 */
export class Draft<K, M extends object> {
  /** Why it was not saved, or what was asked about it is not known. */
  error: unknown;
  readonly #subject: Subject<K, M>;
  #kept: K | undefined;
  #said: M | undefined;
  #form: HTMLFormElement | undefined;
  /** What the form would say if nobody had written anything into it. */
  #before: M | undefined;
  /** Makes that of what the form says when it comes. */
  #unwritten = (said: M) => said;
  #news: News | undefined;
  #loaded = 0;
  /** Why what is there now was not loaded. */
  #notLoaded: unknown;

  constructor(subject: Subject<K, M>) {
    this.#subject = subject;
    this.#hold(subject.kept);
    subject.begin(this.#said);
  }

  get kept(): K | undefined {
    return this.#kept;
  }

  /** What is in the fields when the form comes. */
  get said(): M | undefined {
    return this.#said;
  }

  read(form: HTMLFormElement): M {
    return this.#subject.read(form, this.#message());
  }

  render(kind: string, content: unknown, submitted: (event: SubmitEvent) => void): TemplateResult {
    return html`${keyed(
      this.#loaded,
      html`<form class=${kind} tabindex="-1" ${focused()} ${ref(this.#came)} @submit=${submitted}>
        ${content}
      </form>`,
    )}
    ${this.#trouble()}`;
  }

  readonly #came = (element?: Element) => {
    if (!(element instanceof HTMLFormElement)) return;
    this.#form = element;
    // Its fields come after it.
    queueMicrotask(() => {
      this.#before = this.#unwritten(this.read(element));
    });
  };

  #message(): M | undefined {
    return this.#kept && this.#subject.messageOf(this.#kept);
  }

  #hold(kept: K | undefined): void {
    this.#kept = kept;
    this.#said = this.#message();
  }

  #trouble(): TemplateResult | typeof nothing {
    if (isOvertaken(this.error)) return this.#overtaken();
    if (this.error) return failure(this.error);
    return this.#news ? told(this.#news) : nothing;
  }

  #overtaken(): TemplateResult {
    const again = this.#notLoaded ? failure(this.#notLoaded) : nothing;
    return html`${overtaken(this.error, (event) => void this.#load(event))} ${again}`;
  }

  async #load(event: Event): Promise<void> {
    const kept = this.#kept;
    try {
      const now = kept && (await pressed(event, () => this.#subject.load(kept)));
      [this.error, this.#notLoaded] = [undefined, undefined];
      if (now) this.#take(now);
    } catch (error) {
      this.#notLoaded = error;
    }
    this.#subject.update();
  }

  #take(now: K): void {
    const [earlier, before, form] = [this.#message(), this.#before, this.#form];
    if (!before || !form) return;
    const written = this.read(form);
    this.#hold(now);
    const theirs = this.#said ?? before;
    this.#news = newsOf({ earlier, before, written, theirs });
    this.#said = pieced(before, written, written, theirs);
    this.#unwritten = (said) => pieced(before, written, theirs, said);
    this.#subject.begin(this.#said);
    this.#loaded += 1;
  }
}

/** The reasons of what was changed since its etag was told end alike. */
function isOvertaken(error: unknown): boolean {
  return reasonOf(error)?.endsWith("_CHANGED") ?? false;
}

interface Versions<M> {
  readonly earlier: M | undefined;
  readonly before: M;
  readonly written: M;
  readonly theirs: M;
}

function newsOf<M extends object>({ earlier, before, written, theirs }: Versions<M>): News {
  const changed = differing(earlier, theirs);
  const mine = new Set(differing(before, written));
  const unlike = new Set(differing(written, theirs));
  return { theirs: changed, both: changed.filter((one) => mine.has(one) && unlike.has(one)) };
}

function overtaken(error: unknown, load: (event: Event) => void): TemplateResult {
  return html`<div class="failure" role="alert" data-reason=${reasonOf(error) ?? ""}>
    <h3>Somebody else has changed it meanwhile</h3>
    <p>Nothing of this form is saved. Load what is there now: what you wrote stays in the form.</p>
    <button type="button" @click=${load}>Load what is there now</button>
  </div>`;
}

function told({ theirs, both }: News): TemplateResult {
  const others = theirs.length
    ? `Somebody else changed: ${theirs.map(spoken).join(", ")}.`
    : "What somebody else changed is as before again, or a secret.";
  const clash = `You wrote something else for: ${both.map(spoken).join(", ")}. Where it is about the same, saving replaces theirs.`;
  return html`<p class="help" role="status">
    This is what is there now, with what you wrote. It is not saved yet. ${others}
    ${both.length ? clash : nothing}
  </p>`;
}

/** A name of a field as words: leastSeverity is "least severity". */
function spoken(name: string): string {
  return words(name.replace(/[A-Z]/g, " $&"));
}
