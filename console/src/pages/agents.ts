import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { OpenPage } from "../app.ts";
import { permitted } from "../ui/lacking.ts";
import { agentPage } from "./agent.ts";
import { leaderboard } from "./leaderboard.ts";

/** The leaderboard, or one agent of it. */
export const open: OpenPage = (context) => {
  const page = permitted(context, Permission.AGENTS_READ, () =>
    context.route.item ? agentPage(context) : leaderboard(context),
  );
  return {
    get title() {
      return page.value?.title ?? "Agents";
    },
    render: () => page.show((one) => one.render()),
  };
};
