const KEPT = "shadower.session";

/** Who is signed in. The token is judged by the services; here it is only read. */
export interface Session {
  readonly token: string;
  readonly refreshToken?: string;
  readonly subject: string;
  readonly role: string;
  readonly workspaces: readonly string[];
  /** In milliseconds since 1970. */
  readonly expires: number;
}

export const SYSTEM_WORKSPACE = "shadower-system";

/** Throws an Error that says what is wrong with what was pasted. */
export function sessionOf(token: string, refreshToken?: string): Session {
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
    expires: Number(claims.exp ?? 0) * 1000,
  };
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
    const { token, refreshToken } = JSON.parse(found);
    return sessionOf(token, refreshToken);
  } catch {
    return undefined;
  }
}

export function keep(session: Session | undefined): void {
  if (!session) sessionStorage.removeItem(KEPT);
  else {
    const { token, refreshToken } = session;
    sessionStorage.setItem(KEPT, JSON.stringify({ token, refreshToken }));
  }
}
