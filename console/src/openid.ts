import type { OpenId } from "./config.ts";
import { Refusal, type Session, sessionOf } from "./session.ts";

const PENDING = "shadower.signing-in";

interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

interface Pending {
  readonly state: string;
  readonly verifier: string;
  readonly place: string;
}

/** Leaves the page for the issuer's (RFC 6749 section 4.1, RFC 7636). */
export async function signIn(openId: OpenId): Promise<void> {
  const pending = { state: random(), verifier: random(), place: location.hash };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const target = new URL((await endpointsOf(openId)).authorization_endpoint);
  const asked = {
    response_type: "code",
    client_id: openId.clientId,
    redirect_uri: callback(),
    scope: openId.scope,
    audience: openId.audience,
    state: pending.state,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) target.searchParams.set(name, value);
  location.assign(target);
}

/** Whether the issuer has sent somebody back to this page. */
export function isReturning(): boolean {
  const given = new URLSearchParams(location.search);
  return given.has("state") && (given.has("code") || given.has("error"));
}

/** Throws an Error that says what the issuer said. */
export async function returned(openId: OpenId): Promise<Session> {
  const given = new URLSearchParams(location.search);
  const pending: Pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "{}");
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", `/${pending.place ?? location.hash}`);
  if (!pending.state || given.get("state") !== pending.state)
    throw new Error("This sign-in was not begun in this tab. Begin it again.");
  if (given.has("error"))
    throw new Error(given.get("error_description") ?? given.get("error") ?? "");
  return tokens(openId, {
    grant_type: "authorization_code",
    code: given.get("code") ?? "",
    code_verifier: pending.verifier,
    redirect_uri: callback(),
  });
}

/** A session with a new token; throws if the issuer does not give one. */
export function renewed(openId: OpenId, refreshToken: string): Promise<Session> {
  return tokens(openId, { grant_type: "refresh_token", refresh_token: refreshToken });
}

async function tokens(openId: OpenId, asked: Record<string, string>): Promise<Session> {
  const body = new URLSearchParams({ client_id: openId.clientId, ...asked });
  const answer = await fetch((await endpointsOf(openId)).token_endpoint, { method: "POST", body });
  // Whoever is overloaded or broken has refused nothing.
  if (answer.status === 429 || answer.status >= 500)
    throw new Error(`the issuer answers with status ${answer.status}`);
  const told = await answer.json();
  if (!answer.ok)
    throw new Refusal(told.error_description ?? told.error ?? `status ${answer.status}`);
  return sessionOf(told.access_token, {
    refreshToken: told.refresh_token ?? asked.refresh_token,
    ...(told.expires_in && { life: Number(told.expires_in) * 1000 }),
  });
}

async function endpointsOf(openId: OpenId): Promise<Endpoints> {
  const base = openId.issuer.replace(/\/$/, "");
  const answer = await fetch(`${base}/.well-known/openid-configuration`);
  if (!answer.ok) throw new Error(`the issuer ${base} does not say where to sign in`);
  return answer.json();
}

function callback(): string {
  return `${location.origin}/`;
}

function random(): string {
  return encoded(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return encoded(new Uint8Array(hash));
}

function encoded(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
