/**
 * What the phone needs before it walks out of the signal: names of its villages, the person's roles, and the criteria in
 * force. Enterprises, open hazards and photos' states come with every pull.
 */
import type { components } from "./generated/api";
import { callJson, type Phone } from "./session";
import type { Catalogue } from "./store";
import { DAY_MS } from "./time";

type Schemas = components["schemas"];

/** Fetches the pack: names always, the criteria once a day. */
export async function refreshPack(phone: Phone): Promise<void> {
  const { store, env } = phone;
  const { items } = await callJson<Schemas["VillagesBody"]>(phone, "/v1/villages");
  const me = await callJson<Schemas["MeBody"]>(phone, "/v1/me");
  // Villages before the subdistrict above them: the first is what a finding without a place is filed under.
  const villages = items.map(({ id, name, parent }) => ({ id, name, top: parent === null }));
  villages.sort((a, b) => Number(a.top) - Number(b.top));
  await store.set({ villages, roles: me.roles.map(({ role }) => role) });
  const at = (await store.get("catalogue_at")) ?? 0;
  if (Math.abs(env.nowMs() - at) < DAY_MS) return;
  const view = await callJson<Schemas["CatalogueView"]>(phone, "/v1/catalogue");
  await store.set({ catalogue: toCatalogue(view), catalogue_at: env.nowMs() });
}

function toCatalogue(view: Schemas["CatalogueView"]): Catalogue {
  const criteria = view.standards.filter((standard) => standard.kind === "criteria" && standard.items.length > 0);
  return {
    version: view.version,
    standards: criteria.map(({ code, title, sector, items }) => ({
      code,
      title,
      sector: sector ?? "other",
      items: items.map((item) => ({ code: item.code, article: item.article, text: item.text })),
    })),
  };
}
