/**
 * What the phone needs before it walks out of the signal: names of its villages, the person's roles, and the standards in force now and in
 * the weeks to come. Enterprises, open hazards and photos' states come with every pull.
 */
import type { components } from "./generated/api";
import { callJson, type Phone } from "./session";
import type { Catalogue } from "./store";
import { DAY_MS, isoDay } from "./time";

/** A phone may be without signal so long and still know what comes into force. */
const AHEAD_DAYS = 31;

type Schemas = components["schemas"];

/** Fetches the pack: names always, the standards once a day. */
export async function refreshPack(phone: Phone): Promise<void> {
  const { store, env } = phone;
  const { items } = await callJson<Schemas["VillagesBody"]>(phone, "/v1/villages");
  const me = await callJson<Schemas["MeBody"]>(phone, "/v1/me");
  // Villages before the subdistrict above them: the first is what a finding without a place is filed under.
  const villages = items.map(({ id, name, parent }) => ({ id, name, top: parent === null }));
  villages.sort((a, b) => Number(a.top) - Number(b.top));
  await store.set({ villages, roles: me.roles.map(({ role }) => role) });
  const now = env.nowMs();
  const at = (await store.get("catalogue_at")) ?? 0;
  const kept = await store.get("catalogue");
  if (kept?.until && Math.abs(now - at) < DAY_MS) return;
  const [on, until] = [isoDay(now), isoDay(now + AHEAD_DAYS * DAY_MS)];
  const view = await callJson<Schemas["CatalogueView"]>(phone, `/v1/catalogue?on=${on}&until=${until}`);
  await store.set({ catalogue: toCatalogue(view, until), catalogue_at: now });
}

function toCatalogue(view: Schemas["CatalogueView"], until: string): Catalogue {
  return {
    version: view.version,
    until,
    standards: view.standards.map((standard) => ({
      code: standard.code,
      title: standard.title,
      sector: standard.sector ?? null,
      kind: standard.kind === "checklist" ? "checklist" : "criteria",
      from: standard.effective_from,
      to: standard.effective_to ?? "",
      items: standard.items.map(({ code, article, text, place_types: placeTypes, sectors }) => ({ code, article, text, placeTypes, sectors })),
    })),
  };
}
