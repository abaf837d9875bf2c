/**
 * The map: village boundaries and findings, on plain ground or on the tiles that the office's settings name. What is drawn has been shifted into the
 * datum of the tiles before. Nothing else is fetched from elsewhere; letters and figures are drawn by the browser's own fonts.
 */
import { t } from "@paicha/shared/language";
import * as maplibre from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Feature, FeatureCollection } from "geojson";

// The library looks for its worker beside itself, where a bundle does not have it.
maplibre.setWorkerUrl(workerUrl);

/** Colours of the points, the gravest first; the words beside them say the same. */
export const COLOURS = { grave: "#b3261e", doubt: "#c77700", plain: "#0b57a4", done: "#1b6e3c" } as const;

const FONT = ["Noto Sans CJK SC", "Microsoft YaHei", "sans-serif"];
/** China, when nothing else is known. */
const EVERYWHERE: [number, number, number, number] = [73, 18, 135, 53];
/** Points nearer than this on the screen become one bubble, pixels. */
const CLUSTER_PX = 44;
const CLUSTER_ZOOM_MAX = 15;
/** How far below a village's northern edge its name stands, as a part of its height. */
const NAME_FROM_NORTH = 0.12;

/** Opacity of villages on plain ground, and where they may not hide the tiles. */
const VILLAGE_OPACITY = 0.75;
const VILLAGE_OPACITY_ON_TILES = 0.12;

/** A map on plain ground, with nothing on it. */
export function makeMap(container: HTMLElement): maplibre.Map {
  const map = new maplibre.Map({
    container,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef1ec" } }] },
    bounds: EVERYWHERE,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    locale: { "NavigationControl.ZoomIn": t("放大"), "NavigationControl.ZoomOut": t("缩小"), "Map.Title": t("隐患地图") },
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.addControl(new maplibre.ScaleControl({ unit: "metric" }));
  return map;
}

/** Draws the boundaries and names of villages. */
export function addVillages(map: maplibre.Map, villages: FeatureCollection): void {
  const opacity = map.getLayer("base") ? VILLAGE_OPACITY_ON_TILES : VILLAGE_OPACITY;
  map.addSource("villages", { type: "geojson", data: villages });
  map.addLayer({ id: "village-fill", type: "fill", source: "villages", paint: { "fill-color": "#ffffff", "fill-opacity": opacity } });
  map.addLayer({
    id: "village-line",
    type: "line",
    source: "villages",
    paint: { "line-color": "#7f8c99", "line-width": 1.2, "line-dasharray": [3, 2] },
  });
  map.addSource("village-names", { type: "geojson", data: namesOf(villages) });
  map.addLayer({
    id: "village-name",
    type: "symbol",
    source: "village-names",
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": "#5a6672", "text-halo-color": "#ffffff", "text-halo-width": 1.5 },
  });
}

/** Draws findings: bubbles with a count where many lie together, red where one of them is 重大. */
export function addFindings(map: maplibre.Map, findings: FeatureCollection): void {
  map.addSource("findings", {
    type: "geojson",
    data: findings,
    cluster: true,
    clusterRadius: CLUSTER_PX,
    clusterMaxZoom: CLUSTER_ZOOM_MAX,
    clusterProperties: { grave: ["+", ["case", ["==", ["get", "tone"], "grave"], 1, 0]] },
  });
  map.addLayer({
    id: "clusters",
    type: "circle",
    source: "findings",
    filter: ["has", "point_count"],
    paint: {
      "circle-color": ["case", [">", ["get", "grave"], 0], COLOURS.grave, COLOURS.plain],
      "circle-radius": ["step", ["get", "point_count"], 15, 10, 19, 100, 25],
      "circle-stroke-width": 2,
      "circle-stroke-color": "#ffffff",
    },
  });
  map.addLayer({
    id: "cluster-count",
    type: "symbol",
    source: "findings",
    filter: ["has", "point_count"],
    layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": FONT, "text-size": 13, "text-allow-overlap": true },
    paint: { "text-color": "#ffffff" },
  });
  map.addLayer({
    id: "points",
    type: "circle",
    source: "findings",
    filter: ["!", ["has", "point_count"]],
    paint: {
      "circle-color": ["match", ["get", "tone"], "grave", COLOURS.grave, "doubt", COLOURS.doubt, "done", COLOURS.done, COLOURS.plain],
      "circle-radius": ["match", ["get", "tone"], "grave", 9, 7],
      "circle-stroke-width": 2,
      "circle-stroke-color": "#ffffff",
    },
  });
}

/** Where the names of villages stand: near their northern edge, where findings seldom hide them. */
function namesOf(villages: FeatureCollection): FeatureCollection {
  const features = villages.features.flatMap((village): Feature[] => {
    const box = boxOf({ type: "FeatureCollection", features: [village] });
    if (!box) return [];
    const [west, south, east, north] = box;
    const at = [(west + east) / 2, north - (north - south) * NAME_FROM_NORTH];
    return [{ type: "Feature", geometry: { type: "Point", coordinates: at }, properties: village.properties }];
  });
  return { type: "FeatureCollection", features };
}

/** The box around all coordinates, or nothing for none: west, south, east, north. */
export function boxOf(...collections: FeatureCollection[]): [number, number, number, number] | undefined {
  let box: [number, number, number, number] | undefined;
  const visit = (coordinates: unknown): void => {
    if (!Array.isArray(coordinates)) return;
    const [x, y] = coordinates as unknown[];
    if (typeof x === "number" && typeof y === "number") {
      box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y];
    } else coordinates.forEach(visit);
  };
  for (const { features } of collections) for (const { geometry } of features) if ("coordinates" in geometry) visit(geometry.coordinates);
  return box;
}
