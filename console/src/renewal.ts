import type { OpenId } from "./config.ts";
import { leftOf, Refusal, type Session } from "./session.ts";

interface Told {
  renewed(session: Session): void;
  /** Its time is up, or the issuer gives no other. */
  ended(): void;
  /** The services do not take it. */
  refused(): void;
}

// Of setTimeout; longer ones end at once.
const LONGEST_MS = 2 ** 31 - 1;
const AHEAD_MS = 30_000;
const AHEAD_SHARE = 0.1;
/** Between two requests for a token, however short tokens live and whatever a clock says. */
const LEAST_MS = 5_000;
/** Another token would be refused as well. */
const JUST_NOW_MS = 10_000;

/** Gets a new token in time where the issuer gives them, and tells when a token's time is up. */
export class Renewal {
  readonly #openId: OpenId | null;
  readonly #told: Told;
  #session: Session | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was begun in an earlier one counts no more. */
  #generation = 0;
  #underWay: Promise<void> | undefined;

  constructor(openId: OpenId | null, told: Told) {
    this.#openId = openId;
    this.#told = told;
  }

  watch(session: Session): void {
    this.stop();
    this.#session = session;
    const ahead = Math.min(AHEAD_MS, session.life * AHEAD_SHARE);
    if (this.#canRenew(session)) this.#wait(Math.max(LEAST_MS, leftOf(session) - ahead));
    else this.#wait(Math.max(0, leftOf(session)));
  }

  stop(): void {
    this.#generation += 1;
    this.#session = undefined;
    this.#underWay = undefined;
    clearTimeout(this.#timer);
  }

  /** Whether there is another token than one that was refused. If there can be none, that is told. */
  async refused(token: string): Promise<boolean> {
    const session = this.#session;
    if (session?.token === token) {
      const isNew = Date.now() - session.received < JUST_NOW_MS;
      if (isNew || !this.#canRenew(session)) this.#told.refused();
      else await this.#renew(session);
    }
    return this.#session !== undefined && this.#session.token !== token;
  }

  #canRenew(session: Session): boolean {
    return this.#openId !== null && session.refreshToken !== undefined;
  }

  #wait(milliseconds: number): void {
    clearTimeout(this.#timer);
    const due = () => this.#session && void this.#renew(this.#session);
    this.#timer = setTimeout(due, Math.min(LONGEST_MS, milliseconds));
  }

  /** Once at a time. */
  #renew(session: Session): Promise<void> {
    this.#underWay ??= this.#ask(session);
    return this.#underWay;
  }

  async #ask({ refreshToken }: Session): Promise<void> {
    const generation = this.#generation;
    if (!this.#openId || !refreshToken) return this.#told.ended();
    try {
      const { renewed } = await import("./openid.ts");
      const next = await renewed(this.#openId, refreshToken);
      if (generation === this.#generation) this.#told.renewed(next);
    } catch (error) {
      if (generation === this.#generation) this.#failed(error);
    }
  }

  /** Where nobody answers, somebody may before the token's time is up. */
  #failed(error: unknown): void {
    this.#underWay = undefined;
    const mayStill = this.#session !== undefined && leftOf(this.#session) > 0;
    if (mayStill && !(error instanceof Refusal)) this.#wait(LEAST_MS);
    else this.#told.ended();
  }
}
