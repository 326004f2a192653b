"""The values of a solved model, row by row as in the network."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Thing
from models.network import Floats, Network


@dataclass(frozen=True)
class Values:
    """Units per year by row of ``supplies``, ``demands``, ``arcs`` (flows, hauls, grades) and ``hubs``."""

    placed: Floats
    served: Floats
    arcs: Floats
    made: Floats
    stands: Mapping[Thing, Sequence[float]] = field(default_factory=dict)  # per period; none with one period


def read_values(model: pyo.ConcreteModel, network: Network) -> Values:
    """Return the model's values within their bounds; what has no variable is 0."""
    supplies, demands, arcs, hubs = network.supplies, network.demands, network.arcs, network.hubs
    most = np.where(demands["must_serve"], demands["quantity"], demands["bound"])
    chosen = [*model.flow.values(), *model.haul.values(), *model.convert.values()]
    return Values(
        placed=_within([_value(model.placed, key) for key in supplies["key"]], supplies["bound"].to_numpy()),
        served=_within([_value(model.served, key) for key in demands["key"]], most),
        arcs=_within([float(variable.value or 0.0) for variable in chosen], arcs["bound"].to_numpy()),
        made=_within([_value(model.made, key) for key in hubs["key"]], hubs["bound"].to_numpy()),
        stands=_stands(model),
    )


def _stands(model: pyo.ConcreteModel) -> dict[Thing, list[float]]:
    out: dict[Thing, list[float]] = {}
    for key, variable in model.stands.items():  # the last part of a key is the period, in order
        out.setdefault(key[:-1], []).append(float(round(variable.value or 0.0)))
    return out


def _value(variables: pyo.Var, key: Hashable) -> float:
    return float(variables[key].value or 0.0) if key in variables else 0.0


def _within(values: list[float], most: Floats) -> Floats:
    """Return values clipped to [0, most]; what is within 1e-9 of a bound is the bound."""
    out = np.clip(np.asarray(values, dtype=np.float64), 0.0, most)
    near = 1e-9 * np.maximum(1.0, most)
    return np.where(out <= np.minimum(near, 1e-9), 0.0, np.where(most - out <= near, most, out))


def lookup(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Return the number that belongs to each key, NaN where there is none (also of no keys at all)."""
    return pd.Series(values.reindex(keys).to_numpy(dtype=np.float64), index=keys.index)


def matched(rows: pd.DataFrame, keys: list[str], values: pd.Series) -> pd.Series:
    """Return the number that belongs to each row's keys, NaN where there is none; as ``lookup`` by several keys."""
    found = values.reindex(pd.MultiIndex.from_frame(rows[keys])) if len(values) else pd.Series(np.nan, rows.index)
    return pd.Series(found.to_numpy(dtype=np.float64), index=rows.index)
