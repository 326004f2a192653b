"""Resources by the names people use: ids, shown names, synonyms, List of Waste codes; misspellings are suggested.

A name that means exactly one resource is taken, and a note says as what. A name that means several, or that is
only nearly right, is never taken: the fault says what it could mean (decision 0018).
"""

from __future__ import annotations

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from data.errors import Fault

_NEAR = 0.72  # likeness from which a name is suggested: one or two letters wrong in ten
_WITHIN = 0.8  # likeness of a name whose words are all within the other
_MOST = 3  # names suggested
_LONGEST = 80  # letters of a name that are looked at: likeness takes the square of them
_LISTED = 12


def plain_name(text: str) -> str:
    """Return a name without case, width, punctuation and doubled spaces: ``Fly-ash`` and ``fly_ash`` are one."""
    folded = unicodedata.normalize("NFKC", text[: 4 * _LONGEST]).casefold()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in folded).split())[:_LONGEST]


class ResourceNames:
    """What names of resources mean.

    Parameters
    ----------
    resources
        Contract ``study.resources``: ``resource``, ``name``, ``low_code``.
    synonyms
        Contract ``catalogue.synonyms``.
    """

    def __init__(self, resources: pd.DataFrame, synonyms: pd.DataFrame) -> None:
        self.ids = list(resources["resource"])
        known, self._meaning = set(self.ids), defaultdict[str, list[str]](list)
        pairs: Iterable[tuple[str, str]] = [
            *zip(self.ids, self.ids, strict=True),
            *zip(resources["name"], self.ids, strict=True),
            *zip(resources["low_code"], self.ids, strict=True),
            *zip(resources["low_code"].str.replace(" ", ""), self.ids, strict=True),
            *zip(synonyms["synonym"], synonyms["resource"], strict=True),
        ]
        for text, resource in pairs:
            name = plain_name(text)
            if name and resource in known and resource not in self._meaning[name]:
                self._meaning[name].append(resource)
        self._by_words = {name: " ".join(sorted(name.split())) for name in self._meaning}

    def meaning(self, text: str) -> tuple[str, ...]:
        """Return the resources that a text names, in any language of the catalogue; an id names itself alone."""
        return (text,) if text in self.ids else tuple(self._meaning.get(plain_name(text), ()))

    def near(self, text: str) -> tuple[str, ...]:
        """Return the resources with the names most like a text, the likest first; none when nothing is near."""
        wanted = plain_name(text)
        likeness: dict[str, float] = {}
        for name, resources in self._meaning.items():
            like = self._likeness(wanted, name)
            if like >= _NEAR:
                for resource in resources:
                    likeness[resource] = max(like, likeness.get(resource, 0.0))
        return tuple(sorted(likeness, key=lambda resource: (-likeness[resource], resource))[:_MOST])

    def _likeness(self, wanted: str, name: str) -> float:
        """Return how like two plain names are, in any order of words: 0 to 1 (Ratcliff, Obershelp)."""
        words, others = set(wanted.split()), set(name.split())
        within = _WITHIN if min(len(wanted), len(name)) > 3 and (words <= others or others <= words) else 0.0
        pairs = ((name, wanted), (self._by_words[name], " ".join(sorted(wanted.split()))))
        for a, b in pairs:
            match = difflib.SequenceMatcher(None, a, b, autojunk=False)
            if match.real_quick_ratio() >= _NEAR and match.quick_ratio() >= _NEAR:
                within = max(within, match.ratio())
        return within

    def expected(self, text: str) -> str:
        """Return what was expected instead of a name that cannot be taken."""
        meant = self.meaning(text)
        if len(meant) > 1:
            return f"one resource; this can mean {', '.join(meant[:-1])} or {meant[-1]}"
        near = self.near(text)
        if near:
            others = f" Also near: {', '.join(map(repr, near[1:]))}" if near[1:] else ""
            return f"a known name (did you mean {near[0]!r}?{others})"
        listed = ", ".join(self.ids[:_LISTED]) + (", ..." if len(self.ids) > _LISTED else "")
        return f"one of {listed}" if listed else "a known name"

    def taken(self, column: pd.Series, *, file: str, rows: Sequence[int]) -> tuple[pd.Series, list[str], list[Fault]]:
        """Return a column of names as ids, a note for each name that is another, and a fault for each that is none.

        A blank cell is left to the contract.
        """
        meaning = {text: self.meaning(text) for text in column.unique()}
        expected = {text: self.expected(text) for text, meant in meaning.items() if len(meant) != 1 and text}
        other = (column != "") & ~column.isin(self.ids)
        cells = [(rows[int(at)], column.iloc[at]) for at in np.flatnonzero(other)]
        notes = [f"{file}, row {row}: {text!r} was taken as {meaning[text][0]}"
                 for row, text in cells if text not in expected]  # fmt: skip
        faults = [Fault(file, str(column.name), repr(text), expected[text], row=row)
                  for row, text in cells if text in expected]  # fmt: skip
        ids = column.map({text: meant[0] if len(meant) == 1 else text for text, meant in meaning.items()})
        return ids.astype("str"), notes, faults
