/** Lists are fetched to their end, and where that is too far it is said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listed } from "../src/data/paging.ts";
import { further } from "../src/ui/further.ts";
import { textOf } from "./templates.ts";

/** A service with a list of so many, of which a page has two. */
function listing(many: number) {
  const asked: string[] = [];
  const ask = async (pageToken: string) => {
    asked.push(pageToken);
    const from = Number(pageToken || 0);
    const names = Array.from({ length: Math.min(2, many - from) }, (_, at) => `${from + at}`);
    return { names, nextPageToken: from + 2 < many ? `${from + 2}` : "" };
  };
  return { ask, asked };
}

test("a list is fetched to its end", async () => {
  const { ask, asked } = listing(5);
  const told = await listed(ask, (answer) => answer.names);
  assert.deepEqual(told, { all: ["0", "1", "2", "3", "4"], isWhole: true });
  assert.deepEqual(asked, ["", "2", "4"]);
});

test("a list that ends with a page is whole", async () => {
  const told = await listed(listing(4).ask, (answer) => answer.names, 2);
  assert.deepEqual(told, { all: ["0", "1", "2", "3"], isWhole: true });
});

test("of a list that goes on and on so much is fetched, and the rest is told of", async () => {
  const { ask, asked } = listing(1_000_000);
  const told = await listed(ask, (answer) => answer.names);
  assert.equal(told.isWhole, false);
  assert.equal(told.all.length, 2 * asked.length);
  assert.ok(asked.length < 20);
  const said = textOf(further("acme", told, "rules", "alertRules"));
  assert.match(said, new RegExp(`more than these ${told.all.length} rules`));
  assert.match(said, /\/v1\/workspaces\/acme\/alertRules/);
});

test("nothing is said of a list that is whole", async () => {
  const told = await listed(listing(3).ask, (answer) => answer.names);
  assert.equal(typeof further("acme", told, "rules", "alertRules"), "symbol");
});
