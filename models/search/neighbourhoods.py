"""Better plans near good ones: parts of the programme, solved as they are for a few seconds each.

Neighbourhoods of the best plan, by which gates are free while the others stay as they are:
    relaxed    where it differs from the strengthened relaxation (RINS: Danna, Rothberg and Le Pape 2005,
               Mathematical Programming 102: 71-90)
    crossed    where good plans differ from one another (Rothberg 2007, INFORMS Journal on Computing 19: 534-541)
    region     gates around a few balance rows that lie together, and the flows around them
    district   around a place all gates that the plan or the relaxation uses, whatever they carry
    cheap      some of its open gates, and closed ones in order of their reduced costs
Each has a size of its own that grows when parts are solved to their end and shrinks when they are not, and is chosen
by what it has gained per second (Ropke and Pisinger 2006, Transportation Science 40: 455-472).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.mip import Flags, Floats, Ints
from models.search.form import Form
from models.search.plans import Plans, try_part, unchanged
from models.search.standing import Race
from models.search.strong_root import Root

_SECONDS = 6.0  # of one part
_GAP = 1e-4
_DISTRICT = 300  # gates in a district to begin with: enough for a network to change its shape
_EVEN = 0.25  # share of the choices that all kinds have alike, whatever they have gained
_OF_USE = 1e-3  # a gate that the relaxation opens less than this is not of use


@dataclass
class _Kind:
    """One neighbourhood: how gates are chosen, how many, and how it has done."""

    choose: Callable[[int], Flags]
    size: float
    rate: float = np.inf  # what it has gained per second, recent steps more; not tried yet: infinite
    local: bool = False  # flows that end far from every free gate stay as they are


@dataclass
class Neighbourhoods:
    """Large-neighbourhood search over one form."""

    form: Form
    root: Root
    race: Race
    rng: np.random.Generator
    kinds: dict[str, _Kind] = field(init=False)

    def __post_init__(self) -> None:
        self.binaries = np.flatnonzero(self.form.mip.integer & (self.form.mip.cost != 0))
        self.near = _near(self.form, self.binaries)
        self.incidence = csr_array(abs(self.form.balance.matrix))
        count = len(self.binaries)
        start = float(np.clip(0.3 * count, min(20, count), 150))
        self.kinds = {
            "relaxed": _Kind(self._relaxed, start),
            "crossed": _Kind(self._crossed, start),
            "region": _Kind(self._region, start, local=True),
            "district": _Kind(self._district, float(min(_DISTRICT, count)), local=True),
            "cheap": _Kind(self._cheap, start),
        }

    def run(self, *, until: Callable[[], bool]) -> None:
        """Improve the best plan until told to end; returns at once when there is none."""
        kinds = list(self.kinds.values())
        while not until() and self.plans.best is not None:
            self._step(kinds[int(self.rng.choice(len(kinds), p=_chances(np.array([kind.rate for kind in kinds]))))])

    @property
    def plans(self) -> Plans:
        """Return the plans of the race."""
        return self.race.plans

    def _step(self, kind: _Kind) -> None:
        began, best, cost = perf_counter(), self.plans.best, self.plans.cost
        assert best is not None
        size = int(np.clip(kind.size, 1, len(self.binaries)))
        free = kind.choose(size)
        mip = self.form.mip
        # Whole columns without a cost of their own (ways, unpaid options) follow from the others.
        opened = np.zeros(len(mip.cost), dtype=bool)
        opened[self.binaries] = free
        opened |= mip.integer & ~np.isin(np.arange(len(mip.cost)), self.binaries)
        lower, upper = unchanged(self.form, best, opened)
        upper = np.minimum(upper, self.root.useful(best))
        if kind.local:
            away = ~self._around(free)
            lower, upper = np.where(away, best, lower), np.where(away, best, upper)
        seconds = min(_SECONDS, self.race.left_s())
        tried = try_part(
            self.form, self.root.rows, self.plans, lower, upper,
            seconds=seconds, gap=_GAP, seed=int(self.rng.integers(2**31 - 1)), stop=self.race.ended,
        )  # fmt: skip
        rate = max(cost - self.plans.cost, 0.0) / (perf_counter() - began) if tried.better else 0.0
        kind.rate = rate if np.isinf(kind.rate) else 0.8 * kind.rate + 0.2 * rate
        if not tried.better:
            kind.size = min(kind.size * 1.25 + 1, len(self.binaries)) if tried.done else max(kind.size * 0.8, 5.0)

    def _best(self) -> Floats:
        assert self.plans.best is not None
        return self.plans.best[self.binaries]

    def _relaxed(self, size: int) -> Flags:
        if not len(self.root.values):
            return self._cheap(size)
        apart = np.abs(self._best() - self.root.values[self.binaries])
        return self._top(apart + 0.05 * self.rng.random(len(apart)), size)

    def _crossed(self, size: int) -> Flags:
        pool = self.plans.pool
        if len(pool) < 2:
            return self._cheap(size)
        others = self.rng.choice(len(pool), size=min(3, len(pool)), replace=False)
        apart = sum((np.abs(pool[other][1][self.binaries] - self._best()) for other in others), np.zeros(()))
        return self._top(apart + 0.5 * self.rng.random(len(self.binaries)), size)

    def _region(self, size: int) -> Flags:
        """Gates around a random balance row, row after row, until there are enough."""
        by_row, by_gate = self.near
        free = np.zeros(len(self.binaries), dtype=bool)
        if not by_row.shape[0]:
            return self._cheap(size)
        seen = np.zeros(by_row.shape[0], dtype=bool)
        gate = int(self.rng.integers(len(self.binaries)))
        while free.sum() < size:
            rows = by_gate.indices[by_gate.indptr[gate] : by_gate.indptr[gate + 1]]
            rows = rows[~seen[rows]]
            if len(rows):
                row = int(self.rng.choice(rows))
                seen[row] = True
                free[by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]]] = True
            if self.rng.random() < 0.1 or not len(rows):
                gate = int(self.rng.integers(len(self.binaries)))
                free[gate] = True
            else:
                gate = int(self.rng.choice(np.flatnonzero(free)))
        return free

    def _district(self, size: int) -> Flags:
        """Gates that the plan or the relaxation uses around a random one of them, ring after ring, until enough."""
        by_row, by_gate = self.near
        of_use = self._best() > 0.5
        if len(self.root.values):
            of_use |= self.root.values[self.binaries] > _OF_USE
        free = np.zeros(len(self.binaries), dtype=bool)
        left = of_use.copy()
        while free.sum() < size and left.any():
            rows = by_gate.T @ free.astype(np.float64) > 0
            ring = np.flatnonzero((by_row.T @ rows.astype(np.float64) > 0) & left)
            if not len(ring):
                ring = self.rng.choice(np.flatnonzero(left), 1)
            free[self.rng.permutation(ring)[: size - int(free.sum())]] = True
            left &= ~free
        return free

    def _around(self, free: Flags) -> Flags:
        """Return which columns end at a balance row of a free gate, or one step farther, or are whole."""
        by_gate = self.near[1]
        incidence = self.incidence
        rows = by_gate.T @ free.astype(np.float64) > 0
        columns = incidence.T @ rows.astype(np.float64) > 0
        farther = incidence @ columns.astype(np.float64) > 0
        return np.asarray((incidence.T @ farther.astype(np.float64) > 0) | self.form.mip.integer)

    def _cheap(self, size: int) -> Flags:
        opened = self._best() > 0.5
        costs = self.root.reduced_costs if len(self.root.values) else self.form.mip.cost
        dear = costs[self.binaries]
        scale = np.abs(dear).mean() + 1e-12
        order = np.where(opened, -dear / scale, -np.maximum(dear, 0) / scale) + self.rng.gumbel(size=len(dear))
        return self._top(order, size)

    @staticmethod
    def _top(score: Floats, size: int) -> Flags:
        free = np.zeros(len(score), dtype=bool)
        free[np.argsort(-score, kind="stable")[:size]] = True
        return free


def _chances(rates: Floats) -> Floats:
    """Return how likely each kind is to be chosen: by its rate, each sometimes, those not tried yet first."""
    new = np.isinf(rates)
    if new.any():
        return np.asarray(new / new.sum())
    even = np.full(len(rates), 1 / len(rates))
    return np.asarray(_EVEN * even + (1 - _EVEN) * (rates / rates.sum() if rates.sum() > 0 else even))


def _near(form: Form, binaries: Ints) -> tuple[csr_array, csr_array]:
    """Return which binaries stand before columns of which balance rows, by row and by binary."""
    count = len(form.mip.cost)
    ones = np.ones(len(form.gates.gate))
    step = coo_array((ones, (form.gates.behind, form.gates.gate)), shape=(count, count)).tocsr()
    reach = step + step @ step + step @ step @ step
    touched = abs(form.balance.matrix) @ reach
    by_row = csr_array(touched.tocsc()[:, binaries].tocsr())
    return by_row, csr_array(by_row.T.tocsr())
