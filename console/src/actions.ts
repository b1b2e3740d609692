import { ConnectError } from "shadower-client";
import type { Context } from "./app.ts";
import { explained } from "./explaining.ts";

/** Does something for somebody, says how it went, and shows what it is now. */
export async function act(
  context: Context,
  done: string,
  work: () => Promise<unknown>,
  again: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
    context.say(done);
  } catch (error) {
    const { title, advice } = explained(ConnectError.from(error));
    context.say(`${title}. ${advice}`);
  }
  await again();
}
