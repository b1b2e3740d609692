/** Renewing tokens, with an issuer and a clock of the test's own. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Renewal } from "../src/renewal.ts";
import { leftOf, type Session, sessionOf } from "../src/session.ts";

const OPEN_ID = { issuer: "https://id.test", clientId: "c", scope: "openid", audience: "a" };
const HOUR = 3_600_000;

function tokenOf(claims: object): string {
  const all = { workspace_ids: ["w"], ...claims };
  return `h.${Buffer.from(JSON.stringify(all)).toString("base64url")}.s`;
}

function begun(life: number, refreshToken?: string): Session {
  const iat = Date.now() / 1000;
  return sessionOf(tokenOf({ iat, exp: iat + life / 1000 }), { refreshToken });
}

/** An issuer that answers so, a clock that stands, and what a renewal told. */
function issuing(context: TestContext, answer: () => Response | Promise<Response>) {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
  const asked: string[] = [];
  context.mock.method(globalThis, "fetch", async (url: string) => {
    if (url.endsWith("openid-configuration"))
      return Response.json({ token_endpoint: "https://id.test/token" });
    asked.push(url);
    return answer();
  });
  const told: string[] = [];
  const renewal = new Renewal(OPEN_ID, {
    renewed: (session) => {
      told.push("renewed");
      renewal.watch(session);
    },
    ended: () => told.push("ended"),
    refused: () => told.push("refused"),
  });
  return { asked, told, renewal };
}

function another(life: number) {
  return Response.json({ access_token: begun(life).token, expires_in: life / 1000 });
}

/** Until all that is under way is done: what is awaited includes the loading of a module. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
}

test("a token is renewed half a minute ahead, reckoned from when it came", async (context) => {
  const { told, renewal } = issuing(context, () => another(HOUR));
  await import("../src/openid.ts");
  // The issuer's clock is a day behind.
  const iat = Date.now() / 1000 - 86_400;
  renewal.watch(sessionOf(tokenOf({ iat, exp: iat + 3600 }), { refreshToken: "r" }));
  context.mock.timers.tick(HOUR - 31_000);
  await settled();
  assert.deepEqual(told, []);
  context.mock.timers.tick(2_000);
  await settled();
  assert.deepEqual(told, ["renewed"]);
  renewal.stop();
});

test("tokens that live for seconds are not asked for without a pause", async (context) => {
  const { asked, renewal } = issuing(context, () => another(2_000));
  renewal.watch(begun(2_000, "r"));
  for (let second = 0; second < 21; second++) {
    context.mock.timers.tick(1_000);
    await settled();
  }
  assert.equal(asked.length, 4);
  renewal.stop();
});

test("who signs out while a token is renewed stays signed out", async (context) => {
  let answer: (response: Response) => void = () => undefined;
  const waiting = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  const { asked, told, renewal } = issuing(context, () => waiting);
  renewal.watch(begun(HOUR, "r"));
  context.mock.timers.tick(HOUR);
  await settled();
  assert.equal(asked.length, 1);
  renewal.stop();
  answer(another(HOUR));
  await settled();
  assert.deepEqual(told, []);
});

test("an issuer that is away is asked again until the token's end", async (context) => {
  const { told, renewal } = issuing(context, () => {
    throw new TypeError("Failed to fetch");
  });
  renewal.watch(begun(HOUR, "r"));
  context.mock.timers.tick(HOUR - 30_000);
  await settled();
  assert.deepEqual(told, []);
  for (let tries = 0; tries < 6; tries++) {
    context.mock.timers.tick(5_000);
    await settled();
  }
  assert.deepEqual(told, ["ended"]);
});

test("an issuer that gives none ends it at once", async (context) => {
  const { told, renewal } = issuing(context, () =>
    Response.json({ error: "invalid_grant" }, { status: 400 }),
  );
  renewal.watch(begun(HOUR, "r"));
  context.mock.timers.tick(HOUR);
  await settled();
  assert.deepEqual(told, ["ended"]);
});

test("a token that is refused is renewed once, and not if it has just come", async (context) => {
  const { asked, told, renewal } = issuing(context, () => another(HOUR));
  const session = begun(HOUR, "r");
  renewal.watch(session);
  context.mock.timers.tick(60_000);
  const all = await Promise.all([renewal.refused(session.token), renewal.refused(session.token)]);
  assert.deepEqual(all, [true, true]);
  assert.equal(asked.length, 1);
  assert.deepEqual(told, ["renewed"]);
  const latest = begun(HOUR, "r");
  renewal.watch(latest);
  assert.equal(await renewal.refused(latest.token), false);
  assert.deepEqual(told, ["renewed", "refused"]);
  renewal.stop();
});

test("a clock that is wrong signs nobody out who pasted a token", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_000 });
  const iat = Date.now() / 1000 - 7 * 86_400;
  assert.equal(leftOf(sessionOf(tokenOf({ iat, exp: iat + 3600 }))), HOUR);
});
