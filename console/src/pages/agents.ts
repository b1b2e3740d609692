import type { OpenPage } from "../app.ts";
import { agentPage } from "./agent.ts";
import { leaderboard } from "./leaderboard.ts";

/** The leaderboard, or one agent of it. */
export const open: OpenPage = (context) =>
  context.route.item ? agentPage(context) : leaderboard(context);
