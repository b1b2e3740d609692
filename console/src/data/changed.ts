import {
  clone,
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";

/** A message that says something else in some fields; what is undefined there is not said any more. */
export function changed<S extends DescMessage>(
  schema: S,
  kept: MessageShape<S> | undefined,
  fields: { [K in keyof MessageInitShape<S>]?: MessageInitShape<S>[K] | undefined },
): MessageShape<S> {
  const said = create(schema, fields as MessageInitShape<S>);
  const names = Object.keys(fields) as (keyof MessageShape<S>)[];
  const next = names.map((name) => [name, said[name]]);
  return Object.assign(kept ? clone(schema, kept) : create(schema), Object.fromEntries(next));
}

/** Those that were there stay where they were; boxes know no order. */
export function inOrder<T>(chosen: readonly T[], before: readonly T[]): T[] {
  const stay = before.filter((one) => chosen.includes(one));
  return [...stay, ...chosen.filter((one) => !stay.includes(one))];
}
