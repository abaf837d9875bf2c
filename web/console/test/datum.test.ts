import { expect, it } from "vitest";
import { shifted, shiftedFeatures } from "../src/map/datum";

/** WGS-84 and GCJ-02, latitude first: the reference vectors of the domain paper. */
const VECTORS: [[number, number], [number, number]][] = [
  [
    [31.1774276, 121.5272106],
    [31.17530398364597, 121.531541859215],
  ],
  [
    [22.543847, 113.912316],
    [22.540796131694766, 113.9171764808363],
  ],
  [
    [39.911954, 116.377817],
    [39.91334545536069, 116.38404722455657],
  ],
  [
    [31.9475, 108.664],
    [31.94522163, 108.66837795],
  ],
  [
    [0.8293, 72.004],
    [0.83056277, 72.0077091],
  ],
];

it("a point lies on tiles in GCJ-02 where the reference says", () => {
  for (const [[lat, lon], [northing, easting]] of VECTORS) {
    const [x, y] = shifted([lon, lat], "gcj02");
    expect(x).toBeCloseTo(easting, 7);
    expect(y).toBeCloseTo(northing, 7);
  }
});

it("nothing is shifted on other tiles, nor outside of China", () => {
  expect(shifted([108.664, 31.9475], "wgs84")).toEqual([108.664, 31.9475]);
  expect(shifted([108.664, 31.9475], "cgcs2000")).toEqual([108.664, 31.9475]);
  expect(shifted([139.7671, 35.6812], "gcj02")).toEqual([139.7671, 35.6812]);
});

it("every corner of a boundary is shifted, holes too, and its words stay", () => {
  const ring = [
    [108.6, 31.9],
    [108.7, 31.9],
    [108.7, 32],
    [108.6, 31.9],
  ];
  const village = { type: "Feature", properties: { name: "云上村" }, geometry: { type: "MultiPolygon", coordinates: [[ring, ring]] } } as const;
  const moved = shiftedFeatures({ type: "FeatureCollection", features: [village as never] }, "gcj02").features[0]!;
  const expected = ring.map(([lon, lat]) => shifted([lon!, lat!], "gcj02"));
  expect(moved.geometry).toEqual({ type: "MultiPolygon", coordinates: [[expected, expected]] });
  expect(moved.properties).toEqual({ name: "云上村" });
});
