import { Code, ConnectError, errorInfoOf, violationsOf } from "shadower-client";
import { own } from "./own.ts";
import { adviceOn } from "./permissions.ts";

interface Explanation {
  readonly title: string;
  readonly advice: string;
}

const BY_CODE: Partial<Record<Code, Explanation>> = {
  [Code.PermissionDenied]: {
    title: "You may not see this",
    advice:
      "Your token lacks the permission. Ask an administrator of the workspace for another role.",
  },
  [Code.Unauthenticated]: {
    title: "You are signed out",
    advice: "Sign in again to go on.",
  },
  [Code.Unavailable]: {
    title: "Nobody answers",
    advice: "The network or the service is away. Try again in a moment; /health says how it is.",
  },
  [Code.DeadlineExceeded]: {
    title: "This took too long",
    advice: "Ask about a shorter time, or try again.",
  },
  [Code.ResourceExhausted]: {
    title: "Too many questions",
    advice: "The workspace's limit is used up for now. Wait a moment, then try again.",
  },
};

const TAKEN = {
  title: "There is one already whose name makes the same id",
  advice: "Choose another name.",
};
const CHANGED = {
  title: "Somebody else was faster",
  advice: "It says something else by now. Look at it, and change it again if it is still needed.",
};

const BY_REASON: Readonly<Record<string, Explanation>> = {
  ADDRESS_REFUSED: {
    title: "Nothing is sent there",
    advice:
      "It takes an address by https that is reached from everywhere. An operator may allow networks of its own.",
  },
  ALERT_RULE_CHANGED: CHANGED,
  ALERT_RULE_EXISTS: TAKEN,
  REPORT_DEFINITION_CHANGED: CHANGED,
  REPORT_DEFINITION_EXISTS: TAKEN,
  TARGET_CHANGED: CHANGED,
  TARGET_EXISTS: TAKEN,
  AGENT_NOT_FOUND: {
    title: "There is no such agent",
    advice: "It never ran in this workspace. Look for it on the page Agents.",
  },
  RESULT_TOO_LARGE: {
    title: "There is too much of it",
    advice: "Choose a shorter time, a narrower filter or another order.",
  },
  QUERY_TOO_EXPENSIVE: {
    title: "There is too much to read",
    advice: "Choose a shorter time. What was rolled up meanwhile is read fast: try again later.",
  },
  WORKSPACE_DENIED: {
    title: "This workspace is not yours",
    advice:
      "Your token is not good for it. Choose another one above, or sign in with another token.",
  },
};

/** What an error means to somebody, and what to do about it. */
export function explained(error: unknown): Explanation {
  const failed = ConnectError.from(error);
  const { reason = "", metadata = {} } = errorInfoOf(error) ?? {};
  if (reason === "PERMISSION_MISSING")
    return { title: "You may not do this", advice: adviceOn(metadata.permission ?? "") };
  const known = own(BY_REASON, reason) ?? BY_CODE[failed.code];
  if (known) return known;
  const fields = violationsOf(error).map((one) => `${one.field}: ${one.description}`);
  const advice = [failed.rawMessage, ...fields].join(". ");
  return { title: "That did not work", advice: advice || "Nothing says why. Try again." };
}

/** What the browser itself loads, scripts too, fails by a TypeError where the network is away. */
export async function loaded<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConnectError(error.message, Code.Unavailable);
  }
}
