import type { MessageInitShape } from "@bufbuild/protobuf";
import { toSeconds } from "shadower-client";
import { FilterSchema } from "shadower-client/gen/shadower/common/v1/filter_pb";
import {
  type KeptReportDefinition,
  type ReportDefinition,
  ReportDefinitionSchema,
  ReportFormat,
  ReportFrequency,
  ReportPeriod,
  type ReportSchedule,
  type ReportScheduleSchema,
  ReportSection,
} from "shadower-client/gen/shadower/reports/v1/report_definition_pb";
import { words } from "../format.ts";
import type { Choices, Filled } from "../ui/fields.ts";
import { changed, inOrder } from "./changed.ts";

type ScheduleShape = MessageInitShape<typeof ReportScheduleSchema>;
const DAY = 86_400;

export const PERIODS: Choices = [
  [ReportPeriod.LAST_DAY, "the last day"],
  [ReportPeriod.LAST_WEEK, "the last week"],
  [ReportPeriod.LAST_MONTH, "the last month"],
  [ReportPeriod.LAST_QUARTER, "the last quarter"],
  [ReportPeriod.LAST_DAYS, "the last days"],
];

export const FORMATS: Choices = [
  [ReportFormat.HTML, "HTML"],
  [ReportFormat.PDF, "PDF"],
  [ReportFormat.CSV, "CSV"],
  [ReportFormat.JSON, "JSON"],
  [ReportFormat.XLSX, "XLSX"],
  [ReportFormat.PARQUET, "Parquet"],
];

export const SECTIONS: Choices = [
  [ReportSection.SUMMARY, "Summary"],
  [ReportSection.AGENTS, "Agents"],
  [ReportSection.USERS, "Users"],
  [ReportSection.COST, "Cost"],
  [ReportSection.TRENDS, "Trends"],
  [ReportSection.COMPARISON, "Comparison"],
  [ReportSection.ANOMALIES, "Anomalies"],
  [ReportSection.ALERTS, "Alerts"],
];

/** Those that a report has if nobody chose others. */
export const USUAL_SECTIONS = [
  ReportSection.SUMMARY,
  ReportSection.AGENTS,
  ReportSection.COST,
  ReportSection.TRENDS,
];

export const FREQUENCIES: Choices = [
  [ReportFrequency.UNSPECIFIED, "when somebody asks"],
  [ReportFrequency.DAILY, "every day"],
  [ReportFrequency.WEEKLY, "every week"],
  [ReportFrequency.MONTHLY, "every month"],
  [ReportFrequency.QUARTERLY, "every quarter"],
];

export const WEEKDAYS: Choices = [
  [1, "Monday"],
  [2, "Tuesday"],
  [3, "Wednesday"],
  [4, "Thursday"],
  [5, "Friday"],
  [6, "Saturday"],
  [7, "Sunday"],
];

/** Which fields of a schedule a frequency has. */
export function hasWeekday(frequency: number): boolean {
  return frequency === ReportFrequency.WEEKLY;
}

export function hasDay(frequency: number): boolean {
  return frequency === ReportFrequency.MONTHLY || frequency === ReportFrequency.QUARTERLY;
}

export function hasMonth(frequency: number): boolean {
  return frequency === ReportFrequency.QUARTERLY;
}

export function daysKept({ retention }: ReportDefinition): number | undefined {
  return retention && toSeconds(retention) / DAY;
}

/** What a form says; what the form does not have stays as it was. */
export function definitionOf(form: Filled, kept: ReportDefinition | undefined): ReportDefinition {
  const days = form.number("kept");
  const filter = { agentIds: form.listed("agents"), models: form.listed("models") };
  return changed(ReportDefinitionSchema, kept, {
    title: form.text("title"),
    sections: inOrder(form.numbers("sections"), kept?.sections ?? []),
    period: form.number("period"),
    periodDays: form.number("periodDays"),
    timeZone: form.text("timeZone"),
    formats: inOrder(form.numbers("formats"), kept?.formats ?? []),
    recipients: inOrder(form.texts("recipients"), kept?.recipients ?? []),
    filter: changed(FilterSchema, kept?.filter, filter),
    schedule: scheduleOf(form),
    retention: days ? { seconds: BigInt(Math.round(days * DAY)), nanos: 0 } : undefined,
  });
}

/** Without a filter it is of all, as it is with one that says nothing, which forms have. */
export function withFilter(definition: ReportDefinition): ReportDefinition {
  return changed(ReportDefinitionSchema, definition, { filter: definition.filter ?? {} });
}

export function scheduleOf(form: Filled): ScheduleShape | undefined {
  const frequency = form.number("frequency");
  if (frequency === ReportFrequency.UNSPECIFIED) return undefined;
  return {
    frequency,
    localTime: form.text("localTime").slice(0, 5),
    weekday: form.number("weekday"),
    dayOfMonth: form.number("dayOfMonth"),
    monthOfQuarter: form.number("monthOfQuarter"),
  };
}

/** The time that a definition's reports are about, in words. */
export function periodIn(definition: ReportDefinition | undefined): string {
  const { period = 0, periodDays = 0 } = definition ?? {};
  return period === ReportPeriod.LAST_DAYS
    ? `last ${periodDays} days`
    : words(ReportPeriod[period]);
}

/** When its reports are made, in words. */
export function scheduleIn({ definition, dueTime }: KeptReportDefinition): string {
  const schedule = definition?.schedule;
  if (!schedule) return "when somebody asks";
  const rests = definition.disabled || !dueTime ? "; paused" : "";
  return `${often(schedule)} at ${schedule.localTime}, ${definition.timeZone || "UTC"}${rests}`;
}

function often({ frequency, weekday, dayOfMonth, monthOfQuarter }: ReportSchedule): string {
  const day = WEEKDAYS.find(([one]) => one === weekday)?.[1];
  if (frequency === ReportFrequency.WEEKLY) return `every ${day}`;
  if (frequency === ReportFrequency.MONTHLY) return `every month on day ${dayOfMonth}`;
  if (frequency === ReportFrequency.QUARTERLY)
    return `every quarter on day ${dayOfMonth} of month ${monthOfQuarter || 1}`;
  return "every day";
}
