/** For what is made here. Unlike randomUUID, it is there on pages that came by plain http as well. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${[...bytes].map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}

/** An id that the contract takes, made from a name; from a kind and the time, if the name has no letters for it. */
export function idOf(name: string, kind: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 63)
    .replace(/-+$/, "");
  return plain || `${kind}-${Date.now().toString(36)}`;
}
