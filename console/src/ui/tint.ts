import type { ElementPart } from "lit-html";
import { Directive, directive } from "lit-html/directive.js";

type Properties = Readonly<Record<string, string>>;

/** Sets properties of an element's style by script, since the page's policy forbids attributes. */
class Styled extends Directive {
  render(_: Properties): void {}

  override update(part: ElementPart, [properties]: [Properties]): void {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(properties)) style.setProperty(name, value);
  }
}

export const styled = directive(Styled);

/** A background in a colour of the style, such as --good. */
export function tinted(color: string) {
  return styled({ background: `var(${color})` });
}
