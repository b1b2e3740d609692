/** What is shown while nobody answers, and when it is asked for again. */
import assert from "node:assert/strict";
import { beforeEach, type TestContext, test } from "node:test";
import { Code, ConnectError } from "shadower-client";
import { Loading } from "../src/loading.ts";

const AWAY = new ConnectError("away", Code.Unavailable);
const world = new EventTarget();

beforeEach(() => {
  Object.assign(globalThis, { addEventListener: world.addEventListener.bind(world) });
});

/** Something that is asked for, and answers one after the other: values, or errors. */
function asking(context: TestContext, ...answers: unknown[]) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const leaving = new AbortController();
  context.after(() => leaving.abort());
  const asked: number[] = [];
  const ask = async () => {
    asked.push(asked.length);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer as string;
  };
  const loading = new Loading(ask, { signal: leaving.signal, update: () => undefined });
  return { loading, asked, leaving };
}

/** Until all that is under way is done. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("what nobody answered is asked for again, later each time", async (context) => {
  const { loading, asked } = asking(context, AWAY, AWAY, "there");
  await settled();
  assert.equal(loading.error, AWAY);
  context.mock.timers.tick(5_000);
  await settled();
  context.mock.timers.tick(5_000);
  await settled();
  assert.equal(asked.length, 2);
  context.mock.timers.tick(5_000);
  await settled();
  assert.deepEqual([loading.value, loading.error], ["there", undefined]);
});

test("a page that was left asks no more", async (context) => {
  const { asked, leaving } = asking(context, AWAY, "there");
  leaving.abort();
  await settled();
  context.mock.timers.tick(60_000);
  world.dispatchEvent(new Event("online"));
  await settled();
  assert.equal(asked.length, 1);
});

test("when the network is back, it is asked for at once", async (context) => {
  const { loading, asked } = asking(context, AWAY, "there");
  await settled();
  world.dispatchEvent(new Event("online"));
  await settled();
  assert.equal(loading.value, "there");
  context.mock.timers.tick(60_000);
  await settled();
  assert.equal(asked.length, 2);
});

test("what was there stays while nobody answers, and goes where it is denied", async (context) => {
  const denied = new ConnectError("denied", Code.PermissionDenied);
  const { loading } = asking(context, "there", AWAY, denied);
  await settled();
  await loading.again();
  assert.deepEqual([loading.value, loading.error], ["there", AWAY]);
  await loading.again();
  assert.deepEqual([loading.value, loading.error], [undefined, denied]);
});

test("of two questions, the later one counts", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const waiting: ((value: string) => void)[] = [];
  const ask = () => new Promise<string>((resolve) => waiting.push(resolve));
  const page = { signal: new AbortController().signal, update: () => undefined };
  const loading = new Loading(ask, page);
  void loading.again();
  waiting[1]?.("later");
  await settled();
  waiting[0]?.("earlier");
  await settled();
  assert.equal(loading.value, "later");
});
