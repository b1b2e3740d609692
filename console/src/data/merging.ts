type Fields = Record<string, unknown>;

/** Whether two messages, or values of their fields, say the same. */
export function isSame(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return one === other;
  return namesOf(one, other).every((name) => isSame(one[name], other[name]));
}

/** The fields in which two messages say something else. */
export function differing(one: object = {}, other: object = {}): string[] {
  const [left, right] = [one as Fields, other as Fields];
  return namesOf(left, right).filter((name) => !isSame(left[name], right[name]));
}

/**
 * A message field by field, and so the messages in it: where somebody wrote something else than was
 * before, as `there` has it, and as `elsewhere` has it where they wrote nothing.
 */
export function pieced<T>(before: T, written: T, there: T, elsewhere: T): T {
  if (isSame(before, written)) return elsewhere;
  const all: readonly unknown[] = [before, written, there, elsewhere];
  return all.every(isMessage) ? (piecedOf(all) as T) : there;
}

function piecedOf(all: readonly Fields[]): Fields {
  const piece = (name: string) => {
    const [before, written, there, elsewhere] = all.map((one) => one[name]);
    return [name, pieced(before, written, there, elsewhere)];
  };
  const made = Object.create(Object.getPrototypeOf(all[0]));
  return Object.assign(made, Object.fromEntries(namesOf(...all).map(piece)));
}

function namesOf(...all: readonly Fields[]): string[] {
  return [...new Set(all.flatMap((one) => Object.keys(one)))];
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isMessage(value: unknown): value is Fields {
  return isObject(value) && "$typeName" in value;
}
