import { loaded } from "./explaining.ts";

/** How people sign in at an issuer of tokens. */
export interface OpenId {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly audience: string;
}

/** What differs between deployments (gateway/web/page.py). */
export interface Config {
  readonly tokenSignIn: boolean;
  readonly openId: OpenId | null;
}

export async function readConfig(): Promise<Config> {
  const answer = await loaded(fetch("/console.json", { credentials: "omit" }));
  if (!answer.ok) throw new Error(`/console.json was answered with ${answer.status}`);
  return answer.json();
}
