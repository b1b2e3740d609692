import { html, nothing, type TemplateResult } from "lit-html";
import type { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { Context } from "../app.ts";
import { adviceOn, nameOf } from "../permissions.ts";

/** What to show to those who may, or why there is nothing to see. */
export function seen(
  context: Context,
  permission: Permission,
  content: () => unknown,
): TemplateResult {
  if (context.may(permission)) return html`${content()}`;
  return html`<div class="failure" data-lacks=${nameOf(permission)}>
    <h3>You may not see this</h3>
    <p>${adviceOn(nameOf(permission))}</p>
  </div>`;
}

/** Why something cannot be done here, to those who may not. */
export function lacking(
  context: Context,
  permission: Permission,
  toDo: string,
): TemplateResult | typeof nothing {
  if (context.may(permission)) return nothing;
  return html`<p class="help" data-lacks=${nameOf(permission)}>You may not ${toDo}. ${adviceOn(nameOf(permission))}</p>`;
}
