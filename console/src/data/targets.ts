import type { MessageInitShape } from "@bufbuild/protobuf";
import { Severity } from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { EventType } from "shadower-client/gen/shadower/ingest/v1/event_pb";
import { NotificationsService } from "shadower-client/gen/shadower/notifications/v1/notifications_service_pb";
import {
  type KeptTarget,
  type Target,
  TargetSchema,
} from "shadower-client/gen/shadower/notifications/v1/target_pb";
import type { Context } from "../app.ts";
import { words } from "../format.ts";
import type { Choices, Filled } from "../ui/fields.ts";
import { changed, inOrder } from "./changed.ts";
import { listed, PAGE } from "./paging.ts";

type Address = Exclude<Target["address"], { case: undefined }>;
export type Kind = Address["case"];

export const KINDS: readonly (readonly [Kind, string])[] = [
  ["webhook", "Webhook"],
  ["slack", "Slack"],
  ["teams", "Microsoft Teams"],
  ["pagerDuty", "PagerDuty"],
  ["email", "Mail"],
];

/** All targets of the workspace; none for those who may not see them. */
export async function targetsOf({ shadower, signal, may }: Context): Promise<KeptTarget[]> {
  if (!may(Permission.NOTIFICATIONS_READ)) return [];
  const client = shadower.service(NotificationsService);
  const ask = (pageToken: string) => client.listTargets({ pageSize: PAGE, pageToken }, { signal });
  return (await listed(ask, ({ targets }) => targets)).all;
}

/** Of which events targets are told. */
export const EVENTS: Choices = [
  [EventType.ALERT_TRIGGERED, "An alert was triggered"],
  [EventType.ALERT_ACKNOWLEDGED, "An alert was acknowledged"],
  [EventType.ALERT_RESOLVED, "An alert was resolved"],
  [EventType.REPORT_GENERATED, "A report is there"],
  [EventType.REPORT_FAILED, "A report failed"],
];

export function kindOf(target: Target | undefined): Kind {
  return target?.address.case ?? "webhook";
}

interface Parts {
  readonly url?: string;
  readonly routingKey?: string;
  readonly to?: readonly string[];
}

/** What is said of where messages go, if they go there by that kind. */
export function addressIn(target: Target | undefined, kind: Kind): Parts {
  const address = target?.address;
  return address?.case === kind ? address.value : {};
}

export function kindName(target: Target | undefined): string {
  return KINDS.find(([kind]) => kind === target?.address.case)?.[1] ?? "";
}

/** Of what it is told, in words. */
export function subjectOf({ target }: KeptTarget): string {
  if (!target) return "";
  if (target.onlyAsRecipient) return "what names it";
  const severity = target.leastSeverity ? `from ${words(Severity[target.leastSeverity])}` : "";
  const rules = target.ruleIds.length ? `rules ${target.ruleIds.join(", ")}` : "";
  const labels = Object.entries(target.labels).map(([name, value]) => `${name}=${value}`);
  const events = target.eventTypes.map((one) => words(EventType[one]));
  const told = [events.join(", "), severity, rules, labels.join(", ")].filter(Boolean);
  return told.join("; ") || "all alerts";
}

export function standingOf({ target, gone, failures }: KeptTarget): string {
  if (gone) return "off: its receiver is gone";
  if (target?.disabled) return "off";
  return failures ? `failing: ${failures} in a row` : "on";
}

/** What a form says; what the form does not have stays as it was. */
export function targetOf(form: Filled, kept: Target | undefined): Target {
  return changed(TargetSchema, kept, {
    name: form.text("name"),
    address: addressOf(form),
    eventTypes: inOrder(form.numbers("eventTypes"), kept?.eventTypes ?? []),
    leastSeverity: form.number("leastSeverity"),
    ruleIds: inOrder(form.texts("ruleIds"), kept?.ruleIds ?? []),
    labels: Object.fromEntries(form.listed("labels", /\n/).map(pairOf)),
    onlyAsRecipient: form.has("onlyAsRecipient"),
    titleTemplate: form.written("titleTemplate"),
    bodyTemplate: form.written("bodyTemplate"),
    maxPerMinute: form.number("maxPerMinute"),
  });
}

function addressOf(form: Filled): NonNullable<MessageInitShape<typeof TargetSchema>["address"]> {
  const kind = form.text("kind") as Kind;
  const url = form.text("url");
  if (kind === "email") return { case: kind, value: { to: form.listed("to") } };
  if (kind === "pagerDuty")
    return { case: kind, value: { routingKey: form.text("routingKey"), url } };
  return { case: kind, value: { url } };
}

function pairOf(line: string): [string, string] {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

/** The same with another standing, for an update: addresses that are left empty stay. */
export function turned(target: Target, disabled: boolean): Target {
  return changed(TargetSchema, target, { disabled });
}
