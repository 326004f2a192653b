"""Rules of nature and of the study about pairs of streams: kind, state, quality, time, way.

Each rule takes all pairs at once and returns the pairs it has something to say about, with an outcome: ``ok``,
``ask`` (possible, but see the text) or ``no``. Names, sources and what a rule does not decide stand in
``data/catalogue/match_rules.csv``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.carriage import may_carry
from data.study import Study

FORBIDDEN = "the study forbids this exchange"
Flags = npt.NDArray[np.bool_]


def reasons(
    pairs: pd.DataFrame, where: Flags | pd.Series, rule: str, outcome: str, texts: Iterable[str]
) -> pd.DataFrame:
    """Return a rule's reasons for the pairs ``where`` it applies: a text for each of those, in their order."""
    index = pairs.index[np.asarray(where, dtype=bool)]
    return pd.DataFrame({"pair": index, "rule": rule, "outcome": outcome, "text": list(texts), "source": ""})


def study_reasons(study: Study, pairs: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the reasons of every rule of this module; pairs are those of :mod:`models.matching`."""
    return [
        *_kind(pairs),
        _forbidden(study, pairs),
        *_state(study, pairs),
        *_quality(study, pairs),
        _time(study, pairs),
        *_way(study, pairs),
        _technology(pairs),
    ]


def _kind(pairs: pd.DataFrame) -> list[pd.DataFrame]:
    sayings = {
        "same": ("ok", "the same resource"),
        "grade": ("ok", "{0} may serve as {1}"),
        "reverse_grade": ("no", "{0} is a lesser grade than {1}"),
        "family": ("no", "{0} is not {1}, and no grade says that it may serve as it"),
        "technology": ("no", "{0} is not {1}"),
    }
    out = []
    for kind, (outcome, text) in sayings.items():
        rows = pairs[pairs["kind"] == kind]
        names = zip(rows["resource"], rows["received_as"], strict=True)
        out.append(reasons(pairs, pairs["kind"] == kind, "kind", outcome, [text.format(*pair) for pair in names]))
    return out


def _forbidden(study: Study, pairs: pd.DataFrame) -> pd.DataFrame:
    hit = np.zeros(len(pairs), dtype=bool)
    for giver, taker, *named in study.settings.limits.forbidden_exchanges:
        concerned = pairs[["resource", "received_as"]].isin(named).any(axis=1) if named else True
        hit |= (pairs["from_plant"] == giver) & (pairs["to_plant"] == taker) & concerned
    return reasons(pairs, hit, "study", "no", [FORBIDDEN] * int(hit.sum()))


def _state(study: Study, pairs: pd.DataFrame) -> list[pd.DataFrame]:
    """Say what else differs between resources that are not each other's grades: their phase, hazard and state."""
    known = study.resources.set_index("resource")
    other = ~pairs["kind"].isin(["same", "grade"])
    left, right = (known.reindex(pairs[column]).reset_index(drop=True) for column in ("resource", "received_as"))
    out = [
        _differs(pairs, other & (left["phase"] != right["phase"]), "phase", (left["phase"], right["phase"]),
                 "{0} is given, {1} is wanted"),
        _differs(pairs, other & left["hazardous"] & ~right["hazardous"], "hazard",
                 (pairs["resource"], pairs["received_as"]), "{0} is hazardous, {1} is not"),
    ]  # fmt: skip
    for column, rule, unit in (("temperature_c", "temperature", "degC"), ("pressure_bar", "pressure", "bar")):
        carrier = right["phase"].isin(["heat", "steam", "gas"])  # wanted for its state, even where no stream says so
        has = pairs[column].fillna(left[column])
        wants = pairs[f"{column}_demand"].fillna(right[column].where(carrier))
        short = other & (has < wants - 1e-9) & (left["phase"] == right["phase"])
        text = f"{{0:g}} {unit} is given, at least {{1:g}} {unit} is wanted"
        out.append(_differs(pairs, short, rule, (has, wants), text))
    return out


def _differs(
    pairs: pd.DataFrame, where: pd.Series, rule: str, both: tuple[pd.Series, pd.Series], text: str
) -> pd.DataFrame:
    values = zip(*(side[where] for side in both), strict=True)
    return reasons(pairs, where, rule, "no", [text.format(*pair) for pair in values])


def limited_properties(study: Study) -> list[str]:
    """Return the quality properties that some demand of a study limits."""
    names = {part.strip() for text in study.resources["properties"] for part in text.split(";")} - {""}
    columns = study.streams.columns
    return sorted(name for name in names if f"{name}_min" in columns or f"{name}_max" in columns)


def _quality(study: Study, pairs: pd.DataFrame) -> list[pd.DataFrame]:
    """Compare values with limits: outside of one, a supply is possible in a mix with another that lies inside."""
    used = pairs["kind"].isin(["same", "grade"]).to_numpy(dtype=bool)
    streams, out = study.streams, []
    for name in limited_properties(study):
        value, low, high = (
            streams.get(column, pd.Series(np.nan, streams.index)).to_numpy(dtype=np.float64)[pairs[row]]
            for column, row in ((name, "row"), (f"{name}_min", "row_demand"), (f"{name}_max", "row_demand"))
        )
        mates = pd.DataFrame({"demand": pairs["row_demand"], "value": np.where(used, value, np.nan)})
        least, most = (mates.groupby("demand")["value"].transform(how).to_numpy(dtype=np.float64)
                       for how in ("min", "max"))  # fmt: skip
        for beyond, limit, word, mixed in (
            (value > high, high, "above", least < high),
            (value < low, low, "below", most > low),
        ):
            for outcome, where, end in (
                ("ask", used & beyond & mixed, ": only in a mix with others that the same demand takes"),
                ("no", used & beyond & ~mixed, ", and so is all that this demand could be mixed from"),
            ):
                shown = name.replace("_", " ")
                texts = [f"{shown} {v:g} is {word} the limit of {x:g}{end}"
                         for v, x in zip(value[where], limit[where], strict=True)]  # fmt: skip
                out.append(reasons(pairs, where, "quality", outcome, texts))
    return out


def _time(study: Study, pairs: pd.DataFrame) -> pd.DataFrame:
    """Compare the years of both streams: with phases those in which both are there from beginning to end."""
    first = pairs[["available_from", "available_from_demand"]].max(axis=1).fillna(-np.inf).to_numpy()
    last = pairs[["available_to", "available_to_demand"]].min(axis=1).fillna(np.inf).to_numpy()
    phases = study.settings.phases
    if phases is None:
        apart = first > last
        text = "their years never meet; this plan pools all years in one period"
        return reasons(pairs, apart, "time", "ask", [text] * int(apart.sum()))
    whole = np.column_stack([(first <= start) & (last >= end) for start, end in phases.spans])
    apart = ~whole.any(axis=1)
    return reasons(pairs, apart, "time", "no", ["in no phase are both there in all years"] * int(apart.sum()))


def _way(study: Study, pairs: pd.DataFrame) -> list[pd.DataFrame]:
    """Say how a pair could travel, before any route is looked for."""
    apart = (pairs["from_plant"] != pairs["to_plant"]).to_numpy(dtype=bool)
    km = pairs["straight_m"].to_numpy() / 1000
    reach = study.settings.pipelines.max_distance_km, study.settings.trucks.max_distance_km
    pipe, truck = pairs["pipe"].to_numpy(dtype=bool), pairs["truck"].to_numpy(dtype=bool)
    vehicle = pairs["resource"].isin(_carried(study)).to_numpy(dtype=bool)
    near_pipe, near_truck = pipe & (km <= reach[0]), truck & vehicle & (km <= reach[1])
    ends = {*pairs.loc[near_pipe & apart, "from_plant"], *pairs.loc[near_pipe & apart, "to_plant"]}
    joined = pipe & (pairs["from_plant"].isin(ends) & pairs["to_plant"].isin(ends)).to_numpy(dtype=bool)
    open_, shared = apart & (near_pipe | near_truck), apart & joined & ~near_pipe & ~near_truck
    lost = apart & ~open_ & ~shared
    ways = [" or ".join([*(["pipe"] if p else []), *(["truck"] if t else [])])
            for p, t in zip(near_pipe[open_], near_truck[open_], strict=True)]  # fmt: skip
    why = [
        "; ".join([
            f"{far:,.1f} km is farther than a pipe may be ({reach[0]:g} km)" if p else "no pipe may carry it",
            "no truck may carry it" if not t else "no vehicle class in use may carry it" if not v
            else f"{far:,.1f} km is farther than a truck may go ({reach[1]:g} km)",
        ])
        for far, p, t, v in zip(km[lost], pipe[lost], truck[lost], vehicle[lost], strict=True)
    ]  # fmt: skip
    return [
        reasons(pairs, ~apart, "way", "ok", ["within the plant"] * int((~apart).sum())),
        reasons(pairs, open_, "way", "ok", [f"by {way}, {far:,.1f} km in a straight line"
                                            for way, far in zip(ways, km[open_], strict=True)]),
        reasons(pairs, shared, "way", "ask", [f"{far:,.1f} km is too far for a pipe of its own: only over pipes that "
                                              "are laid for others" for far in km[shared]]),
        reasons(pairs, lost, "way", "no", why),
    ]  # fmt: skip


def _carried(study: Study) -> set[str]:
    """Return the resources that some vehicle class in use may carry."""
    goods = study.resources[["resource", "body", "adr_class"]].assign(dangerous=study.resources["adr_class"] != "")
    hauls = goods.merge(study.vehicles[["vehicle", "body", "adr"]], how="cross", suffixes=("", "_of_vehicle"))
    return set(hauls.loc[may_carry(study.settings, hauls), "resource"])


def _technology(pairs: pd.DataFrame) -> pd.DataFrame:
    through = pairs["technologies"] != ""
    texts = ["through " + names for names in pairs.loc[through, "technologies"]]
    return reasons(pairs, through, "technology", "technology", texts)
