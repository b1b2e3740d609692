/** Of a long list, the rows that are in sight and some around them. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

const AROUND = 10;

export function windowOf(
  scrolled: number,
  height: number,
  rowHeight: number,
  rows: number,
): Window {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - AROUND);
  const last = Math.min(rows, Math.ceil((scrolled + height) / rowHeight) + AROUND);
  return { first, last };
}
