import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { idOf } from "../src/ids.ts";

// What commands make of the same names: tests/unit/test_documents.py.
const CASES: [string, string][] = JSON.parse(
  readFileSync(new URL("../../tests/data/ids.json", import.meta.url), "utf8"),
);

test("the page and commands make the same id of a name", () => {
  for (const [name, id] of CASES) {
    const made = idOf(name, "rule");
    if (id) assert.equal(made, id);
    else assert.match(made, /^rule-[a-z0-9]+$/);
  }
});
