"""Rules of siting as sheets of a study workbook: one row per criterion, exclusion and judgement, both ways."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from data.contracts import contract, empty_table
from data.errors import Fault
from data.setting_keys import SHEET_LISTS, parse_value, rule_key, write_value
from data.tomlfile import toml_value

SITING_SHEETS: Mapping[str, str] = {f"siting_{key}": key for key in SHEET_LISTS}  # sheet to the key of [siting]
_LISTS = ("values", "points", "steps")  # lists in one cell
_FUNCTIONS = {"linear": ("worst", "best"), "gaussian": ("best", "spread")}


@dataclass
class Rules:
    """What the sheets say: lists as of ``[siting]``, and where each rule stands."""

    content: dict[str, list[Any]] = field(default_factory=dict)  # by the key of [siting]
    labels: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Sequence[int]] = field(default_factory=dict)

    def placed(self, fault: Fault) -> Fault | None:
        """Return a fault of a rule with its sheet and row, nothing when it is about something else."""
        path = fault.column.split(".")
        if path[0] != "siting" or len(path) < 2 or path[1] not in self.content:
            return None
        key, rest = path[1], path[2:]
        rules = self.content[key]
        for length in range(len(rest), -1, -1):  # a name may have dots
            number = _number(".".join(rest[:length]), rules)
            if number is not None:
                column = next(
                    (part for part in reversed(rest[length:]) if part in contract("study")[f"siting_{key}"]), ""
                )
                return Fault(self.labels[key], column, fault.found, fault.expected, row=self.rows[key][number])
        return Fault(self.labels[key], "", fault.found, fault.expected)


def _number(name: str, rules: Sequence[Any]) -> int | None:
    """Return which rule is meant by its number or name."""
    if name.isdigit() and int(name) < len(rules):
        return int(name)
    named = [rule.get("name") or rule.get("on") if isinstance(rule, dict) else None for rule in rules]
    return named.index(name) if name and named.count(name) == 1 else None


def rules_of(table: pd.DataFrame, sheet: str, *, label: str, rows: Sequence[int]) -> tuple[list[Any], list[Fault]]:
    """Return the rules of one sheet as ``[siting]`` has them, and what cannot be understood.

    Parameters
    ----------
    table
        Contract ``study.siting_criteria``, ``siting_exclude`` or ``siting_judgements``.
    sheet
        Which of them.
    label, rows
        Name and row numbers for the faults.
    """
    if SITING_SHEETS[sheet] == "judgements":
        return [list(row) for row in table.itertuples(index=False)], []
    rules, faults = [], []
    for row, cells in zip(rows, table.to_dict("records"), strict=True):  # a few rules
        given = {str(name): value for name, value in cells.items() if not (pd.isna(value) or value == "")}
        for name in {*_LISTS, "classes"} & set(given):
            try:
                given[name] = _parsed(given[name], name, SITING_SHEETS[sheet])
            except ValueError:
                expected = "industry = 1; farmland = 0.5" if name == "classes" else "entries separated by semicolons"
                faults.append(Fault(label, name, repr(given[name]), expected, row=row))
        rules.append(_with_functions(given) if sheet == "siting_criteria" else given)
    return rules, faults


def rule_tables(siting: Mapping[str, Any] | None) -> dict[str, pd.DataFrame]:
    """Return the sheets of the rules of a ``[siting]``, empty ones too."""
    tables = {}
    for sheet, key in SITING_SHEETS.items():
        columns = list(contract("study")[sheet])
        rules = (siting or {}).get(key, ())
        if key == "judgements":
            rows = [dict(zip(columns, rule, strict=True)) for rule in rules]
        else:
            rows = [_row(rule, key) for rule in rules]
        tables[sheet] = pd.DataFrame(rows, columns=columns, dtype="object") if rows else empty_table("study", sheet)
    return tables


def _with_functions(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a criterion with its numbers as ``linear`` or ``gaussian``."""
    rule = {name: value for name, value in given.items() if name not in ("worst", "best", "spread")}
    if "worst" in given or ("best" in given and "spread" not in given):
        rule["linear"] = {name: given[name] for name in _FUNCTIONS["linear"] if name in given}
    if "spread" in given:
        rule["gaussian"] = {name: given[name] for name in _FUNCTIONS["gaussian"] if name in given}
    return rule


def _row(rule: Mapping[str, Any], key: str) -> dict[str, object]:
    row = {name: value for name, value in rule.items() if name not in _FUNCTIONS}
    for name in _FUNCTIONS:
        row |= rule.get(name) or {}
    for name in _LISTS:
        if row.get(name) is not None:
            row[name] = write_value(row[name], rule_key(key, name))
    if row.get("classes") is not None:
        plain = "; ".join(f"{name} = {worth!r}" for name, worth in row["classes"].items())
        row["classes"] = plain if _readable(plain, row["classes"]) else toml_value(row["classes"])
    return row


def _readable(text: str, meant: Mapping[str, float]) -> bool:
    try:
        return bool(_classes(text) == meant)
    except ValueError:
        return False


def _parsed(cell: object, name: str, key: str) -> object:
    return _classes(str(cell)) if name == "classes" else parse_value(cell, rule_key(key, name))


def _classes(text: str) -> dict[str, Any]:
    """Return the worth of each class: ``industry = 1; farmland = 0.5``, or a table as TOML writes it."""
    if text.startswith("{"):
        return dict(tomllib.loads(f"value = {text}")["value"])
    pairs = [part.rpartition("=") for part in text.replace("\n", ";").split(";") if part.strip()]
    worths = {name.strip(): float(worth.replace(",", ".")) for name, _, worth in pairs}
    if "" in worths or len(worths) != len(pairs):
        raise ValueError(text)
    return worths
