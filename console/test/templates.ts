/** All that a template would show, its parts one after the other. */
export function textOf(template: unknown): string {
  if (typeof template !== "object" || template === null) return String(template);
  const { strings = [], values = [] } = template as { strings?: string[]; values?: unknown[] };
  return strings.map((one, at) => `${one}${at in values ? textOf(values[at]) : ""}`).join("");
}
