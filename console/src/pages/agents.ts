import { nothing } from "lit-html";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { OpenPage } from "../app.ts";
import { seen } from "../ui/lacking.ts";
import { agentPage } from "./agent.ts";
import { leaderboard } from "./leaderboard.ts";

/** The leaderboard, or one agent of it. */
export const open: OpenPage = (context) => {
  const { AGENTS_READ } = Permission;
  if (!context.may(AGENTS_READ))
    return { title: "Agents", render: () => seen(context, AGENTS_READ, () => nothing) };
  return context.route.item ? agentPage(context) : leaderboard(context);
};
