import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Loading } from "../loading.ts";

type Value = string | number;
/** Values and what people read in their place. */
export type Choices = readonly (readonly [Value, string])[];

/** One of several. */
export function choice(
  name: string,
  label: string,
  all: Choices,
  chosen: Value = "",
  changed?: (value: string) => void,
): TemplateResult {
  const told = (event: Event) => changed?.((event.target as HTMLSelectElement).value);
  return html`<label
    ><span>${label}</span>
    <select name=${name} @change=${told}>
      ${all.map(([value, text]) => html`<option value=${value} .selected=${`${value}` === `${chosen}`}>${text}</option>`)}
    </select></label
  >`;
}

/** Any of several, each with a box. */
export function boxes(
  name: string,
  legend: string,
  all: Choices,
  chosen: readonly Value[],
  help = "",
): TemplateResult {
  return html`<fieldset class="wide">
    <legend>${legend}</legend>
    ${repeat(
      all,
      ([value]) => value,
      ([value, text]) => html`<label class="box"
        ><input type="checkbox" name=${name} value=${value} .checked=${chosen.includes(value)} />
        <bdi>${text}</bdi></label
      >`,
    )}
    ${help ? html`<p class="help">${help}</p>` : nothing}
  </fieldset>`;
}

/** In a form: that what there is to choose is not there yet, or why. */
export function stillAsked(choices: Loading<unknown>): TemplateResult | typeof nothing {
  if (choices.value && !choices.error) return nothing;
  return html`<div class="wide">${choices.show(() => html``)}</div>`;
}

/** A box of its own. */
export function box(name: string, label: string, isChosen: boolean): TemplateResult {
  return html`<label class="box"
    ><input type="checkbox" name=${name} value="yes" .checked=${isChosen} />${label}</label
  >`;
}

interface Written {
  readonly value?: Value | undefined;
  readonly isRequired?: boolean;
  readonly type?: "text" | "number" | "time" | "url" | "email";
  readonly most?: number;
  readonly least?: number;
  readonly step?: string;
  readonly placeholder?: string;
}

/** A line that somebody writes; of numbers, most and least are bounds, of texts a length. */
export function line(name: string, label: string, asked: Written = {}): TemplateResult {
  const { value = "", isRequired = false, type = "text", most, least, step, placeholder } = asked;
  const isNumber = type === "number";
  return html`<label
    ><span>${label}</span
    ><input name=${name} type=${type} .value=${`${value}`} ?required=${isRequired}
      dir=${type === "text" ? "auto" : nothing} placeholder=${placeholder ?? nothing}
      maxlength=${isNumber ? nothing : (most ?? nothing)} max=${isNumber ? (most ?? nothing) : nothing}
      min=${least ?? nothing} step=${step ?? nothing} autocomplete="off"
  /></label>`;
}

/** Several lines. */
export function lines(name: string, label: string, value: string, most: number): TemplateResult {
  return html`<label class="wide"
    ><span>${label}</span
    ><textarea name=${name} rows="3" maxlength=${most} dir="auto" spellcheck="false" .value=${value}></textarea>
  </label>`;
}

/** What a form says, by the names of its fields. */
export class Filled {
  readonly #form: FormData;

  constructor(form: HTMLFormElement) {
    this.#form = new FormData(form);
  }

  text(name: string): string {
    return String(this.#form.get(name) ?? "").trim();
  }

  /** 0 where nothing was written. */
  number(name: string): number {
    return Number(this.text(name));
  }

  has(name: string): boolean {
    return this.#form.has(name);
  }

  texts(name: string): string[] {
    return this.#form.getAll(name).map(String);
  }

  numbers(name: string): number[] {
    return this.texts(name).map(Number);
  }

  /** As it was written, blanks at its ends too. */
  written(name: string): string {
    return String(this.#form.get(name) ?? "").replaceAll("\r\n", "\n");
  }

  /** What was written with commas between, or one a line; each once. */
  listed(name: string, between: RegExp = /[,\n]/): string[] {
    const parts = this.text(name).split(between);
    return [...new Set(parts.map((one) => one.trim()).filter(Boolean))];
  }
}
