const MINUTE = 60_000;

export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function zones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((one) => one !== "UTC")];
}

/** An instant as a clock in the zone shows it: 2026-01-31T08:30. */
export function localOf(instant: Date, zone: string): string {
  const shown = new Intl.DateTimeFormat("sv", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(instant);
  return shown.replace(" ", "T");
}

/** The instant at which a clock in the zone shows that; undefined if it is no time. */
export function instantOf(local: string, zone: string): Date | undefined {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // Twice, since the first guess may lie on the other side of a clock change.
  const first = asUtc - offset(new Date(asUtc), zone);
  const second = asUtc - offset(new Date(first), zone);
  const isShown = second + offset(new Date(second), zone) === asUtc;
  // What the clock leaves out is over when it goes on.
  return new Date(isShown ? second : Math.max(first, second));
}

/** How far a zone's clock is ahead of UTC then, in milliseconds. */
function offset(instant: Date, zone: string): number {
  const whole = Math.floor(instant.getTime() / MINUTE) * MINUTE;
  return Date.parse(`${localOf(new Date(whole), zone)}Z`) - whole;
}
