/** What a list has, and whether that is all of it. */
export interface Listed<T> {
  readonly all: T[];
  readonly isWhole: boolean;
}

/** As many as a list may have at once, of most services. */
export const PAGE = 500;
/** As many as there are of what comes latest first, and never ends. */
export const LATEST = 100;
/** More rows than anybody reads; of rules, targets and the like there may not be as many. */
const MOST_PAGES = 4;

/** A list page by page, to its end or to so many pages. */
export async function listed<A extends { readonly nextPageToken: string }, T>(
  ask: (pageToken: string) => Promise<A>,
  itemsOf: (answer: A) => readonly T[],
  mostPages = MOST_PAGES,
): Promise<Listed<T>> {
  const all: T[] = [];
  let pageToken = "";
  for (let page = 0; page < mostPages; page++) {
    const answer = await ask(pageToken);
    all.push(...itemsOf(answer));
    pageToken = answer.nextPageToken;
    if (!pageToken) break;
  }
  return { all, isWhole: pageToken === "" };
}
