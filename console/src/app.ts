import type { TemplateResult } from "lit-html";
import type { Shadower } from "shadower-client";
import type { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { Range } from "./range.ts";
import type { Route } from "./router.ts";

/** What a page is given: where it is, what to ask, and how to be drawn again. */
export interface Context {
  readonly route: Route;
  readonly range: Range;
  readonly shadower: Shadower;
  /** Ends when the page is left. */
  readonly signal: AbortSignal;
  readonly workspaces: readonly string[];
  /** Whether the token allows something, as far as can be read from it. */
  may(permission: Permission): boolean;
  /** Draws the page again, soon. */
  update(): void;
  /** To the same page with other parameters; in place of this entry of the history, or after it. */
  change(params: Record<string, string>, how?: "replace" | "push"): void;
  /** Says something for a few seconds, also to screen readers. */
  say(text: string): void;
}

/** A page that is open. */
export interface View {
  readonly title: string;
  render(): TemplateResult;
}

export type OpenPage = (context: Context) => View;
