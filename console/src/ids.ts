/** For what is made here. Unlike randomUUID, it is there on pages that came by plain http as well. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${[...bytes].map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}
