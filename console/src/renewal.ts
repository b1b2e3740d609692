import type { OpenId } from "./config.ts";
import type { Session } from "./session.ts";

interface Told {
  renewed(session: Session): void;
  ended(): void;
}

// Of setTimeout; longer ones end at once.
const LONGEST_MS = 2 ** 31 - 1;
const AHEAD_MS = 30_000;

/** Gets a new token in time where the issuer gives them, and tells when a token's time is up. */
export class Renewal {
  readonly #openId: OpenId | null;
  readonly #told: Told;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(openId: OpenId | null, told: Told) {
    this.#openId = openId;
    this.#told = told;
  }

  watch(session: Session): void {
    this.stop();
    const ahead = session.refreshToken ? AHEAD_MS : 0;
    const left = Math.min(LONGEST_MS, session.expires - Date.now() - ahead);
    this.#timer = setTimeout(() => void this.#renew(session), Math.max(0, left));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #renew(session: Session): Promise<void> {
    if (!this.#openId || !session.refreshToken) return this.#told.ended();
    try {
      const { renewed } = await import("./openid.ts");
      this.#told.renewed(await renewed(this.#openId, session.refreshToken));
    } catch {
      this.#told.ended();
    }
  }
}
