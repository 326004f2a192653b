"""``symbioplan site``: where a hub or a newcomer could stand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pandas as pd

import maps
import siting
from data import Fault, InputError, Study, read_study, refuse_foreign, whole_folder, write_study, write_tables
from symbioplan import account
from symbioplan.cli_base import JsonOption, OutOption, QuietOption, StudyArgument, Voice, app


@app.command("site", epilog="Example: `symbioplan site my-study --out out/sites`")
def site_command(
    study: StudyArgument, out: OutOption, *, quiet: QuietOption = False, as_json: JsonOption = False
) -> None:
    """Find and rank sites: suitability raster, sites as a GIS layer, map, scores, and how the ranking holds."""
    voice = Voice(quiet, as_json)
    refuse_foreign(out)
    voice.progress(f"reading {study}")
    read = read_study(study)
    if read.settings.siting is None:
        expected = "what makes a place suitable (docs/siting.md says how)"
        raise InputError([Fault("study.toml", "siting", "nothing", expected)])
    voice.progress("finding sites")
    started = time.perf_counter()
    sited = siting.find_sites(read)
    facts = site_facts(sited, read, time.perf_counter() - started)
    voice.progress(f"writing {out}")
    write_sited(sited, facts, out)
    voice.answer({**facts, "out": str(out)}, account.site_text(sited, out))


def site_facts(sited: siting.Sited, study: Study, seconds: float) -> dict[str, Any]:
    """Return what was found, for machines."""
    plain = pd.DataFrame(sited.study.sites.drop(columns=["geometry", "note", "source"])).astype("object")
    return {
        "study": study.name,
        "sites": plain.where(plain.notna(), None).to_dict("records"),
        "weights": sited.weights.to_dict("records"),
        "exclusions": sited.exclusions.to_dict("records"),
        "counts": sited.counts,
        "notes": list(sited.notes),
        "seconds": round(seconds, 3),
        "input_digest": study.digest,
    }


def write_sited(sited: siting.Sited, facts: dict[str, Any], out: Path) -> None:
    """Write the folder of ``symbioplan site``, whole or not at all."""
    tables = {"weights": sited.weights, "exclusions": sited.exclusions, "sensitivity": sited.sensitivity}
    with whole_folder(out) as folder:
        maps.write_siting(sited.study, folder)
        write_tables(tables, folder / "tables")
        write_study(sited.study, folder / "study")
        text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "siting.json").write_text(text + "\n", encoding="utf-8")
