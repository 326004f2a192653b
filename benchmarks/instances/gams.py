"""The small part of the GAMS language in which FCNetLib writes its data.

Sets and parameters with data between slashes, and assignments of a few forms, which the tests list. Anything
else is a fault that names the line: better refused than read wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from benchmarks.instances.lines import number, wrong

Key = tuple[str, ...]
Values = dict[Key, float]

_DECLARED = {"fcost", "vcost", "xupp", "yupp", "demand"}

_WORD = re.compile(r"(sets?|parameters?|scalars?)\b", re.IGNORECASE)
_ITEM = re.compile(r"\s*,?\s*(\w+)\s*(\([^)]*\))?([^/;]*?)/([^/]*)/")
_REFERENCE = r"(\w+)\(([\w,']+)\)"
_ASSIGNMENT = re.compile(rf"(\w+)(?:\(([\w,']+)\))?(?:\$(\(.*?\)|{_REFERENCE}))?=(.+)")
_LOOP = re.compile(r"loop\((\([\w,]+\)|\w+)\$(\(.*?\)|\w+\([\w,]+\)),(.*)\)")
_ATOM = re.compile(rf"{_REFERENCE}(<0|>0)?")
_SCALED = re.compile(rf"(-?)(?:([\d.eE]+)\*)?{_REFERENCE}")
_SUM_BELOW = re.compile(r"(-?)sum\((\w+)\$\((\w+)\(\2\)<0\),\3\(\2\)\)")


@dataclass
class GamsData:
    """What the statements of a file leave: members of sets, values of parameters, scalars."""

    path: Path
    sets: dict[str, list[str]] = field(default_factory=dict)
    parameters: dict[str, Values] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)

    def values(self, name: str) -> Values:
        """Return a parameter's values; one that is nowhere given has none."""
        return self.parameters.setdefault(name, {})

    def known(self, name: str) -> bool:
        """Return whether a parameter is declared, here or by the programme that includes the file."""
        return name in self.parameters or name in _DECLARED


def read_gams(path: Path) -> GamsData:
    """Return the data of a file.

    Raises
    ------
    InputError
        Naming the first line with a statement that is not known here.
    """
    data = GamsData(path)
    for line, statement in _statements(_plain(path)):
        if _WORD.match(statement):
            _declare(data, line, statement)
        else:
            _run(data, line, re.sub(r"\s+", "", statement).casefold())
    return data


