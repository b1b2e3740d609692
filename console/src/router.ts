/** Where in the console somebody is. All of it stands behind the #, which no server is sent. */
export interface Route {
  readonly workspace: string;
  readonly page: string;
  /** What follows the page's name, such as an agent's id. */
  readonly item: string;
  readonly params: URLSearchParams;
}

/** What stays when somebody goes from page to page. */
const LASTING = ["range", "zone"];

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = split(hash.replace(/^#\/?/, ""), "?");
  const [workspace = "", page = "", ...item] = path.split("/").map(decoded);
  return {
    workspace,
    page: page || "overview",
    item: item.join("/"),
    params: new URLSearchParams(query),
  };
}

export function hashOf(route: Route): string {
  const parts = [route.workspace, route.page, ...(route.item ? [route.item] : [])];
  const query = route.params.toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

/** To another page, at the same time and in the same zone. */
export function linkTo(
  from: Route,
  page: string,
  item = "",
  more: Record<string, string> = {},
): string {
  const params = new URLSearchParams(more);
  for (const name of LASTING) {
    const value = from.params.get(name);
    if (value !== null && !params.has(name)) params.set(name, value);
  }
  return hashOf({ workspace: from.workspace, page, item, params });
}

/** The same place with other parameters; an empty one is left out. */
export function withParams(route: Route, changed: Record<string, string>): Route {
  const params = new URLSearchParams(route.params);
  for (const [name, value] of Object.entries(changed))
    if (value === "") params.delete(name);
    else params.set(name, value);
  return { ...route, params };
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
