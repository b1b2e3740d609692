import { html, nothing, type TemplateResult } from "lit-html";
import type { Console } from "../console.ts";
import { sessionOf } from "../session.ts";

/** How somebody gets in here: by the issuer, by a token, or not at all. */
export function signInPage(console: Console): TemplateResult {
  const { openId, tokenSignIn } = console.config;
  return html`<main class="signing">
    <h1>Shadower Analytics</h1>
    ${console.ended ? html`<p class="failure" role="alert">${console.ended}</p>` : nothing}
    ${openId ? byIssuer(console) : nothing} ${tokenSignIn ? byToken(console) : nothing}
    ${openId || tokenSignIn ? nothing : nowhere()}
  </main>`;
}

function byIssuer(console: Console): TemplateResult {
  const { openId } = console.config;
  if (!isSecureContext) return elsewhere();
  const begin = async () => {
    if (!openId) return;
    try {
      await (await import("../openid.ts")).signIn(openId);
    } catch (error) {
      console.ended = error instanceof Error ? error.message : String(error);
      console.draw();
    }
  };
  return html`<button type="button" class="primary" @click=${begin}>Sign in</button>`;
}

/** Browsers calculate what a sign-in needs for such pages only. */
function elsewhere(): TemplateResult {
  return html`<p class="failure" role="alert">
    Signing in needs this page to come by https, or from this machine itself (127.0.0.1): browsers
    do not let a page that came by plain http do it. Ask for it by https.
  </p>`;
}

function byToken(console: Console): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement).get("token");
    try {
      console.signedIn(sessionOf(String(given)));
    } catch (error) {
      console.ended = error instanceof Error ? error.message : String(error);
      console.draw();
    }
  };
  return html`<form @submit=${submit}>
    <label for="token">Token</label>
    <textarea id="token" name="token" rows="5" required spellcheck="false" autocomplete="off"
      aria-describedby="token-help"></textarea>
    <p id="token-help" class="help">
      <code>shadower up</code> prints one for workspace demo, and
      <code>shadower token --workspace NAME</code> one for any. It is kept in this tab only.
    </p>
    <button type="submit" class="primary">Sign in with this token</button>
  </form>`;
}

function nowhere(): TemplateResult {
  return html`<div class="failure" role="alert">
    <h2>Nobody can sign in here yet</h2>
    <p>
      Register the console as a public client at your identity provider and set
      <code>SHADOWER_CONSOLE_CLIENT_ID</code>, or set
      <code>SHADOWER_CONSOLE_TOKEN_SIGN_IN=true</code> to let people paste tokens.
    </p>
  </div>`;
}
