import { ConnectError } from "shadower-client";
import type { Context } from "./app.ts";
import { explained } from "./explaining.ts";

/**
 * Does something for somebody, says how it went, and shows what it is now. What was pressed cannot
 * be pressed again until it is done. Returns what it failed by, if it did.
 */
export async function act(
  context: Context,
  event: Event,
  done: string,
  work: () => Promise<unknown>,
  again: () => Promise<unknown>,
): Promise<unknown> {
  let failed: unknown;
  try {
    await pressed(event, work);
    if (done) context.say(done);
  } catch (error) {
    failed = error;
    const { title, advice } = explained(ConnectError.from(error));
    context.say(`${title}. ${advice}`);
  }
  await again();
  return failed;
}

/** The button cannot be pressed while the work is under way, and keeps the keyboard. */
export async function pressed<T>(event: Event, work: () => Promise<T>): Promise<T> {
  const button = event instanceof SubmitEvent ? event.submitter : event.currentTarget;
  if (!(button instanceof HTMLButtonElement)) return work();
  const hadFocus = document.activeElement === button;
  button.disabled = true;
  try {
    return await work();
  } finally {
    button.disabled = false;
    if (hadFocus && document.activeElement === document.body) button.focus();
  }
}
