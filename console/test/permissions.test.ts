/** What a token allows, as the page reads it; the services read the same (services/runtime/identity.py). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { nameOf, permissionsOf, rolesWith } from "../src/permissions.ts";

test("a role has what the contract grants, and a token may name more", () => {
  const may = permissionsOf("viewer", ["limits:write", "notification_deliveries:write"]);
  assert.deepEqual([...may].map(nameOf).sort(), [
    "alerts:read",
    "limits:write",
    "metrics:read",
    "notification_deliveries:write",
    "workspaces:read",
  ]);
});

test("what is no role and no permission allows nothing", () => {
  const strange = [
    "",
    "limits",
    "LIMITS:WRITE",
    "unspecified",
    "constructor",
    "16",
    "limits_write",
  ];
  for (const role of ["", "Owner", "unspecified", "toString"])
    assert.deepEqual([...permissionsOf(role, strange)], []);
});

test("who asks for a role is told which ones have it", () => {
  assert.deepEqual(rolesWith(Permission.NOTIFICATIONS_WRITE), ["owner", "admin"]);
  assert.deepEqual(rolesWith(Permission.LIMITS_WRITE), []);
});

test("every permission is written as services write it", () => {
  for (const one of Object.values(Permission).filter((value) => Number(value) > 0))
    assert.match(nameOf(one as Permission), /^[a-z_]+:(read|write)$/);
});
