import type { ElementPart } from "lit-html";
import { Directive, directive } from "lit-html/directive.js";

/** Scrolls what an element is in sideways, so that the element is in sight when it becomes current. */
class InSight extends Directive {
  #was = false;

  render(_isCurrent: boolean): void {}

  override update(part: ElementPart, [isCurrent]: [boolean]): void {
    const isNew = isCurrent && !this.#was;
    this.#was = isCurrent;
    // When it has its place. By hand, since scrollIntoView would move the page as well.
    if (isNew) requestAnimationFrame(() => toMiddle(part.element as HTMLElement));
  }
}

function toMiddle(element: HTMLElement): void {
  const around = element.parentElement;
  if (!around) return;
  const [own, all] = [element.getBoundingClientRect(), around.getBoundingClientRect()];
  around.scrollLeft += own.left + own.width / 2 - (all.left + all.width / 2);
}

export const inSight = directive(InSight);
