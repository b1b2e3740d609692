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
