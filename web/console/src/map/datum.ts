/**
 * From WGS-84, in which the server gives everything, into the datum of the tiles of a base map. Domain 8.2; the same formula as in
 * sync-protocol/src/geo. Only for drawing: no coordinate from here is ever sent anywhere.
 */
import type { FeatureCollection, Geometry, Position } from "geojson";

/** The datums whose tiles can be drawn. */
export type TileDatum = "wgs84" | "cgcs2000" | "gcj02";

const AXIS_M = 6_378_245;
const ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943;
/** Outside of this box the ground is not shifted: west, south, east, north. */
const CHINA = [72.004, 0.8293, 137.8347, 55.8271] as const;

/** Where a point of WGS-84 lies on tiles of that datum: longitude, latitude. */
export function shifted([lon, lat]: [number, number], datum: TileDatum): [number, number] {
  const [west, south, east, north] = CHINA;
  const isInside = lon >= west && lon <= east && lat >= south && lat <= north;
  if (datum !== "gcj02" || !isInside) return [lon, lat];
  const [x, y] = [lon - 105, lat - 35];
  const common = (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * (2 / 3);
  const north_ = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x));
  const northM =
    north_ +
    common +
    (20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * (2 / 3) +
    (160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * (2 / 3);
  const east_ = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x));
  const eastM =
    east_ +
    common +
    (20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * (2 / 3) +
    (150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * (2 / 3);
  const latitude = (lat * Math.PI) / 180;
  const magic = 1 - ECCENTRICITY_SQUARED * Math.sin(latitude) ** 2;
  const perLat = ((AXIS_M * (1 - ECCENTRICITY_SQUARED)) / (magic * Math.sqrt(magic))) * (Math.PI / 180);
  const perLon = (AXIS_M / Math.sqrt(magic)) * Math.cos(latitude) * (Math.PI / 180);
  return [lon + eastM / perLon, lat + northM / perLat];
}

/** The same features, drawn on tiles of that datum. */
export function shiftedFeatures(features: FeatureCollection, datum: TileDatum): FeatureCollection {
  if (datum !== "gcj02") return features;
  return { ...features, features: features.features.map((one) => ({ ...one, geometry: shiftedGeometry(one.geometry, datum) })) };
}

function shiftedGeometry(geometry: Geometry, datum: TileDatum): Geometry {
  if (geometry.type === "GeometryCollection") return geometry;
  return { ...geometry, coordinates: shiftedNumbers(geometry.coordinates, datum) } as Geometry;
}

type Nested = Position | Nested[];

function shiftedNumbers(numbers: Nested, datum: TileDatum): Nested {
  const [first, second] = numbers;
  if (typeof first === "number" && typeof second === "number") return shifted([first, second], datum);
  return (numbers as Nested[]).map((one) => shiftedNumbers(one, datum));
}
