import { html, nothing, type TemplateResult } from "lit-html";
import type { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { Context } from "../app.ts";
import { adviceOn, nameOf } from "../permissions.ts";

/** What is opened for those who may have it. */
export interface Permitted<T> {
  /** Undefined for those who may not. */
  readonly value: T | undefined;
  /** What to show of it, or why there is nothing to see. */
  show(content: (value: T) => unknown): TemplateResult;
}

/** Nothing is opened, and so nothing asked for, that would be refused. */
export function permitted<T>(
  context: Context,
  permission: Permission,
  open: () => T,
): Permitted<T> {
  const value = context.may(permission) ? open() : undefined;
  const show = (content: (value: T) => unknown) =>
    value === undefined || !context.may(permission) ? unseen(permission) : html`${content(value)}`;
  return { value, show };
}

function unseen(permission: Permission): TemplateResult {
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
