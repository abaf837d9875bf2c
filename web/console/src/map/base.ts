/** The raster base map, where the office's settings name one. Asked for once per session. */
import * as maplibre from "maplibre-gl";
import { get } from "../api/client";
import type { TileDatum } from "./datum";

/** Tiles to draw under everything. */
export interface BaseMap {
  tiles: string;
  attribution: string;
  datum: TileDatum;
  zoom_max: number;
}

const DATUMS: readonly string[] = ["wgs84", "cgcs2000", "gcj02"] satisfies TileDatum[];
const TILE_PX = 256;

let asked: Promise<BaseMap | null> | undefined;

/** The base map; nothing when there is none, or none that can be drawn. */
export function loadBaseMap(): Promise<BaseMap | null> {
  asked ??= get("/v1/map").then(
    ({ base }) => (base && DATUMS.includes(base.datum) ? (base as BaseMap) : null),
    () => {
      // Plain ground now, another try with the next map.
      asked = undefined;
      return null;
    },
  );
  return asked;
}

/** The control takes HTML; the settings hold plain words. */
function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** Draws the tiles; before anything else is drawn. */
export function addBaseMap(map: maplibre.Map, base: BaseMap): void {
  map.addSource("base", { type: "raster", tiles: [base.tiles], tileSize: TILE_PX, maxzoom: base.zoom_max });
  map.addLayer({ id: "base", type: "raster", source: "base" });
  map.addControl(new maplibre.AttributionControl({ compact: false, customAttribution: escaped(base.attribution) }));
}
