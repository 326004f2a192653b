"""The Pyomo model of a tightened network."""

from __future__ import annotations

import pyomo.environ as pyo

from data.problem import Problem
from models.collector import collector_paused
from models.families.balance import add_balance
from models.families.budgets import add_budgets
from models.families.choices import add_choices
from models.families.grades import add_grades
from models.families.hubs import add_hubs
from models.families.ledger import Ledger
from models.families.limits import add_limits
from models.families.partners import add_partners
from models.families.phases import add_phases
from models.families.pipelines import add_pipelines
from models.families.quality import add_quality
from models.families.sites import add_sites
from models.families.streams import add_streams
from models.families.strong import add_strong
from models.families.trucks import add_trucks
from models.network import Network


@collector_paused()
def build_model(problem: Problem, network: Network) -> pyo.ConcreteModel:
    """Return the model whose optimum is the Problem's optimum.

    Parameters
    ----------
    problem
        For its plants, limits and CO2 price.
    network
        The Problem's network, tightened.

    Returns
    -------
    pyomo.environ.ConcreteModel
        Minimises cost in currency/year, over periods its present value; variables and rows are described in
        :mod:`models.families`.
    """
    model = pyo.ConcreteModel(name="symbioplan")
    ledger = Ledger(len(network.cells), network.periods["weight"].tolist())
    add_streams(model, network, ledger)
    add_pipelines(model, network, ledger)
    add_trucks(model, network, ledger)
    add_hubs(model, network, ledger)
    add_grades(model, network, ledger)
    add_quality(model, network)
    add_choices(model, network)
    add_balance(model, network.cells, ledger)
    add_limits(model, problem, network, ledger)
    add_strong(model, network)
    standing = add_phases(model, network.periods, ledger)
    add_budgets(model, network.periods, problem.limits, standing)
    add_partners(model, problem, network)
    add_sites(model, problem, network, standing)
    model.cost = pyo.Objective(expr=ledger.close(problem.settings.co2_price), sense=pyo.minimize)
    return model
