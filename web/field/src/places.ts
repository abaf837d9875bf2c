/** Places of the pack: found by name, nearest first. Distances are only told where both positions are in the same datum. */
import { t } from "@paicha/shared/language";
import type { Fix } from "@paicha/shared/op";
import { shown, shownText } from "@paicha/shared/shown";
import { phone } from "./phone";

const EARTH_RADIUS_M = 6_371_008.8;
/** Farther than this from the registered position the person is asked. */
export const FAR_M = 200;

/** A place as lists show it. */
export interface PlaceItem {
  id: string;
  village: string;
  name: string;
  address: string;
  /** Lower-case text that a search looks in. */
  haystack: string;
  point: Fix | null;
  radiusM: number;
  placeType: string | null;
  sector: string | null;
}

/** Every registered place of the villages on this phone. */
export async function listPlaces(): Promise<PlaceItem[]> {
  const rows = await phone.store.records.where("kind").equals("place").toArray();
  return rows.map(({ id, feed, state }) => {
    const name = shownText(state, "name") ?? t("（没有名称）");
    const address = shownText(state, "address") ?? "";
    const aliases = (shown(state, "aliases") as string[] | undefined) ?? [];
    const point = (shown(state, "point") as unknown as Fix | undefined) ?? null;
    const radius = shown(state, "radius_m");
    return {
      id,
      village: feed,
      name,
      address,
      haystack: [name, address, ...aliases].join(" ").toLowerCase(),
      point,
      radiusM: typeof radius === "number" ? radius : 0,
      placeType: shownText(state, "place_type") ?? null,
      sector: shownText(state, "sector") ?? null,
    };
  });
}

function isWgs84(fix: Fix): boolean {
  return fix.crs === "wgs84" || fix.crs === "cgcs2000";
}

/** Metres between two positions; `null` where they cannot be compared. */
export function distanceM(a: Fix | null, b: Fix | null): number | null {
  if (!a || !b || !isWgs84(a) || !isWgs84(b)) return null;
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const sinLat = Math.sin(radians(b.lat - a.lat) / 2);
  const sinLon = Math.sin(radians(b.lon - a.lon) / 2);
  const h = sinLat * sinLat + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * sinLon * sinLon;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Places that match, nearest first, those without a position last. */
export function findPlaces(places: PlaceItem[], text: string, here: Fix | null): { place: PlaceItem; metres: number | null }[] {
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = places.filter((place) => wanted.every((part) => place.haystack.includes(part)));
  const ranked = found.map((place) => ({ place, metres: distanceM(here, place.point) }));
  return ranked.sort((a, b) => (a.metres ?? Infinity) - (b.metres ?? Infinity) || (a.place.name < b.place.name ? -1 : 1));
}

/** `约80米`, `约1.2公里`. */
export function distanceText(metres: number): string {
  return metres < 1000 ? t("约{metres}米", { metres: Math.round(metres / 10) * 10 }) : t("约{metres}公里", { metres: (metres / 1000).toFixed(1) });
}
