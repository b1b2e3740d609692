import type { Duration } from "@bufbuild/protobuf/wkt";
import { DEADLINE_MS } from "./options.ts";

/** What the contract says of streams that do not say how often. */
const USUAL_MS = 15_000;
const INTERVALS = 3;

/** Ends a stream in which nothing is heard for three heartbeats: its network may be gone unnoticed. */
export class Patience {
  readonly signal: AbortSignal;
  readonly #most: number;
  readonly #over = new AbortController();
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Begins to wait. The first message, which is calculated, has at least a call's time. */
  constructor(heartbeat: Partial<Duration> | undefined, signal?: AbortSignal) {
    this.signal = signal ? AbortSignal.any([signal, this.#over.signal]) : this.#over.signal;
    this.#most = INTERVALS * (millisecondsOf(heartbeat) || USUAL_MS);
    this.begin(Math.max(this.#most, DEADLINE_MS));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  begin(most = this.#most): void {
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#over.abort();
    }, most);
  }

  /** Whoever takes messages may take as long as they like. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.rest();
    this.#over.abort();
  }
}

function millisecondsOf(duration: Partial<Duration> | undefined): number {
  return Number(duration?.seconds ?? 0n) * 1000 + (duration?.nanos ?? 0) / 1_000_000;
}
