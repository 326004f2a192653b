"""What could serve what, written as tables, a picture and plain facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

import maps
from data import Study, whole_folder, write_tables
from models import Matching


def write_matches(study: Study, matching: Matching, out: Path) -> None:
    """Write ``matches.csv``, ``match_reasons.csv``, ``matches.json`` and ``matrix.svg``, whole or not at all."""
    with whole_folder(out) as folder:
        write_tables({"matches": matching.pairs, "match_reasons": matching.reasons.drop(columns="pair")}, folder)
        text = json.dumps(match_facts(study, matching), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "matches.json").write_text(text + "\n", encoding="utf-8")
        maps.write_match_matrix(study, matching.pairs, folder / "matrix.svg")


def match_facts(study: Study, matching: Matching) -> dict[str, Any]:
    """Return every pair with its reasons, for machines."""
    pairs = matching.pairs
    reasons = dict(iter(matching.reasons.groupby("pair")))
    columns = ["rule", "outcome", "text", "source", "undecided"]
    records = [
        {**{key: None if pd.isna(value) else value for key, value in record.items()},
         "reasons": reasons[pair][columns].to_dict("records")}
        for pair, record in enumerate(pairs.astype("object").to_dict("records"))
    ]  # fmt: skip
    return {
        "name": study.name,
        "supplies": int((study.streams["direction"] == "supply").sum()),
        "demands": int((study.streams["direction"] == "demand").sum()),
        "verdicts": {str(name): int(count) for name, count in pairs["verdict"].value_counts().items()},
        "unmatched": unmatched(study, matching),
        "aids": aids(study, matching),
        "notes": list(study.understood),
        "input_digest": study.digest,
        "pairs": records,
    }


def unmatched(study: Study, matching: Matching) -> list[str]:
    """Return the streams that have no use: no pair that is possible, on conditions or through a technology, no aid."""
    used = {*_useful(matching), *aids(study, matching)}
    return [name for name in study.streams["stream"] if name not in used]


def aids(study: Study, matching: Matching) -> dict[str, str]:
    """Return the supplies without a pair that a technology eats beside what it turns, with the technologies."""
    eaten = study.recipes[study.recipes["quantity"] < 0].groupby("resource")["technology"].agg(", ".join)
    given = study.streams[(study.streams["direction"] == "supply") & study.streams["resource"].isin(eaten.index)]
    paired = _useful(matching)
    return {str(row.stream): str(eaten[row.resource]) for row in given.itertuples(index=False)
            if row.stream not in paired}  # fmt: skip


def _useful(matching: Matching) -> set[str]:
    useful = matching.pairs[matching.pairs["verdict"] != "impossible"]
    return {*useful["supply"], *useful["demand"]}
