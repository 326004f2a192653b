"""What the user asked for and could give up, and where the model says it.

A requirement is a demand that must be served, a cap, a budget, a most number of partners or of places of hubs, a limit
of quality, or a forced or forbidden choice. Quantities, capacities and geography are facts. :func:`relax` writes a
Problem's model with every requirement as rows of its own that can be left out one by one: what the model says by a
bound of a variable becomes a row, and what it says by leaving something out is put back in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from data.problem import Problem
from data.settings import Limits
from models.build import build_model
from models.compile import Compiled, compile_model
from models.mip import Floats, Mip
from models.prepare import prepare_network

# From how far a requirement is missed, in its rows' unit, to what would be enough, as in "raise the cap to 5 t/year".
Eased = Callable[[float], str]
Words = tuple[str, Eased]


@dataclass(frozen=True)
class Requirement:
    """A requirement in the user's words, the rows that say it, and how it could give way.

    ``source`` is the model's component that says it and the key there, of the first where there are several.
    """

    words: str
    source: tuple[str, Hashable]
    rows: tuple[int, ...]
    eased: Eased


@dataclass(frozen=True)
class Relaxed:
    """A Problem's model without any requirement: the rows in ``lower`` and ``upper`` are those with all of them."""

    mip: Mip
    lower: Floats
    upper: Floats
    requirements: tuple[Requirement, ...]


def relax(problem: Problem) -> Relaxed:
    """Return the Problem's model with its requirements apart."""
    limits = problem.limits
    open_limits = limits.model_copy(
        update={
            "forbidden_corridors": (),
            "forbidden_hubs": (),
            "forbidden_exchanges": (),
            # What a forced exchange brings is a row of the model; of a forbidden one that row is to be 0.
            "forced_exchanges": (*limits.forced_exchanges, *limits.forbidden_exchanges),
        }
    )
    opened = problem.replace(limits=open_limits)
    book = _Book(compile_model(build_model(opened, prepare_network(opened))))
    for component, words in _ROWS.items():
        for key, row in book.rows.get(component, {}).items():
            book.ask(words(problem, key), (component, key), row)
    for component, words in _COLUMNS.items():
        for key, column in book.columns.get(component, {}).items():
            if book.mip.lower[column] > 0:
                book.ask(words(problem, key), (component, key), book.least(column))
    _ask_exchanges(book, limits)
    for component, kind, names in (
        ("flow", "corridor", limits.forbidden_corridors),
        ("made", "hub", limits.forbidden_hubs),
    ):
        for name in names:
            own = [column for key, column in book.columns.get(component, {}).items() if _name(key) == name]
            book.ask(_forbidden(kind, name), (f"forbidden_{kind}", name), book.none_of(own))
    return book.relaxed()


def _ask_exchanges(book: _Book, limits: Limits) -> None:
    rows = book.rows.get("forced_exchange", {})
    for pair in limits.forced_exchanges:
        words = (
            f"the exchange from {_pair(pair)} is forced",
            _always(f"no longer force the exchange from {_pair(pair)}"),
        )
        row = rows.get(" -> ".join(pair))
        book.ask(words, ("forced_exchange", pair), book.nothing_but(limits.forced_share) if row is None else row)
    for pair in limits.forbidden_exchanges:
        row = rows.get(" -> ".join(pair))
        if row is not None:
            book.turn(row)
            words = f"the exchange from {_pair(pair)} is forbidden", _always(f"allow the exchange from {_pair(pair)}")
            book.ask(words, ("forbidden_exchange", pair), row)


