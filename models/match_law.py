"""Rules of law about pairs of streams: what must be asked before waste or dangerous goods leave a plant.

None of them says no: that is for the authority, and every reason names the act to ask about.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.carriage import tunnel_code
from data.catalogue import read_catalogue
from data.study import Study
from models.match_rules import reasons

_WASTE = "waste {code} unless it is a by-product or has ceased to be waste: the taker needs a permit or registration"
_HAZARDOUS = "hazardous waste {code}: permit, consignment note, and no mixing with other waste"
_GREEN = "waste from {0} to {1}: as green-listed waste with the Annex VII form, otherwise with prior consent"
_AMBER = "hazardous waste from {0} to {1}: prior written notification and consent of the authorities (amber list)"
_DANGEROUS = (
    "ADR class {0}: by truck only with an approved vehicle and driver, and at the worst not through tunnels of "
    "category {1} and stricter"
)


def law_reasons(study: Study, pairs: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the reasons of every rule of this module; what stays within a plant is left alone."""
    used = pairs["kind"].isin(["same", "grade"]) | (pairs["technologies"] != "")
    leaves = (used & (pairs["from_plant"] != pairs["to_plant"])).to_numpy(dtype=bool)
    given = study.resources.set_index("resource").reindex(pairs["resource"]).reset_index()
    return [
        _waste(pairs, given, leaves),
        _dangerous_goods(pairs, given, leaves),
        _border(study, pairs, given, leaves),
        _other_law(pairs, leaves),
    ]


def _waste(pairs: pd.DataFrame, given: pd.DataFrame, leaves: np.ndarray) -> pd.DataFrame:
    waste = leaves & (given["low_code"] != "").to_numpy(dtype=bool)
    rows = given[waste]
    texts = [(_HAZARDOUS if hazardous else _WASTE).format(code=code)
             for code, hazardous in zip(rows["low_code"], rows["hazardous"], strict=True)]  # fmt: skip
    return reasons(pairs, waste, "waste", "ask", texts)


def _dangerous_goods(pairs: pd.DataFrame, given: pd.DataFrame, leaves: np.ndarray) -> pd.DataFrame:
    hauled = leaves & pairs["truck"].to_numpy(dtype=bool) & (given["adr_class"] != "").to_numpy(dtype=bool)
    texts = [_DANGEROUS.format(adr, tunnel_code(adr)) for adr in given.loc[hauled, "adr_class"]]
    return reasons(pairs, hauled, "adr", "ask", texts)


def _border(study: Study, pairs: pd.DataFrame, given: pd.DataFrame, leaves: np.ndarray) -> pd.DataFrame:
    country = study.plants.set_index("plant")["country"]
    start, end = (country.reindex(pairs[column]).to_numpy(dtype=object) for column in ("from_plant", "to_plant"))
    waste = (given["low_code"] != "").to_numpy(dtype=bool)
    crosses = leaves & waste & (start != "") & (end != "") & (start != end)
    texts = [(_AMBER if hazardous else _GREEN).format(one, other)
             for hazardous, one, other in zip(given.loc[crosses, "hazardous"], start[crosses], end[crosses],
                                              strict=True)]  # fmt: skip
    return reasons(pairs, crosses, "border", "ask", texts)


def _other_law(pairs: pd.DataFrame, leaves: np.ndarray) -> pd.DataFrame:
    law = read_catalogue().law
    rows = pairs.loc[leaves, ["resource"]].reset_index(names="pair").merge(law, on="resource")
    named = rows.rename(columns={"note": "text"}).assign(rule="law", outcome="ask")
    return named[["pair", "rule", "outcome", "text", "source"]]