def _plain(path: Path) -> str:
    """Return the text without comments and dollar lines; every line stays, if need be empty."""
    out, skipping = [], False
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        dollar = line.lstrip().casefold() if line.lstrip().startswith("$") else ""
        skipping = skipping or dollar.startswith("$ontext")
        out.append("" if skipping or dollar or line.startswith("*") else line)
        skipping = skipping and not dollar.startswith("$offtext")
    return "\n".join(out)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Return statements with the line on which each begins; data may end without a semicolon."""
    at = 0
    while at < len(text):
        rest = text[at:]
        at += len(rest) - len(rest.lstrip())
        if at >= len(text):
            return
        end = _end(text, at)
        yield text.count("\n", 0, at) + 1, text[at:end]
        at = end + 1


def _end(text: str, start: int) -> int:
    """Return where the statement at ``start`` ends: a semicolon outside brackets, or before a new declaration."""
    depth = slashes = 0
    data = bool(_WORD.match(text, start))
    for at in range(start, len(text)):
        character = text[at]
        depth += (character == "(") - (character == ")")
        slashes += data and character == "/"
        if character == ";" and depth <= 0:
            return at
        if data and character == "\n" and slashes and slashes % 2 == 0 and _WORD.match(text[at:].lstrip()):
            return at
    return len(text)


def _declare(data: GamsData, line: int, statement: str) -> None:
    kind = statement[:3].casefold()
    body = _WORD.sub("", statement, count=1)
    for item in _ITEM.finditer(body):
        name = item[1].casefold()
        if kind == "set":
            data.sets[name] = _members(item[4])
        else:
            first = line + body.count("\n", 0, item.start(4))
            given = _entries(data.path, first, item[4], len(item[2].split(",")) if item[2] else 0)
            if kind == "sca" or not item[2]:
                data.scalars[name] = given.get((), 0.0)
            else:
                data.parameters[name] = given


def _members(text: str) -> list[str]:
    """Return the members of a set; ``n1*n3`` stands for n1, n2, n3."""
    members: list[str] = []
    for word in text.replace(",", " ").split():
        ends = re.fullmatch(r"(\w*?)(\d+)\*(\w*?)(\d+)", word)
        members += [f"{ends[1]}{k}" for k in range(int(ends[2]), int(ends[4]) + 1)] if ends else [word]
    return [member.casefold() for member in members]


def _entries(path: Path, first: int, text: str, dimensions: int) -> Values:
    """Return values by key, written ``n1 n2 a1 7`` or ``n1.n2.a1 7``, several on a line or one."""
    out: Values = {}
    for offset, row in enumerate(text.split("\n")):
        words = row.replace(",", " ").split()
        dotted = dimensions > 1 and len(words) > 1 and words[0].count(".") == dimensions - 1
        size = 2 if dotted else dimensions + 1
        if len(words) % size:
            raise wrong(path, first + offset, repr(row.strip()), f"{dimensions} names and a number")
        for start in range(0, len(words), size):
            *names, value = words[start : start + size]
            key = tuple(names[0].split(".")) if dotted else tuple(names)
            out[tuple(name.casefold() for name in key)] = number(path, first + offset, value, "a number")
    return out


def _run(data: GamsData, line: int, statement: str) -> None:
    """Carry out one assignment or loop, written without blanks in small letters."""
    if loop := _LOOP.fullmatch(statement):
        chosen = _chosen(data, line, loop[2])
        for inner in filter(None, loop[3].split(";")):
            _assign(data, line, inner, chosen)
        return
    _assign(data, line, statement, None)


def _assign(data: GamsData, line: int, statement: str, chosen: list[Key] | None) -> None:
    match = _ASSIGNMENT.fullmatch(statement)
    if not match:
        raise wrong(data.path, line, repr(statement[:60]), "an assignment of a known form")
    name, index, condition, right = match[1], match[2], match[3], match[6]
    if condition:
        chosen = _chosen(data, line, condition)
    if index is None:
        data.scalars[name] = _right(data, line, right, (), "")
        return
    values = data.values(name)
    if "'" in index:
        keys = [tuple(index.replace("'", "").split(","))]
    elif chosen is not None:
        keys = _extended(data, line, chosen, index.split(","))
    else:
        keys = list(values)  # what is not given is 0 and stays 0 under the forms known here
        if _constant(data, right) not in (None, 0.0):
            raise wrong(data.path, line, repr(statement[:60]), "an assignment to the keys that a condition names")
    results = {key: _right(data, line, right, key, index) for key in keys}
    values.update(results)


def _chosen(data: GamsData, line: int, condition: str) -> list[Key]:
    """Return the keys for which ``a(i,j)``, ``a(i,j)<0`` or several of them joined by ``or`` hold."""
    inner = condition[1:-1] if condition.startswith("(") else condition
    found: dict[Key, None] = {}
    at = 0
    while at < len(inner):
        atom = _ATOM.match(inner, at)
        if not atom or not data.known(atom[1]) or (atom.end() < len(inner) and not inner.startswith("or", atom.end())):
            raise wrong(data.path, line, repr(condition[:60]), "a condition of a known form")
        sign = atom[3]
        for key, value in data.values(atom[1]).items():
            if value < 0 if sign == "<0" else value > 0 if sign == ">0" else value != 0:
                found[key] = None
        at = atom.end() + 2
    return list(found)


def _extended(data: GamsData, line: int, keys: list[Key], index: list[str]) -> list[Key]:
    """Return keys made as long as the index by all members of the sets that they lack."""
    missing = index[len(keys[0]) :] if keys else []
    if not set(missing) <= {"s", "ss"}:
        raise wrong(data.path, line, f"({','.join(index)})", "a condition over the same indices")
    members = data.sets.get("s") or data.sets.get("ss") or []
    return [key + more for key in keys for more in product(members, repeat=len(missing))]


def _constant(data: GamsData, right: str) -> float | None:
    if re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", right):
        return float(right)
    return data.scalars.get(right)


def _right(data: GamsData, line: int, right: str, key: Key, index: str) -> float:
    """Return the right side for one key, which the index on the left names."""
    constant = _constant(data, right)
    if constant is not None:
        return constant
    if below := _SUM_BELOW.fullmatch(right):
        total = sum(value for value in data.values(below[3]).values() if value < 0)
        return -total if below[1] else total
    scaled = _SCALED.fullmatch(right)
    if scaled and data.known(scaled[3]) and (scaled[4] == index or "'" in scaled[4]):
        literal = "'" in scaled[4]
        at = tuple(scaled[4].replace("'", "").split(",")) if literal else key
        return float(f"{scaled[1]}1") * float(scaled[2] or 1) * data.values(scaled[3]).get(at, 0.0)
    raise wrong(data.path, line, repr(right[:60]), "a number, a scalar, or a parameter times a number")