class _Book:
    """Rows and columns by component and key, the rows added, and the requirements found so far."""

    def __init__(self, compiled: Compiled) -> None:
        self.mip = compiled.mip
        self.rows = _by_component(compiled.rows)
        self.columns = _by_component(compiled.columns)
        self._lower, self._upper = self.mip.row_lower.tolist(), self.mip.row_upper.tolist()
        self._terms: list[list[int]] = []  # columns of each row added, all with coefficient 1
        self._freed: list[int] = []  # columns whose lower bound is now a row
        self._asked: dict[str, tuple[tuple[str, Hashable], list[int], Eased]] = {}

    def least(self, column: int) -> int:
        """Make a row of a column's lower bound and return its number."""
        self._freed.append(column)
        return self._add([column], float(self.mip.lower[column]), np.inf)

    def none_of(self, columns: list[int]) -> int:
        """Add a row that says that these columns are 0."""
        return self._add(columns, -np.inf, 0.0)

    def nothing_but(self, least: float) -> int:
        """Add a row that nothing can meet."""
        return self._add([], least, np.inf)

    def turn(self, row: int) -> None:
        """Make of a row of terms that are never negative one that says that all are 0."""
        self._lower[row], self._upper[row] = -np.inf, 0.0

    def _add(self, columns: list[int], lower: float, upper: float) -> int:
        self._terms.append(columns)
        self._lower.append(lower)
        self._upper.append(upper)
        return len(self._lower) - 1

    def ask(self, words: Words, source: tuple[str, Hashable], row: int) -> None:
        """Note that a row says a requirement; rows of the same words are one requirement."""
        self._asked.setdefault(words[0], (source, [], words[1]))[1].append(row)

    def relaxed(self) -> Relaxed:
        mip, count = self.mip, len(self._terms)
        indices = np.array([column for own in self._terms for column in own], dtype=np.int32)
        starts = np.cumsum([0, *map(len, self._terms)]).astype(np.int32)
        extra = csr_array((np.ones(len(indices)), indices, starts), (count, len(mip.cost)))
        lower, upper = np.array(self._lower), np.array(self._upper)
        free = mip.lower.copy()
        free[self._freed] = 0.0
        rows = [row for _, own, _ in self._asked.values() for row in own]
        opened_lower, opened_upper = lower.copy(), upper.copy()
        opened_lower[rows], opened_upper[rows] = -np.inf, np.inf
        relaxed = replace(
            mip,
            lower=free,
            matrix=csr_array(vstack([mip.matrix, extra], format="csr")),
            row_lower=opened_lower,
            row_upper=opened_upper,
            cost=np.zeros_like(mip.cost),
            offset=0.0,
        )
        asked = tuple(
            Requirement(words, source, tuple(own), eased) for words, (source, own, eased) in self._asked.items()
        )
        return Relaxed(relaxed, lower, upper, asked)


def _by_component(parts: tuple[object, ...]) -> dict[str, dict[Hashable, int]]:
    found: dict[str, dict[Hashable, int]] = {}
    for number, part in enumerate(parts):
        found.setdefault(part.parent_component().name, {})[part.index()] = number  # type: ignore[attr-defined]
    return found


def _when(problem: Problem, key: Hashable) -> str:
    """Return the end of a sentence that names the period, which is the last part of a key where there are several."""
    if len(problem.periods) < 2:
        return ""
    return f" in {key[-1] if isinstance(key, tuple) else key}"


def _name(key: Hashable) -> str:
    """Return the first part of a key."""
    return str(key[0] if isinstance(key, tuple) else key)


def _must_serve(problem: Problem, key: Hashable) -> Words:
    name, when = _name(key), _when(problem, key)
    row = problem.demands.set_index("demand").loc[name]
    unit = problem.resources.set_index("resource").loc[row["resource"], "unit"]
    quantity = float(row["quantity"])

    def eased(short: float) -> str:
        left = quantity - short
        if left <= 1e-6 * quantity:
            return f"leave demand {name} unserved{when}"
        return f"ask for no more than {below(left)} {unit}/year in demand {name}{when}"

    return (
        f"demand {name} of {_place(problem, row['node'])} must be served{when}: "
        f"{amount(quantity)} {unit}/year of {row['resource']}",
        eased,
    )


def _co2_cap(problem: Problem, key: Hashable) -> Words:
    cap = float(problem.limits.co2_cap_t_per_year or 0.0)
    when = _when(problem, key)
    return (
        f"CO2 must stay within the cap of {amount(cap)} t/year{when}",
        lambda short: f"raise the CO2 cap to {above(cap + short)} t/year{when}",
    )


def _landfill_cap(problem: Problem, key: Hashable) -> Words:
    cap, when = float(problem.limits.landfill_cap_t_per_year or 0.0), _when(problem, key)
    return (
        f"no more than {amount(cap)} t/year may go to landfill{when}",
        lambda short: f"let {above(cap + short)} t/year go to landfill{when}",
    )


def _all_partners(problem: Problem, _key: Hashable) -> Words:
    most = problem.limits.max_partners or 0
    return (
        f"no more than {most} plants may take part",
        lambda short: f"let {math.ceil(most + short - 1e-6)} plants take part",
    )


def _budget(problem: Problem, key: Hashable) -> Words:
    budget, when = _limit_of(problem, problem.limits.investment_budget, key), _when(problem, key)
    return (
        f"no more than the budget of {amount(budget)} {problem.currency} may be invested{when}",
        lambda short: f"raise the investment budget{when} to {above(budget + short)} {problem.currency}",
    )


