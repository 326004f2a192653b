"""Plants that could come: streams of a catalogue type, a table or a few words, and technologies beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from data.catalogue import read_catalogue
from data.contracts import conform, empty_table
from data.errors import Fault, InputError
from data.frames import TABLE_FORMATS, read_table
from data.names import ResourceNames
from data.spelling import closest
from data.streams import complete_streams, property_columns
from data.study import Study
from data.technologies import complete_technologies, merged

_ANY = "newcomer"  # stands for the plant while no place is chosen
_STREAM = re.compile(r"(?P<quantity>[\d.,\s]*\d)\s*(?P<unit>(?!of\s)[A-Za-zµ]\S*)\s+(?:of\s+)?(?P<resource>\S.*)")
_OPTIONS = {"supply": "--gives", "demand": "--wants"}
_STREAM_FORM = "a quantity, a unit and a resource such as 20 MW of hot_water_60"


@dataclass(frozen=True)
class Newcomer:
    """A plant without a place.

    Attributes
    ----------
    name, title
        Id and what people call it.
    streams
        Contract ``study.streams`` in own units per year; ``stream`` is unique within the newcomer.
    technologies, recipes
        What may stand beside it, as in a study; mostly none.
    """

    name: str
    title: str
    streams: pd.DataFrame
    technologies: pd.DataFrame
    recipes: pd.DataFrame


def read_newcomers(
    study: Study,
    *,
    types: Sequence[str] = (),
    tables: Sequence[Path] = (),
    gives: Sequence[str] = (),
    wants: Sequence[str] = (),
    technologies: Sequence[str] = (),
) -> list[Newcomer]:
    """Return newcomers as a study's resources describe them.

    Parameters
    ----------
    study
        Whose resources and currency they are in.
    types
        Plant types of the catalogue (``data/catalogue/plant_types.csv``), or ``all``.
    tables
        Tables of one plant's streams each: the columns of ``streams`` without ``plant`` and ``stream``. The file's name
        without its ending is the newcomer's.
    gives, wants
        Streams of one more newcomer in words: ``20 MW of hot_water_60``.
    technologies
        Of the catalogue or the study, which may stand beside newcomers of ``tables``, ``gives`` and ``wants``.

    Raises
    ------
    InputError
        With every fault in any of them.
    """
    faults: list[Fault] = []
    found = [_of_type(name, study, faults) for name in _known_types(types, faults)]
    for path in tables:
        table = _read(path, faults)
        if table is not None:
            found.append(_newcomer(table, path.stem, path.stem, study, path.name, technologies, faults))
    if gives or wants:
        said = [*((text, "supply") for text in gives), *((text, "demand") for text in wants)]
        words = {f"{_OPTIONS[side]} {text!r}": _in_words(text, side, faults) for text, side in said}
        rows = {label: row for label, row in words.items() if row is not None}
        if rows:
            more: list[Fault] = []
            found.append(_newcomer(pd.DataFrame(list(rows.values())), _ANY, "Newcomer", study, "", technologies, more))
            labels = list(rows)
            faults += [
                replace(fault, file=labels[fault.row - 2] if fault.row else "newcomer", row=None) for fault in more
            ]
    names = [newcomer.name for newcomer in found]
    faults += [Fault("newcomer", "--streams", f"two newcomers called {name}", "names that differ")
               for name in dict.fromkeys(names) if names.count(name) > 1]  # fmt: skip
    if faults:
        raise InputError(list(dict.fromkeys(faults)))
    return found


def _known_types(types: Sequence[str], faults: list[Fault]) -> list[str]:
    known = pd.Series(read_catalogue().plant_types["plant_type"].unique())
    faults += [Fault("newcomer", "--type", repr(name), f"{closest(name, known)}; or all")
               for name in types if name not in {*known, "all"}]  # fmt: skip
    return list(known) if "all" in types else [name for name in dict.fromkeys(types) if name in set(known)]


def _of_type(name: str, study: Study, faults: list[Fault]) -> Newcomer:
    table = read_catalogue().plant_types
    rows = table[table["plant_type"] == name]
    techniques = dict.fromkeys(part.strip() for text in rows["technologies"] for part in text.split(";"))
    streams = rows.drop(columns=["plant_type", "name", "kind", "technologies"])
    known = [part for part in techniques if part]
    return _newcomer(streams, name, str(rows["name"].iloc[0]), study, "catalogue/plant_types.csv", known, faults)


def _read(path: Path, faults: list[Fault]) -> pd.DataFrame | None:
    if not path.is_file():
        faults.append(Fault(str(path), "", "no such file", "a table of a plant's streams"))
        return None
    try:
        return read_table(path).drop(columns=["plant", "stream"], errors="ignore")
    except (ValueError, OSError) as error:
        faults.append(Fault(path.name, "", str(error).splitlines()[0], TABLE_FORMATS))
        return None


def _in_words(text: str, direction: str, faults: list[Fault]) -> dict[str, str] | None:
    """Return a stream in words as a row of a table."""
    found = _STREAM.fullmatch(text.strip())
    if found is None:
        faults.append(Fault("newcomer", _OPTIONS[direction], repr(text), _STREAM_FORM))
        return None
    quantity = re.sub(r"[,\s]", "", found["quantity"])  # thousands may be set apart
    return {"resource": found["resource"], "direction": direction, "quantity": quantity, "unit": found["unit"]}


def _newcomer(  # noqa: PLR0917 - private, and each call names what it has
    raw: pd.DataFrame, name: str, title: str, study: Study, file: str, technologies: Sequence[str], faults: list[Fault]
) -> Newcomer:
    """Return one newcomer; what is wrong with it is added to the faults."""
    table, found = conform(
        raw.assign(plant=_ANY), "study", "streams", file=file, also=property_columns(study.resources)
    )
    if table.empty and not found:
        found.append(Fault(file, "", "no streams", "at least one supply or demand"))
    names = ResourceNames(study.resources, read_catalogue().synonyms)
    ids, _, unknown = names.taken(table["resource"], file=file, rows=range(2, 2 + len(table)))
    streams, more = complete_streams(
        table.assign(resource=ids), plants=pd.Series([_ANY]), resources=study.resources, file=file
    )
    must = [Fault(file, "must_serve", "true", "false: a newcomer's demand may be bought elsewhere", row=int(row) + 2)
            for row in streams.index[streams["must_serve"]]]  # fmt: skip
    own, recipes = _technologies(study, technologies, faults)
    faults += [*found, *unknown, *more, *must]
    return Newcomer(name, title, streams, own, recipes)


def _technologies(study: Study, names: Sequence[str], faults: list[Fault]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return technologies of the study or the catalogue by name, and their recipes."""
    base, recipes, found = complete_technologies(
        read_catalogue().technologies, empty_table("study", "recipes"), study.resources,
        file="catalogue/technologies.csv", recipe_file="recipes",
    )  # fmt: skip
    table, recipes = merged(base, study.technologies), merged(recipes, study.recipes)
    known = table["technology"]
    unknown = [Fault("newcomer", "--technology", repr(name), closest(name, known)) for name in names
               if name not in set(known)]  # fmt: skip
    faults += [fault for fault in [*found, *unknown] if fault not in faults]
    return tuple(part[part["technology"].isin(names)].reset_index(drop=True) for part in (table, recipes))
