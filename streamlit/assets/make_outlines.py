"""Write `outlines.geojson`, the land that the maps draw without a network.

Source: Natural Earth 4.1 (public domain), as packaged by npm's `world-atlas` 2.0.2 (ISC licence):

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python streamlit/assets/make_outlines.py package

The 1:10m countries for each French territory and its neighbours, the 1:110m land for the world. Lines are simplified
arc by arc, so that two countries keep one common border, then cut to the territory's window and its margin.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from shared.territories import MARGIN, OUTLINES, TERRITORIES, WORLD, Territory  # noqa: E402

FRENCH = frozenset(
    {
        "France",
        "Fr. Polynesia",
        "Fr. S. Antarctic Lands",
        "New Caledonia",
        "St-Barthélemy",
        "St-Martin",
        "St. Pierre and Miquelon",
        "Wallis and Futuna Is.",
    }
)
WINDOW_PIXELS = 560
"""The height in pixels at which a window is drawn at most: detail below one of them is left out."""
WORLD_TOLERANCE = 0.3
"""Degrees: about a pixel where the whole world is 1,200 pixels wide."""

Point = tuple[float, float]
Ring = list[Point]


def decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """TopoJSON's quantised, delta-coded arcs as longitude, latitude."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for encoded in topology["arcs"]:
        x = y = 0
        arc = []
        for step_x, step_y in encoded:
            x, y = x + step_x, y + step_y
            arc.append((x * kx + dx, y * ky + dy))
        arcs.append(arc)
    return arcs


def simplify(line: Ring, tolerance: float) -> Ring:
    """Douglas-Peucker with both ends kept; a closed line is split at the point farthest from its start."""
    if len(line) < 3:
        return line
    if line[0] == line[-1]:
        far = max(range(len(line)), key=lambda i: math.dist(line[i], line[0]))
        return (
            simplify(line[: far + 1], tolerance)[:-1] + simplify(line[far:], tolerance)
            if 0 < far < len(line) - 1
            else line
        )
    (ax, ay), (bx, by) = line[0], line[-1]
    length = math.hypot(bx - ax, by - ay)

    def distance(point: Point) -> float:
        return abs((bx - ax) * (ay - point[1]) - (ax - point[0]) * (by - ay)) / length

    far = max(range(1, len(line) - 1), key=lambda i: distance(line[i]))
    if distance(line[far]) <= tolerance:
        return [line[0], line[-1]]
    return simplify(line[: far + 1], tolerance)[:-1] + simplify(line[far:], tolerance)


def area(ring: Ring) -> float:
    """Signed, in square degrees. Exteriors are negative: d3 draws a polygon wound the other way as the rest of the globe."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2


def clip(ring: Ring, box: tuple[float, float, float, float]) -> Ring:
    """Sutherland-Hodgman against west, south, east, north."""
    for axis, bound, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        kept: Ring = []
        for start, end in pairwise(ring):
            start_in, end_in = sign * (start[axis] - bound) >= 0, sign * (end[axis] - bound) >= 0
            if start_in != end_in:
                share = (bound - start[axis]) / (end[axis] - start[axis])
                kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
            if end_in:
                kept.append(end)
        ring = [*kept, kept[0]] if kept else []
    return ring


def polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    return [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]


def rings(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[list[Ring]]:
    """Each polygon as its rings, exterior first."""
    for polygon in polygons(geometry):
        assembled = []
        for indexes in polygon:
            ring: Ring = []
            for index in indexes:
                ring.extend((arcs[index] if index >= 0 else arcs[~index][::-1])[1 if ring else 0 :])
            assembled.append(ring)
        yield assembled


def rounded(ring: Ring, digits: int) -> Ring:
    out: Ring = []
    for x, y in ring:
        point = (round(x, digits), round(y, digits))
        if not out or out[-1] != point:
            out.append(point)
    return out


def feature(territory: Territory, role: str, shapes: list[list[Ring]]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"territory": territory.key, "role": role},
        "geometry": {"type": "MultiPolygon", "coordinates": shapes},
    }


def cut(
    geometry: dict[str, Any],
    arcs: list[Ring],
    box: tuple[float, float, float, float],
    tolerance: float,
    keep_small: bool,
) -> list[list[Ring]]:
    """A geometry's polygons within `box`, without those too small to see unless they are small islands to be kept."""
    digits = max(1, math.ceil(-math.log10(tolerance)))
    shapes = []
    for exterior, *holes in rings(geometry, arcs):
        if keep_small and len(set(exterior)) < 3:
            continue
        shape = rounded(clip(exterior, box), digits)
        if len(shape) < 4 or area(shape) >= (0 if keep_small else -((3 * tolerance) ** 2)):
            continue
        inner = [rounded(clip(hole, box), digits) for hole in holes]
        shapes.append([shape, *(hole for hole in inner if len(hole) > 3 and area(hole) > (3 * tolerance) ** 2)])
    return shapes


def territory_features(territory: Territory, topology: dict[str, Any], arcs: list[Ring]) -> Iterator[dict[str, Any]]:
    width, height = territory.east - territory.west, territory.north - territory.south
    box = (
        max(-180, territory.west - MARGIN * width),
        max(-89, territory.south - MARGIN * height),
        min(180, territory.east + MARGIN * width),
        min(89, territory.north + MARGIN * height),
    )
    tolerance = height / WINDOW_PIXELS
    # A shore of a few points would lose its shape: the small islands are kept as they are.
    simple = [arc if len(arc) < 12 else simplify(arc, tolerance) for arc in arcs]
    french: list[list[Ring]] = []
    other: list[list[Ring]] = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        if "arcs" not in geometry:
            continue
        is_french = geometry["properties"]["name"] in FRENCH
        (french if is_french else other).extend(cut(geometry, simple, box, tolerance, keep_small=is_french))
    for role, shapes in (("other", other), ("french", french)):
        if shapes:
            yield feature(territory, role, shapes)


def main(package: Path) -> None:
    countries = json.loads((package / "countries-10m.json").read_text(encoding="utf-8"))
    land = json.loads((package / "land-110m.json").read_text(encoding="utf-8"))
    arcs = decode_arcs(countries)
    features = [f for t in TERRITORIES if t is not WORLD for f in territory_features(t, countries, arcs)]
    world_arcs = [simplify(arc, WORLD_TOLERANCE) for arc in decode_arcs(land)]
    everywhere = (-180.0, -90.0, 180.0, 90.0)
    shapes = [
        shape
        for geometry in land["objects"]["land"]["geometries"]
        for shape in cut(geometry, world_arcs, everywhere, WORLD_TOLERANCE, keep_small=False)
    ]
    features.append(feature(WORLD, "other", shapes))
    document = {
        "type": "FeatureCollection",
        "source": "Natural Earth 4.1, public domain, through world-atlas 2.0.2; cut and simplified by make_outlines.py",
        "features": features,
    }
    OUTLINES.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{OUTLINES.name}: {OUTLINES.stat().st_size:,} bytes, {len(features)} features")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python streamlit/assets/make_outlines.py FOLDER_OF_WORLD_ATLAS")
    main(Path(sys.argv[1]))
