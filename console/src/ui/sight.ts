import type { ElementPart } from "lit-html";
import { Directive, directive } from "lit-html/directive.js";

/**
 * Scrolls what an element is in sideways, so that the element is in sight when it becomes current, and
 * stays so when there is another width: when a phone is turned.
 */
class InSight extends Directive {
  #isCurrent = false;
  #element: Element | undefined;
  readonly #observer = new ResizeObserver(() => this.#element && toMiddle(this.#element));

  render(_isCurrent: boolean): void {}

  override update(part: ElementPart, [isCurrent]: [boolean]): void {
    if (isCurrent === this.#isCurrent) return;
    this.#isCurrent = isCurrent;
    this.#element = part.element;
    this.#observer.disconnect();
    // When it has its place. What is observed anew is told of at once.
    if (isCurrent) requestAnimationFrame(() => this.#observe(part.element.parentElement));
  }

  #observe(around: Element | null): void {
    if (around && this.#isCurrent) this.#observer.observe(around);
  }
}

/** By hand, since scrollIntoView would move the page as well. */
function toMiddle(element: Element): void {
  const around = element.parentElement;
  if (!around) return;
  const [own, all] = [element.getBoundingClientRect(), around.getBoundingClientRect()];
  around.scrollLeft += own.left + own.width / 2 - (all.left + all.width / 2);
}

export const inSight = directive(InSight);
