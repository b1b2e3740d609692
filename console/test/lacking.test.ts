/** What a token does not allow is not asked for, and why there is nothing to see is said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { Context } from "../src/app.ts";
import { permitted } from "../src/ui/lacking.ts";
import { textOf } from "./templates.ts";

const { LEDGER_READ, JOBS_READ } = Permission;

/** A page of somebody who may do so much. */
function pageOf(...allowed: Permission[]) {
  const held = new Set(allowed);
  return { context: { may: (one: Permission) => held.has(one) } as Context, held };
}

test("what is allowed is opened once, and shown", () => {
  const opened: string[] = [];
  const { context } = pageOf(LEDGER_READ);
  const ledger = permitted(context, LEDGER_READ, () => opened.push("ledger"));
  assert.equal(textOf(ledger.show((many) => `${many} opened`)), "1 opened");
  ledger.show(() => "");
  assert.deepEqual(opened, ["ledger"]);
});

test("what is not allowed is not opened, and the permission is named", () => {
  const { context } = pageOf(LEDGER_READ);
  const jobs = permitted(context, JOBS_READ, () => assert.fail("it was opened"));
  const shown = textOf(jobs.show(() => assert.fail("it was shown")));
  assert.equal(jobs.value, undefined);
  assert.match(shown, /data-lacks=jobs:read/);
});

test("what another token does not allow any more is not shown any more", () => {
  const { context, held } = pageOf(LEDGER_READ);
  const ledger = permitted(context, LEDGER_READ, () => "ledger");
  held.clear();
  assert.match(textOf(ledger.show((one) => one)), /You may not see this/);
});
