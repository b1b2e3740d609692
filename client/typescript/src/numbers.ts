import type { Number as ShadowerNumber } from "../gen/shadower/common/v1/number_pb.js";

/** For charts and comparisons; undefined where it is not known. Large sums lose digits. */
export function toNumber(value: ShadowerNumber | undefined): number | undefined {
  return value?.kind.case === undefined ? undefined : Number(value.kind.value);
}

/** With every digit that was answered; undefined where it is not known. */
export function toExact(value: ShadowerNumber | undefined): string | undefined {
  return value?.kind.case === undefined ? undefined : String(value.kind.value);
}
