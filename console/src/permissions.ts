import { getOption } from "@bufbuild/protobuf";
import {
  Permission,
  RoleSchema,
  role_grants,
} from "shadower-client/gen/shadower/common/v1/permission_pb";
import { own } from "./own.ts";

/**
 * What a token lets its holder do, by what it says and the contract grants. The services judge it;
 * by this the page leaves out what they would refuse, and says so.
 */
export function permissionsOf(role: string, named: readonly string[]): ReadonlySet<Permission> {
  const granted = ROLES.find((one) => one.name === role)?.grants ?? [];
  return new Set([...granted, ...named.flatMap(permissionNamed)]);
}

/** As tokens and errors write it: METRICS_READ is "metrics:read". */
export function nameOf(permission: Permission): string {
  return (Permission[permission] ?? "").toLowerCase().replace(/_(?=[a-z]+$)/, ":");
}

/** The roles that have it, such as ["owner", "admin"]. */
export function rolesWith(permission: Permission): string[] {
  return ROLES.filter((one) => one.grants.includes(permission)).map((one) => one.name);
}

/** What to do for somebody whose token lacks what is written so, such as "limits:write". */
export function adviceOn(name: string): string {
  const lacks = `Your token lacks the permission ${name}`;
  const [permission] = permissionNamed(name);
  // Of a contract that is newer than the page.
  if (permission === undefined)
    return `${lacks}. Ask an administrator of the workspace for a role that has it.`;
  const roles = rolesWith(permission);
  if (roles.length === 0) return `${lacks}, which no role has: an operator's token names it.`;
  return `${lacks}. Ask an administrator of the workspace for a role that has it: ${roles.join(", ")}.`;
}

const ROLES = RoleSchema.values.map((one) => ({
  name: one.localName.toLowerCase(),
  grants: getOption(one, role_grants),
}));

function permissionNamed(name: string): Permission[] {
  const constant = name.toUpperCase().replace(":", "_");
  const found = own<unknown>(Permission, constant);
  const isOne = typeof found === "number" && found !== Permission.UNSPECIFIED;
  return isOne && nameOf(found) === name ? [found] : [];
}
