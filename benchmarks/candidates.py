"""How much the candidate corridors cost against the best that the raster allows.

On rasters small enough to be solved whole, every move between cells is a corridor of its own and the
optimum over all of them is the truth. The same plan over our candidate corridors can only be dearer; by
how much is the excess. Lines are not straightened here, so that both pay the same for the same cells.

Two families: ``tree`` (one plant gives, all others must get; the truth is the exact Steiner tree, by the
recursion of Dreyfus and Wagner) and ``flows`` (two plants give, the others take, each supply too small to
serve all; the truth is our own model on all moves).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from affine import Affine
from pyproj import CRS
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

import models
from data import Problem, ProblemSettings, Solver, make_table
from data.settings import Pipelines
from routing.candidates import candidate_paths
from routing.corridor_graph import Prices, move_grid
from routing.corridor_links import Cell, Gate, Link, links_from_paths, simplified
from routing.crossings import MOVES, Crossings
from routing.surface import CostSurface
from routing.terminals import Terminals, routing_order

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PRICES = Prices(trench_per_m=3.0, plain_per_m=1.0)
_CELL_M = 100.0
CASES = (("tree", 20, 4), ("tree", 20, 6), ("tree", 40, 6), ("flows", 12, 4), ("flows", 12, 6))


def run(repeat: int) -> list[dict[str, object]]:
    """Return one record per case: the excess in percent over ``10 * repeat`` rasters (``repeat`` for flows)."""
    records: list[dict[str, object]] = []
    for family, size, terminals in CASES:
        count = repeat * 10 if family == "tree" else repeat
        started = time.perf_counter()
        found = [excess(family, size, terminals, seed) for seed in range(count)]
        over = [100 * one[0] for one in found]
        records.append(
            {
                "benchmark": "candidates",
                "case": f"{family} {size} x {size}, {terminals} terminals, {count} rasters",
                "mean_excess_percent": round(statistics.mean(over), 2),
                "median_excess_percent": round(statistics.median(over), 2),
                "max_excess_percent": round(max(over), 2),
                "optimal": sum(one < 0.01 for one in over),
                "corridors": round(statistics.mean(one[1] for one in found), 1),
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
    return records


def excess(family: str, size: int, count: int, seed: int) -> tuple[float, int]:
    """Return how much dearer the best plan on the candidates is (a share), and how many candidates there are."""
    surface, cells = ground(size, count, seed)
    moves = raster_moves(surface)
    links = candidates(surface, cells, moves, family)
    if family == "tree":
        best = steiner_cost(moves, [cell[0] * size + cell[1] for cell in cells])
        start, end, cost = _edges(links)
        ours = steiner_cost(coo_array((cost, (start, end)), shape=(max(end.max(), start.max()) + 1,) * 2), range(count))
    else:
        best = _flow_cost(*_move_edges(moves), [cell[0] * size + cell[1] for cell in cells])
        ours = _flow_cost(*_edges(links), list(range(count)))
    return ours / best - 1, len(links)


def ground(size: int, count: int, seed: int) -> tuple[CostSurface, list[Cell]]:
    """Return hilly random ground of ``size`` x ``size`` cells, a tenth forbidden, and cells for terminals."""
    rng = np.random.default_rng(seed)
    factors = np.exp(gaussian_filter(rng.normal(size=(size, size)), 1.5) * 3)
    lakes = gaussian_filter(rng.normal(size=(size, size)), 1.0)
    allowed = lakes < np.quantile(lakes, 0.9)
    crs = CRS.from_epsg(25832)
    transform = Affine(_CELL_M, 0, 0, 0, -_CELL_M, size * _CELL_M)
    surface = CostSurface(factors, allowed, ~allowed, transform, crs, _CELL_M)
    pieces = move_grid(surface, _PRICES, _no_lines()).components()
    mainland = np.argwhere((pieces == np.bincount(pieces[allowed]).argmax()) & allowed)
    chosen = mainland[rng.choice(len(mainland), count, replace=False)]
    return surface, [(int(row), int(column)) for row, column in chosen]


def raster_moves(surface: CostSurface) -> coo_array:
    """Return the cost of every move between neighbouring cells, each once, cells numbered by row."""
    rows, columns = surface.shape
    per_m = surface.factors * _PRICES.trench_per_m + _PRICES.plain_per_m
    edges = []
    for row, column in np.argwhere(surface.allowed).tolist():
        for down, right in MOVES:
            r, c = row + down, column + right
            if not (r < rows and 0 <= c < columns and surface.allowed[r, c]):
                continue
            if down and right and not (surface.allowed[row, c] or surface.allowed[r, column]):
                continue
            cost = (per_m[row, column] + per_m[r, c]) / 2 * _CELL_M * np.hypot(down, right)
            edges.append((row * columns + column, r * columns + c, cost))
    start, end, costs = (np.array(part) for part in zip(*edges, strict=True))
    return coo_array((costs, (start, end)), shape=(rows * columns, rows * columns))


def candidates(surface: CostSurface, cells: Sequence[Cell], moves: coo_array, family: str) -> list[Link]:
    """Return the candidate corridors, priced by the moves that they are made of."""
    centres = surface.centres(np.array(cells))
    gates = tuple(Gate(cell, centre[None, :], own=True) for cell, centre in zip(cells, centres, strict=True))
    gives = 1 if family == "tree" else 2
    pairs = pd.DataFrame(
        [
            {"supply": f"s{a}", "demand": f"d{b}", "start": a, "end": b}
            for a in range(gives)
            for b in range(gives, len(cells))
        ]
    )
    names = tuple(f"p{k}" for k in range(len(cells)))
    terminals = Terminals(names, gates, (0,) * len(cells), pairs, {}, {})
    shaping = (surface, _PRICES, _no_lines())
    paths = candidate_paths(move_grid(*shaping), shaping, cells, routing_order(terminals, np.inf), Pipelines())
    cost, columns = moves.tocsr(), surface.shape[1]

    def price(coords: Floats) -> float:
        on = surface.cells_at(coords)
        number = on[:, 0] * columns + on[:, 1]
        low, high = np.minimum(number[:-1], number[1:]), np.maximum(number[:-1], number[1:])
        return float(cost[low, high].sum())

    return simplified(links_from_paths(paths, gates, surface, price), len(cells), price)


def steiner_cost(edges: coo_array, terminals: Sequence[int]) -> float:
    """Return the cost of the cheapest tree over some nodes (Dreyfus and Wagner 1971)."""
    away = dijkstra(edges.tocsr(), directed=False)
    *leaves, root = terminals
    best = {frozenset([k]): away[leaf] for k, leaf in enumerate(leaves)}
    for size in range(2, len(leaves) + 1):
        for some in map(frozenset, combinations(range(len(leaves)), size)):
            first = min(some)
            halves = [
                best[half] + best[some - half]
                for part in range(1, size)
                for half in map(frozenset, combinations(sorted(some), part))
                if first in half
            ]
            joined = np.min(halves, axis=0)
            best[some] = (joined[:, None] + away).min(axis=0)
    return float(best[frozenset(range(len(leaves)))][root])


def _move_edges(moves: coo_array) -> tuple[Ints, Ints, Floats]:
    start, end = moves.coords
    return start.astype(np.int64), end.astype(np.int64), moves.data


def _edges(links: Sequence[Link]) -> tuple[Ints, Ints, Floats]:
    start, end = (np.array([getattr(link, side) for link in links], dtype=np.int64) for side in ("start", "end"))
    return start, end, np.array([link.cost for link in links])


def _flow_cost(start: Ints, end: Ints, cost: Floats, terminals: Sequence[int]) -> float:
    """Return what the best plan costs in which two plants serve the others over some edges."""
    nodes = sorted({*start.tolist(), *end.tolist(), *terminals})
    wanted = len(terminals) - 2
    given = np.ceil(0.6 * wanted)
    names = [f"c{k}" for k in range(len(cost))]
    problem = Problem(
        name="candidates",
        settings=ProblemSettings(solver=Solver(gap=1e-6, time_limit_s=120.0)),
        nodes=make_table("problem", "nodes", [{"node": f"n{k}", "kind": "junction"} for k in nodes]),
        resources=make_table("problem", "resources", [{"resource": "w", "unit": "t"}]),
        supplies=make_table(
            "problem", "supplies",
            [{"supply": f"s{k}", "node": f"n{terminals[k]}", "resource": "w", "quantity": given} for k in (0, 1)],
        ),
        demands=make_table(
            "problem", "demands",
            [
                {"demand": f"d{k}", "node": f"n{node}", "resource": "w", "quantity": 1.0, "must_serve": True}
                for k, node in enumerate(terminals[2:])
            ],
        ),
        corridors=make_table(
            "problem", "corridors",
            pd.DataFrame({
                "corridor": names, "from_node": [f"n{k}" for k in start], "to_node": [f"n{k}" for k in end],
                "length_m": _CELL_M, "fixed_cost": cost,
            }),
        ),
        pipes=make_table(
            "problem", "pipes",
            pd.DataFrame({"corridor": names, "resource": "w", "option": "pipe", "fixed_cost": 0.0}),
        ),
    )  # fmt: skip
    plan = models.solve(problem)
    if plan.status not in ("optimal", "gap_reached"):
        raise RuntimeError(f"the raster could not be solved whole: {plan.status}")
    return float(plan.objective or 0.0)


def _no_lines() -> Crossings:
    return Crossings(np.empty(0, dtype=object), np.empty(0), (), None)
