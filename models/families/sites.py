"""At how many places hubs may stand.

Sets
    n places at which a hub could be built, h hubs at n, t periods.
Variables
    site_nt in {0, 1}: 1 if a hub stands at n in t or before; 1 where one is there already.
Constraints
    (15a) open: stands_ht <= most_h site_nt, stands_ht the new modules of h that stand in t
    (15b) sites: sum over n of site_nt <= max_hub_sites_t
    Purchase and disposal beside a hub are no hubs. With one hub per place these are the open facilities of the
    p-median problem (ReVelle and Swain 1970, Geographical Analysis 2: 30-42).
"""

from __future__ import annotations

from collections.abc import Hashable

import pyomo.environ as pyo

from data.problem import Problem
from models.families.ledger import Row, constraints, linear, variables
from models.families.phases import Standing
from models.network import Network
from models.phases import per_period, with_period


def add_sites(model: pyo.ConcreteModel, problem: Problem, network: Network, standing: Standing) -> None:
    """Add (15a) and (15b) where places are limited; call it after the phases."""
    limits = per_period(problem.limits.max_hub_sites, network.periods)
    hubs = problem.hubs[problem.hubs["role"] == "hub"] if limits else problem.hubs[:0]
    there = set(hubs.loc[hubs["existing"] > 0, "node"])
    steps = {hub: standing["hub", hub][1] for hub in hubs["hub"] if ("hub", hub) in standing}
    node = dict(zip(hubs["hub"], hubs["node"], strict=True))
    places = [name for name in dict.fromkeys(hubs["node"]) if name in there or name in {node[hub] for hub in steps}]
    keys = [with_period(name, period) for name in places for period, _ in limits]
    least = [float(name in there) for name in places for _ in limits]
    model.site = variables(keys, 1.0, doc="1 if a hub stands at a place", lower=least, integer=True)
    opened: dict[Hashable, Row] = {}
    for hub, stands in steps.items():
        for (period, _), own in zip(limits, stands, strict=True):
            most = max((variable.ub for variable in own), default=0.0)
            body = linear([*own, model.site[with_period(node[hub], period)]], [*[1.0] * len(own), -most])
            opened[with_period(hub, period)] = (None, body, 0.0)
    model.open_site = constraints(opened, doc="(15a) new modules that stand <= most modules * site")
    rows: dict[Hashable, Row] = {}
    for period, most in limits if places else []:
        own = [model.site[with_period(name, period)] for name in places]
        rows[period or "all"] = (None, linear(own, [1.0] * len(own)), most)
    model.hub_sites = constraints(rows, doc="(15b) places at which hubs stand <= most sites")
