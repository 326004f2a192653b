"""Quantities traced by where they come from, where the Problem asks what a taker receives.

A taker (a demand, or what a hub eats) is *limited* when the mix that it receives must keep to ``quality``, or
when exchanges with it are forced or forbidden. Every cell from which a limited taker can be reached is split by
origin: one copy per class of givers (supplies, or what hubs make) that nothing limited tells apart, that is with
the same values of the properties that count and, where a pair of ``limits`` names their place, of the same place
and resource. Pipes, routes and uses as a lesser grade between such cells become one row per class; rows of one
pipe share its capacity, its gate and its least flow, rows of one route its bay and its trucks.

From each copy quantities *arrive*, as uses at no cost, in the limited taker's own cell and, for everything that
need not be told apart, in the cell as it was. The mix of a taker is linear in its arrivals:

    sum over classes k of (value_k - max) * arrived_k <= 0,    sum of (min - value_k) * arrived_k <= 0

A limit that every giver within reach keeps is no limit and costs nothing. The split is exact (a multicommodity
flow); what it assumes of a shared pipe is that origins travel one after another, in batches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.problem import Problem
from models.network import Floats, Ints, Network
from models.phases import with_period
from models.tighten import Flags, reachable

_PLACE = ("from_cell", "to_cell")


def trace_origins(network: Network, problem: Problem) -> Network:
    """Return the network with cells, arcs and streams split by origin where a taker is limited.

    Parameters
    ----------
    network
        Better tightened before, so that only what is of use is split, and again afterwards.
    problem
        For its ``quality`` and the forced and forbidden exchanges of its ``limits``.

    Returns
    -------
    Network
        The same object where nothing is limited. Otherwise with ``mixes`` (``taker``, ``property``, ``side``,
        ``from_cell``, ``to_cell``, ``coefficient``: the arrivals of a row of quality, whose weighted sum is at
        most 0) and ``forced`` (``pair``, ``from_cell``, ``to_cell``, ``coefficient``, ``least``: the arrivals of
        a forced exchange, whose weighted sum is at least ``least``).
    """
    limits, quality = problem.limits, problem.quality
    if not (limits.forced_exchanges or limits.forbidden_exchanges or quality[["min", "max"]].notna().any(axis=None)):
        return network
    demands = _Demands(network, problem)
    if demands.nothing_limited:
        return network
    return _Split(network, demands).network()


def _givers(network: Network) -> pd.DataFrame:
    """Return supplies, then what hubs make: ``row``, ``hub``, ``cell``, ``name``, ``most``, place and resource."""
    return _ends(network, network.supplies, name="supply", most="bound", sign=1)


def _takers(network: Network) -> pd.DataFrame:
    """Return demands, then what hubs eat, as :func:`_givers`."""
    return _ends(network, network.demands, name="demand", most="quantity", sign=-1)


def _ends(network: Network, streams: pd.DataFrame, *, name: str, most: str, sign: int) -> pd.DataFrame:
    own = pd.DataFrame({
        "row": np.arange(len(streams)), "hub": False, "cell": streams["cell"].to_numpy(),
        "name": streams[name].to_numpy(), "technology": "", "most": streams[most].to_numpy(),
    })  # fmt: skip
    return _placed(network, pd.concat([own, _hub_ends(network.recipes, network.hubs, sign)], ignore_index=True))


def _hub_ends(recipes: pd.DataFrame, hubs: pd.DataFrame, sign: int) -> pd.DataFrame:
    rows = np.flatnonzero((sign * recipes["coefficient"] > 0).to_numpy())
    hub = recipes["hub"].to_numpy()[rows]
    most = np.abs(recipes["coefficient"].to_numpy()[rows]) * hubs["bound"].to_numpy()[hub]
    return pd.DataFrame({
        "row": rows, "hub": True, "cell": recipes["cell"].to_numpy()[rows], "name": hubs["hub"].to_numpy()[hub],
        "technology": hubs["technology"].to_numpy()[hub], "most": most,
    })  # fmt: skip


def _placed(network: Network, ends: pd.DataFrame) -> pd.DataFrame:
    cells = network.cells.iloc[ends["cell"]]
    ends = ends.astype({"row": "int64", "hub": "bool", "cell": "int64", "most": "float64"})
    return ends.assign(node=cells["node"].to_numpy(), resource=cells["resource"].to_numpy())


def _told(quality: pd.DataFrame, ends: pd.DataFrame, owner: str) -> pd.DataFrame:
    """Return the rows of quality about each end (column ``end``); what a technology says of one resource goes first."""
    numbered = ends.assign(end=np.arange(len(ends)))
    own = numbered[~numbered["hub"]].merge(quality, left_on="name", right_on=owner, suffixes=("", "_said"))
    hubs = numbered[numbered["hub"]].merge(quality, on="technology", suffixes=("", "_said"))
    exact = hubs[hubs["resource_said"] == hubs["resource"]]
    general = hubs[hubs["resource_said"] == ""]
    both = pd.concat([exact, general]).drop_duplicates(["end", "property"])
    return pd.concat([own, both], ignore_index=True)[["end", "property", "value", "min", "max"]]


class _Demands:
    """What is asked of the origins: rows of quality that bind, pairs that are forced or forbidden."""

    def __init__(self, network: Network, problem: Problem) -> None:
        self.givers, self.takers = _givers(network), _takers(network)
        limits = problem.limits
        self._pairs = [*limits.forced_exchanges, *limits.forbidden_exchanges]
        self.forced, self.share = limits.forced_exchanges, limits.forced_share
        self.given, self.wanted = _whole(problem)
        quality = problem.quality
        values = _told(quality[quality["value"].notna()], self.givers, "supply")
        wide = values.pivot_table(index="end", columns="property", values="value", aggfunc="first")
        self.values = wide.reindex(range(len(self.givers)))
        bounds = _told(quality[quality["value"].isna()], self.takers, "demand")
        reach = _reach(network, self.givers, self.takers, self._asked(bounds))
        self.forbidden = self._forbidden(limits.forbidden_exchanges)
        self.mixes = self._binding(bounds, reach)
        paired = self.forbidden.copy()
        for pair in self.forced:
            paired |= self.matches(pair)
        self.limited = np.union1d(self.mixes["end"], np.flatnonzero((paired & reach).any(axis=0))).astype(np.int64)

    @property
    def nothing_limited(self) -> bool:
        return not len(self.limited)

    def _asked(self, bounds: pd.DataFrame) -> Ints:
        """Return the takers of which anything is asked at all."""
        named = [np.flatnonzero(self._is_to(pair)) for pair in self._pairs]
        return np.unique(np.concatenate([bounds["end"].to_numpy(dtype=np.int64), *named]))

    def _is_to(self, pair: tuple[str, ...]) -> Flags:
        return np.asarray(self.takers["node"] == pair[1])

    def _forbidden(self, pairs: tuple[tuple[str, ...], ...]) -> Flags:
        """Return for each giver and taker whether an exchange between them is forbidden."""
        out = np.zeros((len(self.givers), len(self.takers)), dtype=bool)
        for pair in pairs:
            out |= self.matches(pair)
        return out

    def matches(self, pair: tuple[str, ...]) -> Flags:
        """Return for each giver and taker whether a pair names them; its resource as given or as received."""
        ends = np.outer((self.givers["node"] == pair[0]).to_numpy(), self._is_to(pair))
        if len(pair) > 2:
            given = (self.givers["resource"] == pair[2]).to_numpy()
            taken = (self.takers["resource"] == pair[2]).to_numpy()
            ends &= given[:, None] | taken[None, :]
        return np.asarray(ends)

    def _binding(self, bounds: pd.DataFrame, reach: Flags) -> pd.DataFrame:
        """Return ``end``, ``property``, ``side``, ``limit`` of limits that some giver within reach breaks."""
        sides = bounds.melt(["end", "property"], ["min", "max"], "side", "limit").dropna(subset="limit")
        breaks, blank = [], pd.Series(np.nan, index=self.values.index)
        for end, name, side, limit in sides.itertuples(index=False):
            value = self.values.get(name, blank).to_numpy()[reach[:, end]]
            fine = value >= limit if side == "min" else value <= limit
            breaks.append(not fine.all())
        return sides[np.array(breaks, dtype=bool)].reset_index(drop=True)

    def classes(self, traced: Flags) -> Ints:
        """Return the class of each giver, -1 for those that are not traced."""
        counts = sorted(set(self.mixes["property"]) & set(self.values.columns))
        starts = {pair[0] for pair in self._pairs}
        place = (self.givers["node"] + "/" + self.givers["resource"]).where(self.givers["node"].isin(starts), "")
        table = self.values[counts].assign(place=place.to_numpy())[traced]
        out = np.full(len(self.givers), -1, dtype=np.int64)
        out[traced] = table.groupby([*counts, "place"], sort=False, dropna=False).ngroup()
        return out


def _usable(network: Network) -> tuple[Ints, Ints]:
    arcs = network.arcs
    usable = (arcs["bound"] > 0).to_numpy()
    return arcs["from_cell"].to_numpy()[usable], arcs["to_cell"].to_numpy()[usable]


def _reach(network: Network, givers: pd.DataFrame, takers: pd.DataFrame, asked: Ints) -> Flags:
    """Return for each giver and each taker in ``asked`` whether arcs lead from one to the other."""
    tails, heads = _usable(network)
    out = np.zeros((len(givers), len(takers)), dtype=bool)
    cell, live = givers["cell"].to_numpy(), (givers["most"] > 0).to_numpy()
    for taker in asked:
        above = reachable(len(network.cells), takers["cell"].to_numpy()[[taker]], heads, tails)
        out[:, taker] = above[cell] & live
    return out


@dataclass(frozen=True)
class _Copies:
    """Numbers of the new cells: one per class and cell that the class can reach, one per limited taker."""

    fed: Flags  # classes x cells
    number: Ints  # classes x cells, -1 where not fed
    own: Ints  # per limited taker
    label: list[str]  # per class
    total: Floats  # per class, units/year


class _Split:
    """The network rebuilt over cells split by origin."""

    def __init__(self, network: Network, asked: _Demands) -> None:
        self._network, self._asked = network, asked
        count = len(network.cells)
        tails, heads = _usable(network)
        ends = asked.takers["cell"].to_numpy()[asked.limited]
        self._above = reachable(count, ends, heads, tails)
        givers = asked.givers
        self._traced = self._above[givers["cell"].to_numpy()] & (givers["most"] > 0).to_numpy()
        self._class = asked.classes(self._traced)
        inside = self._above[heads]
        self._copies = self._copy(tails[inside], heads[inside], count, len(ends))

    def _copy(self, tails: Ints, heads: Ints, count: int, takers: int) -> _Copies:
        givers = self._asked.givers[self._traced]
        members = givers.groupby(self._class[self._traced], sort=True)
        fed = np.zeros((members.ngroups, count), dtype=bool)
        labels = []
        for row, (_, group) in enumerate(members):
            fed[row] = reachable(count, group["cell"].to_numpy(), tails, heads) & self._above
            more = f" and {len(group) - 1} more" if len(group) > 1 else ""
            labels.append(f"from {group['name'].iloc[0]} {group['resource'].iloc[0]}{more}")
        number = np.where(fed, count + np.cumsum(fed).reshape(fed.shape) - 1, -1)
        own = count + int(fed.sum()) + np.arange(takers)
        return _Copies(fed, number, own, labels, members["most"].sum().to_numpy(dtype=np.float64))

    def network(self) -> Network:
        network, asked, copies = self._network, self._asked, self._copies
        classes, cells = np.nonzero(copies.fed)
        taker_cells = asked.takers["cell"].to_numpy()[asked.limited]
        names = asked.takers["name"].to_numpy()[asked.limited]
        label = np.array(copies.label, dtype=object)
        table = pd.concat(
            [
                network.cells,
                network.cells.iloc[cells].assign(origin=label[classes]),
                network.cells.iloc[taker_cells].assign(origin=[f"to {name}" for name in names]),
            ],
            ignore_index=True,
        ).astype({"origin": "str"})
        arrivals = self._arrivals(classes, cells)
        return replace(
            network,
            cells=table,
            supplies=network.supplies.assign(cell=self._moved("supplies")),
            demands=network.demands.assign(cell=self._moved("demands")),
            recipes=network.recipes.assign(cell=self._moved("recipes")),
            flows=self._split(network.flows),
            hauls=self._split(network.hauls),
            grades=_joined(self._split(network.grades), arrivals),
            mixes=self._mixes(arrivals),
            forced=self._forced(arrivals),
        )

    def _moved(self, name: str) -> Ints:
        """Return the cells of supplies, demands or recipes: of givers the copy of their class, of takers their own."""
        asked, copies = self._asked, self._copies
        cell: Ints = getattr(self._network, name)["cell"].to_numpy(dtype=np.int64).copy()
        if name != "demands":
            rows = self._traced & (asked.givers["hub"] == (name == "recipes")).to_numpy()
            givers = asked.givers[rows]
            cell[givers["row"].to_numpy()] = copies.number[self._class[rows], givers["cell"].to_numpy()]
        if name != "supplies":
            takers = asked.takers.iloc[asked.limited]
            rows = (takers["hub"] == (name == "recipes")).to_numpy()
            cell[takers["row"].to_numpy()[rows]] = copies.own[rows]
        return cell

    def _split(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return arcs with those between split cells once per class that can use them."""
        copies, count = self._copies, len(table)
        tail, head = (table[name].to_numpy(dtype=np.int64) for name in _PLACE)
        bound = table["bound"].to_numpy(dtype=np.float64)
        inside = self._above[head] & (bound > 0)
        kinds, rows = np.nonzero(copies.fed[:, tail] & inside)
        plain = np.flatnonzero(~inside)
        row, kind = np.concatenate([plain, rows]), np.concatenate([np.full(len(plain), -1), kinds])
        order = np.lexsort((kind, row))
        row, kind = row[order], kind[order]
        split = kind >= 0
        label = np.array([*copies.label, ""], dtype=object)
        out = table.iloc[row].reset_index(drop=True)
        out["from_cell"] = np.where(split, copies.number[kind, tail[row]], tail[row])
        out["to_cell"] = np.where(split, copies.number[kind, head[row]], head[row])
        out["bound"] = np.where(split, np.minimum(bound[row], copies.total[kind]), bound[row])
        out["origin"] = pd.Series(np.where(split, label[kind], table["origin"].to_numpy()[row]), dtype="str")
        if "twin" in table:
            place = np.full((len(copies.label) + 1, count + 1), -1, dtype=np.int64)
            place[kind, row] = np.arange(len(row))
            out["twin"] = place[kind, table["twin"].to_numpy()[row]]
        return out

    def _arrivals(self, classes: Ints, cells: Ints) -> pd.DataFrame:
        """Return uses of each copy: in the cell as it was, and in the limited takers' own cells there."""
        copies, asked = self._copies, self._asked
        barred = self._barred()
        at = pd.DataFrame({"kind": classes, "cell": cells})
        takers = pd.DataFrame({
            "cell": asked.takers["cell"].to_numpy()[asked.limited],
            "taker": np.arange(len(asked.limited)),
            "name": asked.takers["name"].to_numpy()[asked.limited],
        })  # fmt: skip
        own = at.merge(takers, on="cell")
        own = own[~barred[own["kind"], own["taker"]]]
        table = pd.concat([at.assign(taker=-1, name=""), own], ignore_index=True)
        kind, taker = table["kind"].to_numpy(), table["taker"].to_numpy()
        there = self._network.cells.iloc[table["cell"]].reset_index(drop=True)
        label = np.array(copies.label, dtype=object)[kind]
        return pd.DataFrame(index=table.index).assign(
            node=there["node"],
            resource=there["resource"],
            serves=there["resource"],
            when=there["when"],
            period=there["period"],
            key=_keys(there),
            unit_cost=0.0,
            from_cell=copies.number[kind, table["cell"].to_numpy()],
            to_cell=np.where(taker >= 0, copies.own[taker], table["cell"].to_numpy()),
            bound=copies.total[kind],
            origin=[f"{a} to {b}" if b else a for a, b in zip(label, table["name"], strict=True)],
            kind=kind,
            taker=taker,
        )

    def _barred(self) -> npt.NDArray[np.bool_]:
        """Return for each class and limited taker whether exchanges are forbidden; all of a class are alike in this."""
        asked = self._asked
        first = self._first()
        return np.asarray(asked.forbidden[np.ix_(first, asked.limited)])

    def _first(self) -> Ints:
        """Return a giver of each class."""
        return np.array([np.flatnonzero(self._class == kind)[0] for kind in range(len(self._copies.label))], dtype=int)

    def _mixes(self, arrivals: pd.DataFrame) -> pd.DataFrame:
        asked = self._asked
        arrived = arrivals[arrivals["taker"] >= 0].assign(end=lambda rows: asked.limited[rows["taker"]])
        rows = arrived[[*_PLACE, "kind", "end"]].merge(asked.mixes, on="end")
        values = asked.values.iloc[self._first()].reset_index(drop=True)
        value = np.array([
            values[name].iloc[kind] for name, kind in zip(rows["property"], rows["kind"], strict=True)
        ], dtype=np.float64)  # fmt: skip
        over = np.where(rows["side"] == "max", value - rows["limit"], rows["limit"] - value)
        table = rows.assign(taker=asked.takers["name"].to_numpy()[rows["end"]], coefficient=over)
        return table[["taker", "end", "property", "side", *_PLACE, "coefficient"]]

    def _forced(self, arrivals: pd.DataFrame) -> pd.DataFrame:
        """Return the arrivals of each forced pair, each over the smaller of what is given and wanted."""
        asked, parts = self._asked, []
        arrived = arrivals[arrivals["taker"] >= 0]
        first = self._first()[arrived["kind"].to_numpy(dtype=int)]
        end = asked.limited[arrived["taker"].to_numpy(dtype=int)]
        givers, takers = asked.givers.iloc[first], asked.takers.iloc[end]
        most = np.minimum(_of(asked.given, givers), _of(asked.wanted, takers))
        for pair in asked.forced:
            rows = asked.matches(pair)[first, end] & (most > 0)
            table = arrived.loc[rows, list(_PLACE)]
            parts.append(table.assign(pair=" -> ".join(pair), coefficient=1 / most[rows], least=asked.share))
        columns = ["pair", *_PLACE, "coefficient", "least"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _keys(cells: pd.DataFrame) -> pd.Series:
    """Return names of uses of a resource as itself."""
    rows = zip(cells["node"], cells["resource"], cells["period"], strict=True)
    return pd.Series([with_period((node, name, name), period) for node, name, period in rows], dtype="object")


def _whole(problem: Problem) -> tuple[pd.Series, pd.Series]:
    """Return by node and resource all that streams and the most modules of hubs could give and take, units/year."""
    hubs = problem.hubs[~problem.hubs["hub"].isin(problem.limits.forbidden_hubs)].merge(
        problem.recipes, on="technology"
    )
    made = np.maximum(hubs["max_modules"], hubs["existing"]) * hubs["capacity"] * hubs["quantity_per_throughput"]
    keys, sums = ["node", "resource"], []
    for table, amount in ((problem.supplies, made), (problem.demands, -made)):
        ends = pd.concat([table[[*keys, "quantity"]], hubs[keys].assign(quantity=amount.clip(lower=0.0))])
        sums.append(ends.groupby(keys)["quantity"].sum())
    return sums[0], sums[1]


def _joined(grades: pd.DataFrame, arrivals: pd.DataFrame) -> pd.DataFrame:
    """Return the uses as lesser grades and the arrivals as one table."""
    parts = [table for table in (grades, arrivals.reindex(columns=grades.columns)) if len(table)]
    return pd.concat(parts, ignore_index=True) if parts else grades


def _of(sums: pd.Series, ends: pd.DataFrame) -> Floats:
    found = sums.reindex(pd.MultiIndex.from_frame(ends[["node", "resource"]]))
    return np.asarray(found.fillna(0.0), dtype=np.float64)
