"""Hubs, as facilities, against spopt's location models on the same matrices.

Clients want a good that every site could make with one module; routes cost what the matrix says. A p-median has a
limit on places and free modules, set cover has modules of cost 1, maximal cover a price on every client left.
"""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from spopt.locate import LSCP, MCLP, PMedian

import models
from data.settings import Limits, Solver
from tests.models import cases

# spopt 0.7 builds its variables in the way that PuLP 4 will no longer know.
pytestmark = pytest.mark.filterwarnings("ignore:Constructing LpVariable:DeprecationWarning")

CLIENTS, SITES = 24, 8


def matrix(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances from clients to sites, and how much each client wants: whole numbers, so that optima are exact."""
    rng = np.random.default_rng(seed)
    clients, sites = rng.uniform(0, 100, (CLIENTS, 2)), rng.uniform(0, 100, (SITES, 2))
    return np.linalg.norm(clients[:, None] - sites[None], axis=2).round(), rng.integers(1, 20, CLIENTS).astype(float)


def facilities(cost, weights, *, places=None, fixed_cost=0.0, capacity=None, reach=np.inf, unserved=None, **solver):
    """The Problem: hub ``k`` at site ``k``, a route wherever a client is within reach."""
    capacity = np.full(cost.shape[1], weights.sum()) if capacity is None else capacity
    return cases.make(
        limits=Limits(max_hub_sites=places),
        solver=Solver(gap=0.0, **solver),
        nodes=[
            *({"node": f"c{i}", "kind": "plant"} for i in range(len(cost))),
            *({"node": f"s{k}", "kind": "site"} for k in range(cost.shape[1])),
        ],
        demands=[
            cases.demand(f"c{i}", want, must_serve=unserved is None, unserved_cost=unserved or 0.0)
            for i, want in enumerate(weights.tolist())
        ],
        routes=[
            cases.route(f"s{k}", f"c{i}", unit_cost=float(cost[i, k]) if np.isinf(reach) else 0.0)
            for i, k in np.argwhere(cost <= reach).tolist()
        ],
        hubs=[
            {"hub": f"h{k}", "node": f"s{k}", "technology": "works", "fixed_cost": fixed_cost, "capacity": most}
            for k, most in enumerate(capacity.tolist())
        ],
        recipes=[{"technology": "works", "resource": "ash", "quantity_per_throughput": 1}],
    )


def optimum(problem) -> float:
    """What our plan costs, proven and checked."""
    plan = models.solve(problem)
    assert plan.status == "optimal"
    assert plan.checker == ()
    limit = problem.limits.max_hub_sites
    assert limit is None or plan.counts["hubs"] <= limit
    return plan.objective


def solved(model) -> float:
    """What spopt's own model costs."""
    return pulp.value(model.solve(pulp.HiGHS(msg=False)).problem.objective)


@pytest.mark.parametrize(("seed", "places"), [(1, 1), (2, 2), (3, 3), (4, 5)])
def test_p_median(seed, places):
    cost, weights = matrix(seed)
    expected = solved(PMedian.from_cost_matrix(cost, weights, p_facilities=places))
    assert optimum(facilities(cost, weights, places=places)) == pytest.approx(expected, rel=1e-9)


def test_p_median_by_the_search():
    cost, weights = matrix(3)
    expected = solved(PMedian.from_cost_matrix(cost, weights, p_facilities=3))
    assert optimum(facilities(cost, weights, places=3, method="heuristic")) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("seed", "places", "most"), [(5, 3, 9), (6, 4, 7), (7, 6, 4)])
def test_capacitated_p_median(seed, places, most):
    """spopt gives each client to one site, ours may split it: with clients of 1 and whole capacities both agree."""
    cost, weights = matrix(seed)
    room, one = np.full(SITES, float(most)), np.ones(CLIENTS)
    expected = solved(PMedian.from_cost_matrix(cost, one, p_facilities=places, facility_capacities=room))
    assert optimum(facilities(cost, one, places=places, capacity=room)) == pytest.approx(expected, rel=1e-9)
    room = np.full(SITES, np.ceil(1.3 * weights.sum() / places))
    whole = solved(PMedian.from_cost_matrix(cost, weights, p_facilities=places, facility_capacities=room))
    split = optimum(facilities(cost, weights, places=places, capacity=room))
    free = optimum(facilities(cost, weights, places=places))
    assert free - 1e-6 <= split <= whole + 1e-6


@pytest.mark.parametrize(("seed", "places", "reach"), [(8, 1, 30.0), (9, 2, 25.0), (10, 3, 20.0)])
def test_maximal_cover(seed, places, reach):
    cost, weights = matrix(seed)
    expected = solved(MCLP.from_cost_matrix(cost, weights, service_radius=reach, p_facilities=places))
    assert 0 < expected < weights.sum()
    left = optimum(facilities(cost, weights, places=places, reach=reach, unserved=1.0))
    assert weights.sum() - left == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", [11, 12])
def test_set_cover(seed):
    cost, weights = matrix(seed)
    reach = float(np.sort(cost, axis=1)[:, 1].max())  # every client has two sites at least
    expected = solved(LSCP.from_cost_matrix(cost, service_radius=reach))
    assert optimum(facilities(cost, weights, fixed_cost=1.0, reach=reach)) == pytest.approx(expected)
    room = np.full(SITES, np.ceil(weights.sum() / 3))
    tight = solved(
        LSCP.from_cost_matrix(cost, service_radius=reach, demand_quantity_arr=weights, facility_capacity_arr=room)
    )
    assert tight > expected or tight >= 3
    assert optimum(facilities(cost, weights, fixed_cost=1.0, reach=reach, capacity=room)) == pytest.approx(tight)
