import type { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { permissionsOf } from "./permissions.ts";

const KEPT = "shadower.session";

/** Who is signed in. The token is judged by the services; here it is only read. */
export interface Session {
  readonly token: string;
  readonly refreshToken?: string;
  readonly subject: string;
  readonly role: string;
  readonly workspaces: readonly string[];
  readonly permissions: ReadonlySet<Permission>;
  /** When it came here, by the clock of this machine, in milliseconds since 1970. */
  readonly received: number;
  /** For how long it was good then, in milliseconds; of a token that was pasted, at most. */
  readonly life: number;
}

/** What else is known of a token. */
interface Beside {
  readonly refreshToken?: string | undefined;
  /** In milliseconds. */
  readonly life?: number | undefined;
  readonly received?: number | undefined;
}

/** The issuer of tokens gives none. */
export class Refusal extends Error {}

export const SYSTEM_WORKSPACE = "shadower-system";

/** Throws an Error that says what is wrong with what was pasted. */
export function sessionOf(token: string, beside: Beside = {}): Session {
  const { refreshToken, received = Date.now() } = beside;
  const claims = claimsOf(token.trim());
  const workspaces = strings(claims.workspace_ids);
  if (workspaces.length === 0)
    throw new Error("This token is good for no workspace (workspace_ids).");
  return {
    token: token.trim(),
    ...(refreshToken && { refreshToken }),
    subject: String(claims.email ?? claims.sub ?? ""),
    role: String(claims.role ?? ""),
    workspaces,
    permissions: permissionsOf(String(claims.role ?? ""), strings(claims.permissions)),
    received,
    life: beside.life ?? lifeOf(claims, received),
  };
}

/** From when it was made until it ends: that is the issuer's clock alone, and ours may be wrong. */
function lifeOf({ exp, iat }: Record<string, unknown>, received: number): number {
  const ends = Number(exp ?? 0) * 1000;
  return ends - (iat === undefined ? received : Number(iat) * 1000);
}

/** How long it is still good, in milliseconds. */
export function leftOf({ received, life }: Session): number {
  return received + life - Date.now();
}

function claimsOf(token: string): Record<string, unknown> {
  try {
    const payload = token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "";
    const bytes = Uint8Array.from(atob(payload), (one) => one.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Error("This is not a token. It has three parts with dots between them: eyJ….eyJ….…");
  }
}

function strings(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.map(String) : [];
}

/** Of this tab, until it is closed; others need not know. */
export function kept(): Session | undefined {
  const found = sessionStorage.getItem(KEPT);
  if (!found) return undefined;
  try {
    const { token, ...beside } = JSON.parse(found);
    return sessionOf(token, beside);
  } catch {
    return undefined;
  }
}

export function keep(session: Session | undefined): void {
  if (!session) sessionStorage.removeItem(KEPT);
  else {
    const { token, refreshToken, received, life } = session;
    sessionStorage.setItem(KEPT, JSON.stringify({ token, refreshToken, received, life }));
  }
}
