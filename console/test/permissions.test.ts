/** What a token allows, as the page reads it; the services read the same (services/runtime/identity.py). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "shadower-client";
import { ErrorInfoSchema } from "shadower-client/gen/google/rpc/error_details_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { explained } from "../src/explaining.ts";
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

test("who is refused is told the same as who is not even offered it", () => {
  const refused = (permission: string) => {
    const value = { reason: "PERMISSION_MISSING", metadata: { permission } };
    const details = [{ desc: ErrorInfoSchema, value }];
    return explained(new ConnectError("", Code.PermissionDenied, undefined, details)).advice;
  };
  assert.match(refused("limits:write"), /which no role has/);
  assert.match(refused("notifications:write"), /has it: owner, admin\.$/);
  assert.match(refused("of:later"), /lacks the permission of:later\. Ask .* has it\.$/);
});
