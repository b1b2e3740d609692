import type { MessageInitShape } from "@bufbuild/protobuf";
import { toSeconds } from "shadower-client";
import type {
  EscalationLevel,
  EscalationLevelSchema,
} from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import type { KeptTarget } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import { seconds } from "../format.ts";
import type { Filled } from "../ui/fields.ts";
import { inOrder } from "./changed.ts";

export type LevelShape = MessageInitShape<typeof EscalationLevelSchema>;
const MINUTE = 60;

/** A level as a form has it. */
export interface Step {
  readonly key: number;
  /** After the alert; empty for one that nobody has filled in yet. */
  readonly minutes: string;
  readonly recipients: readonly string[];
}

export function stepOf(level: EscalationLevel, key: number): Step {
  const delay = level.delay ? toSeconds(level.delay) : 0;
  return { key, minutes: delay ? `${delay / MINUTE}` : "", recipients: level.recipients };
}

/** What a form says of a level. */
export function levelOf(form: Filled, { key, recipients }: Step): LevelShape {
  const delay = Math.round(form.number(`minutes-${key}`) * MINUTE);
  return {
    delay: { seconds: BigInt(delay), nanos: 0 },
    recipients: inOrder(form.texts(`recipients-${key}`), recipients),
  };
}

/**
 * Targets by what people call them, and those that are named without being there. While it is not
 * known which ones there are, those that are named.
 */
export function recipientsOf(
  targets: readonly KeptTarget[] | undefined,
  named: readonly string[],
): (readonly [string, string])[] {
  if (!targets) return [...new Set(named)].map((id) => [id, id] as const);
  const known = targets.map((one) => [one.targetId, one.target?.name ?? one.targetId] as const);
  const others = named.filter((id) => !targets.some((one) => one.targetId === id));
  return [...known, ...[...new Set(others)].map((id) => [id, `${id} (no target)`] as const)];
}

/** A rule's levels in words. */
export function escalationIn(
  levels: readonly EscalationLevel[],
  targets: readonly KeptTarget[],
): string[] {
  return levels.map(({ delay, recipients }) => {
    const names = recipients.map(
      (id) => targets.find((one) => one.targetId === id)?.target?.name ?? id,
    );
    return `after ${seconds(delay && toSeconds(delay))}: ${names.join(", ")}`;
  });
}
