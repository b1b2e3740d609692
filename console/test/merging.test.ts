/** What two people make of one thing at once: nobody's words are lost without a word. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, equals, type MessageInitShape } from "@bufbuild/protobuf";
import { TargetSchema } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import {
  ReportDefinitionSchema,
  ReportFrequency,
} from "shadower-client/gen/shadower/reports/v1/report_definition_pb";
import { changed, inOrder } from "../src/data/changed.ts";
import { withFilter } from "../src/data/definitions.ts";
import { differing, isSame, pieced } from "../src/data/merging.ts";

const definition = (said: MessageInitShape<typeof ReportDefinitionSchema>) =>
  create(ReportDefinitionSchema, said);
const target = (said: MessageInitShape<typeof TargetSchema>) => create(TargetSchema, said);

const BEFORE = definition({ title: "Weekly", recipients: ["board"], filter: { models: ["m"] } });

/** The same with something else in some fields. */
const besides = (said: MessageInitShape<typeof ReportDefinitionSchema>) =>
  changed(ReportDefinitionSchema, BEFORE, said);

test("what nobody wrote into is as it is by now", () => {
  const now = besides({ title: "Monthly", recipients: [] });
  assert.ok(equals(ReportDefinitionSchema, pieced(BEFORE, besides({}), BEFORE, now), now));
});

test("what was written stays, whatever it is by now", () => {
  const written = besides({ title: "Mine" });
  const now = besides({ title: "Theirs", recipients: ["others"] });
  const both = pieced(BEFORE, written, written, now);
  assert.deepEqual([both.title, both.recipients], ["Mine", ["others"]]);
});

test("a filter of which each changed a part has both parts", () => {
  const written = besides({ filter: { models: ["m"], agentIds: ["a"] } });
  const now = besides({ filter: { models: ["other"] } });
  const { filter } = pieced(BEFORE, written, written, now);
  assert.deepEqual([filter?.agentIds, filter?.models], [["a"], ["other"]]);
});

test("a schedule that was taken away stays away, and one that was made stays", () => {
  const daily = definition({ schedule: { frequency: ReportFrequency.DAILY, localTime: "08:00" } });
  const later = definition({ schedule: { frequency: ReportFrequency.DAILY, localTime: "09:00" } });
  const never = definition({});
  assert.equal(pieced(daily, never, never, later).schedule, undefined);
  assert.equal(pieced(never, daily, daily, never).schedule?.localTime, "08:00");
});

test("an address is one thing", () => {
  const hook = target({ address: { case: "webhook", value: { url: "" } } });
  const mine = target({ address: { case: "webhook", value: { url: "https://mine" } } });
  const mail = target({ address: { case: "email", value: { to: ["a@b"] } } });
  assert.deepEqual(pieced(hook, mine, mine, mail).address, mine.address);
  assert.deepEqual(pieced(hook, hook, hook, mail).address, mail.address);
});

test("fields that differ are named, and no others", () => {
  const now = besides({ title: "Theirs", filter: { models: ["other"] } });
  assert.deepEqual(differing(BEFORE, now).sort(), ["filter", "title"]);
  assert.deepEqual(differing(BEFORE, besides({})), []);
});

test("numbers, lists and parts that are not there are told apart", () => {
  assert.ok(isSame({ a: [1n, 2n] }, { a: [1n, 2n] }));
  for (const [one, other] of [
    [[1], [1, 2]],
    [{ a: 1n }, { a: 2n }],
    [{ a: {} }, {}],
    [undefined, null],
  ] as const)
    assert.ok(!isSame(one, other));
});

test("a definition that has no filter is merged as one whose filter says nothing", () => {
  const [bare, ofMine] = [definition({ title: "All" }), { agentIds: ["a"] }];
  assert.deepEqual(differing(withFilter(bare), definition({ title: "All", filter: {} })), []);
  const written = definition({ title: "All", filter: ofMine });
  const now = withFilter(definition({ title: "All", filter: { models: ["m"] } }));
  const both = pieced(withFilter(bare), written, written, now);
  const { agentIds, models } = both.filter ?? {};
  assert.deepEqual({ agentIds, models }, { agentIds: ["a"], models: ["m"] });
});

test("boxes that stand in another order say the same", () => {
  assert.deepEqual(inOrder(["a", "b"], ["b", "a"]), ["b", "a"]);
  assert.deepEqual(inOrder(["a", "c"], ["b", "a"]), ["a", "c"]);
});