def _new_partners(problem: Problem, key: Hashable) -> Words:
    most, when = _limit_of(problem, problem.limits.max_new_partners, key), _when(problem, key)
    return (
        f"no more than {most:g} plants may join{when}",
        lambda short: f"let {math.ceil(most + short - 1e-6)} plants join{when}",
    )


def _hub_sites(problem: Problem, key: Hashable) -> Words:
    most, when = _limit_of(problem, problem.limits.max_hub_sites, key), _when(problem, key)
    return (
        f"hubs may stand at no more than {most:g} {'place' if most == 1 else 'places'}{when}",
        lambda short: f"let hubs stand at {math.ceil(most + short - 1e-6)} places{when}",
    )


def _limit_of(problem: Problem, limit: float | Sequence[float] | None, key: Hashable) -> float:
    """Return a limit in the period that a key names."""
    if isinstance(limit, Sequence):
        return float(limit[problem.periods["period"].tolist().index(_name(key)) if len(limit) > 1 else 0])
    return float(limit or 0.0)


def _quality(problem: Problem, key: Hashable) -> Words:
    assert isinstance(key, tuple)
    taker, _, name, side = key
    hubs = dict(zip(problem.hubs["hub"], problem.hubs["technology"], strict=True))
    quality = problem.quality[problem.quality["property"] == name]
    own = quality[(quality["demand"] == taker) | (quality["technology"] == hubs.get(taker, "\0"))]
    limit = float(own[side].dropna().iloc[0])
    who = f"demand {taker}" if (quality["demand"] == taker).any() else f"hub {taker}"
    most = "at most" if side == "max" else "at least"
    return (
        f"what {who} receives must have {name} {most} {amount(limit)}",
        _always(f"give up that {who} receives {name} {most} {amount(limit)}"),
    )


def _forced_corridor(_problem: Problem, key: Hashable) -> Words:
    return f"corridor {_name(key)} is forced", _always(f"no longer force corridor {_name(key)}")


def _forced_hub(_problem: Problem, key: Hashable) -> Words:
    return f"hub {_name(key)} is forced", _always(f"no longer force hub {_name(key)}")


def _forbidden(kind: str, name: str) -> Words:
    return f"{kind} {name} is forbidden", _always(f"allow {kind} {name}")


def _pair(pair: Sequence[str]) -> str:
    return f"{pair[0]} to {pair[1]}{' of ' + pair[2] if len(pair) > 2 else ''}"


def _always(words: str) -> Eased:
    """Return words for what gives way as a whole, however far it is missed."""
    return lambda _short: words


_ROWS: Mapping[str, Callable[[Problem, Hashable], Words]] = {
    "co2_cap": _co2_cap,
    "landfill_cap": _landfill_cap,
    "all_partners": _all_partners,
    "budget": _budget,
    "new_partners": _new_partners,
    "hub_sites": _hub_sites,
    "quality": _quality,
}
_COLUMNS: Mapping[str, Callable[[Problem, Hashable], Words]] = {
    "served": _must_serve,
    "trench": _forced_corridor,
    "modules": _forced_hub,
}


def _place(problem: Problem, node: str) -> str:
    row = problem.nodes.set_index("node").loc[node]
    name = row["name"] if row["name"] not in ("", node) else ""
    return f"{row['kind']} {node}{f' ({name})' if name else ''}"


def amount(value: float) -> str:
    """Return a number as a person writes it: all digits before the point, five in all where there are fewer."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.5g}"


def above(value: float) -> str:
    """Return a number rounded up to five digits; what the solver's tolerance adds does not count."""
    return amount(significant(significant(value, digits=7, to=round), digits=5, to=math.ceil))


def below(value: float) -> str:
    """Return a number rounded down to five digits; what the solver's tolerance takes does not count."""
    return amount(significant(significant(value, digits=7, to=round), digits=5, to=math.floor))


def significant(value: float, *, digits: int, to: Callable[[float], int]) -> float:
    """Return a number rounded to so many digits by ``round``, ``math.ceil`` or ``math.floor``."""
    if value == 0:
        return 0.0
    places = digits - 1 - math.floor(math.log10(abs(value)))
    scaled = float(f"{value:.15g}") * 10.0**places
    return round(to(round(scaled, 6)) / 10.0**places, max(places, 0))
