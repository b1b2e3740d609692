import type { ElementPart } from "lit-html";
import { Directive, directive } from "lit-html/directive.js";

/** Brings the keyboard to an element when it comes, once: for forms that somebody asked for. */
class Focused extends Directive {
  #isDone = false;

  render(): void {}

  override update(part: ElementPart): void {
    if (this.#isDone) return;
    this.#isDone = true;
    // When it has its place.
    requestAnimationFrame(() => (part.element as HTMLElement).focus());
  }
}

export const focused = directive(Focused);
