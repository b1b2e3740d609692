import type { OpenPage } from "./app.ts";

interface Entry {
  readonly label: string;
  readonly load: () => Promise<{ open: OpenPage }>;
  /** Whether the time range means something to it. */
  readonly hasRange: boolean;
}

export const OVERVIEW: Entry = {
  label: "Overview",
  load: () => import("./pages/overview.ts"),
  hasRange: true,
};

/** In the order of the menu. Each is loaded when somebody goes there. */
export const PAGES: Readonly<Record<string, Entry>> = {
  overview: OVERVIEW,
  agents: { label: "Agents", load: () => import("./pages/agents.ts"), hasRange: true },
  explorer: { label: "Explorer", load: () => import("./pages/explorer.ts"), hasRange: true },
  live: { label: "Live", load: () => import("./pages/live.ts"), hasRange: false },
  alerts: { label: "Alerts", load: () => import("./pages/alerts.ts"), hasRange: false },
  notifications: {
    label: "Notifications",
    load: () => import("./pages/notifications.ts"),
    hasRange: false,
  },
  reports: { label: "Reports", load: () => import("./pages/reports.ts"), hasRange: false },
  ingestion: { label: "Ingestion", load: () => import("./pages/ingestion.ts"), hasRange: true },
  jobs: { label: "Jobs", load: () => import("./pages/jobs.ts"), hasRange: false },
  access: { label: "Keys and limits", load: () => import("./pages/access.ts"), hasRange: false },
};
