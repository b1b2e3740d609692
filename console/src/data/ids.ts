/** An id that the contract takes, made from a name; from a kind and the time, if the name has no letters for it. */
export function idOf(name: string, kind: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return plain.slice(0, 63) || `${kind}-${Date.now().toString(36)}`;
}
