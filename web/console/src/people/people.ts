/** All accounts, for those who manage them: asked for page by page, because the server has no search. */
import { get } from "../api/client";
import type { User } from "../api/types";

const PAGE_ROWS = 200;
/** More than this is no subdistrict; the list says that it stops. */
const PAGES_MAX = 25;

/** Every account, in order of login. */
export async function loadPeople(): Promise<User[]> {
  const people: User[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await get("/v1/users", { limit: PAGE_ROWS, ...(after ? { after } : {}) });
    people.push(...items);
    if (!next) break;
    after = next;
  }
  return people;
}

/** Grants that hold. */
export function grantsOf(user: User): User["grants"] {
  return user.grants.filter(({ revoked_at }) => !revoked_at);
}
