import { html } from "lit-html";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { OpenPage } from "../app.ts";
import { ApiKeys } from "../ui/keys.ts";
import { permitted } from "../ui/lacking.ts";
import { Limits } from "../ui/limiting.ts";

/** Keys of programs, and how much may be asked how often. */
export const open: OpenPage = (context) => {
  const keys = permitted(context, Permission.API_KEYS_READ, () => new ApiKeys(context));
  const limits = permitted(context, Permission.LIMITS_READ, () => new Limits(context));
  return {
    title: "Keys and limits",
    render: () => html`${keys.show((one) => one.render())} ${limits.show((one) => one.render())}`,
  };
};
