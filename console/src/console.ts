import { render } from "lit-html";
import { shadowerOf } from "./api.ts";
import type { Context, View } from "./app.ts";
import { type Config, readConfig } from "./config.ts";
import { loaded } from "./explaining.ts";
import { failure } from "./loading.ts";
import { own } from "./own.ts";
import { OVERVIEW, PAGES } from "./pages.ts";
import { rangeOf } from "./range.ts";
import { Renewal } from "./renewal.ts";
import { hashOf, type Route, routeOf, withParams } from "./router.ts";
import { keep, kept, type Session } from "./session.ts";
import { shell } from "./ui/shell.ts";
import { signInPage } from "./ui/signing.ts";

const SAID_MS = 6_000;

/** The whole page: who is signed in, where they are, and what is drawn. */
export class Console {
  route: Route = routeOf(location.hash);
  session: Session | undefined = kept();
  /** Why somebody has to sign in, if they were signed in before. */
  ended = "";
  said = "";
  view: View | undefined;
  readonly config: Config;
  readonly #root: HTMLElement;
  readonly #renewal: Renewal;
  #leaving = new AbortController();
  #isDrawing = false;

  private constructor(root: HTMLElement, config: Config) {
    this.#root = root;
    this.config = config;
    this.#renewal = new Renewal(config.openId, {
      renewed: (session) => this.#keep(session),
      ended: () => this.end("Your token has expired. Sign in again to go on where you were."),
      refused: () => this.end("Your token is not good any more. Sign in again to go on."),
    });
  }

  static async open(root: HTMLElement): Promise<Console> {
    const page = new Console(root, await readConfig());
    await page.#welcome();
    addEventListener("hashchange", () => page.#arrive());
    for (const change of ["online", "offline"]) addEventListener(change, () => page.draw());
    page.#arrive();
    return page;
  }

  async #welcome(): Promise<void> {
    if (this.session) this.#renewal.watch(this.session);
    const { openId } = this.config;
    if (!openId || !location.search) return;
    const { isReturning, returned } = await import("./openid.ts");
    if (!isReturning()) return;
    await returned(openId).then(
      (session) => this.#keep(session),
      (error: Error) => {
        if (this.session) this.say(error.message);
        else this.ended = error.message;
      },
    );
  }

  signedIn(session: Session): void {
    this.#keep(session);
    this.#arrive();
  }

  #keep(session: Session): void {
    this.session = session;
    this.ended = "";
    keep(session);
    this.#renewal.watch(session);
  }

  /** Signs out; what was on the page is gone, and its address stays. */
  end(why = ""): void {
    if (!this.session) return;
    this.#renewal.stop();
    this.session = undefined;
    this.ended = why;
    keep(undefined);
    this.#leave();
    this.draw();
  }

  go(route: Route, how: "replace" | "push" = "push"): void {
    const hash = hashOf(route);
    if (how === "replace") history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
    this.#arrive();
  }

  say(text: string): void {
    this.said = text;
    this.draw();
    setTimeout(() => {
      if (this.said === text) this.said = "";
      this.draw();
    }, SAID_MS);
  }

  /** Before the browser draws next. */
  draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      render(this.session ? shell(this, this.session) : signInPage(this), this.#root);
    });
  }

  #arrive(): void {
    const [from, shown] = [this.route, this.view];
    this.#leave();
    const route = routeOf(location.hash);
    const known = this.session?.workspaces ?? [];
    this.route = { ...route, workspace: route.workspace || known[0] || "" };
    // What is drawn stays until there is more of it, and with it the place of the keyboard.
    if (shown && this.session && isSame(from, this.route)) this.view = shown;
    else this.draw();
    if (this.session) void this.#open(this.session);
  }

  #leave(): void {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    this.view = undefined;
  }

  async #open(session: Session): Promise<void> {
    const context = this.#context(session);
    const { load } = own(PAGES, this.route.page) ?? OVERVIEW;
    try {
      const page = await loaded(load());
      if (!context.signal.aborted) this.view = page.open(context);
    } catch (error) {
      this.view = { title: "Error", render: () => failure(error, () => location.reload()) };
      // A script that could not be had is had by another document alone.
      addEventListener("online", () => location.reload(), { signal: context.signal });
    }
    document.title = `${this.view?.title ?? ""} · Shadower Analytics`;
    this.draw();
  }

  #context(session: Session): Context {
    const { route } = this;
    const { signal } = this.#leaving;
    const hasAnother = (refused: string) => this.#renewal.refused(refused);
    return {
      route,
      range: rangeOf(route.params, new Date()),
      shadower: shadowerOf(() => this.session?.token ?? "", route.workspace, hasAnother),
      signal,
      workspaces: session.workspaces,
      may: (permission) => this.session?.permissions.has(permission) ?? false,
      // One that is left has nothing to say any more.
      update: () => {
        if (!signal.aborted) this.draw();
      },
      change: (params, how = "push") => this.go(withParams(route, params), how),
      say: (text) => this.say(text),
    };
  }
}

/** But for its parameters. */
function isSame(one: Route, other: Route): boolean {
  return one.workspace === other.workspace && one.page === other.page && one.item === other.item;
}
