import { html } from "lit-html";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { OpenPage } from "../app.ts";
import { ApiKeys } from "../ui/keys.ts";
import { seen } from "../ui/lacking.ts";
import { Limits } from "../ui/limiting.ts";

/** Keys of programs, and how much may be asked how often. */
export const open: OpenPage = (context) => {
  const keys = context.may(Permission.API_KEYS_READ) ? new ApiKeys(context) : undefined;
  const limits = context.may(Permission.LIMITS_READ) ? new Limits(context) : undefined;
  return {
    title: "Keys and limits",
    render: () =>
      html`${seen(context, Permission.API_KEYS_READ, () => keys?.render())}
        ${seen(context, Permission.LIMITS_READ, () => limits?.render())}`,
  };
};
