/**
 * What is being entered, as rows of the database: a unit is everything of one finding or one visit, `UNIT/...`, with the person in its name. A
 * tab has one finding and one visit at a time; what another tab is entering is a unit of its own and is never touched. What is left of a closed
 * tab is taken up by the next one that has nothing to do.
 */
import { newId } from "@paicha/shared/ids";
import { phone } from "./phone";

/** Lets go of the unit that this tab had, by what it is. */
const letGo = new Map<string, () => void>();

/** Takes up the person's oldest unit of that name that no open tab has, or names an empty one; answers its name. */
export async function takeUpUnit(what: "" | "visit."): Promise<string> {
  const owner = `${what}${(await phone.store.get("user"))?.id ?? ""}.`;
  const keys = await phone.store.drafts.where("key").startsWith(owner).primaryKeys();
  const left = keys.filter((key) => key.includes("/")).map((key) => key.split("/", 1)[0]!);
  const fresh = owner + newId(Date.now());
  for (const unit of [...new Set(left)].sort()) if (await claim(what, unit)) return unit;
  await claim(what, fresh);
  return fresh;
}

/** Whether this tab has the unit from now on: one that an open tab is filling in stays with that tab. */
async function claim(what: string, unit: string): Promise<boolean> {
  // Browsers without locks are old and have one tab of an installed app.
  if (!navigator.locks) return true;
  letGo.get(what)?.();
  return new Promise((answer) => {
    void navigator.locks.request(`paicha-draft-${unit}`, { ifAvailable: true }, (lock) => {
      answer(lock !== null);
      return lock === null ? undefined : new Promise<void>((done) => letGo.set(what, done));
    });
  });
}

/** The unit of what the person enters about one record, the same in every tab. */
export async function unitAbout(what: "five" | "review", record: string): Promise<string> {
  return `${what}.${(await phone.store.get("user"))?.id ?? ""}.${record}`;
}

/** Every row of a unit, or of a part of it; of others none. */
export async function keysUnder(part: string): Promise<string[]> {
  return phone.store.drafts.where("key").startsWith(`${part}/`).primaryKeys();
}
