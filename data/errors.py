"""What can go wrong, in the user's words.

Every error that symbioplan raises on purpose derives from :class:`SymbioplanError` and from the builtin
that a caller would expect, so ``except ValueError`` keeps working.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input.

    ``row`` is what a person sees: the line of a table counted with its header as line 1, or the
    number of a feature in a layer counted from 1; ``None`` when the fault is the file's as a whole.
    """

    file: str
    column: str
    found: str
    expected: str
    row: int | None = None

    def __str__(self) -> str:
        """Return the fault on one line."""
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        if self.column:
            where += f", column {self.column}"
        return f"{where}: found {self.found}, expected {self.expected}"


class SymbioplanError(Exception):
    """Base of all errors raised on purpose."""


class InputError(SymbioplanError, ValueError):
    """The input cannot be used; carries every fault that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = "1 fault in the input" if count == 1 else f"{count} faults in the input"
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))


class OfflineError(SymbioplanError, ConnectionError):
    """A download was asked for and the server could not be reached."""


class UnsupportedProblemError(SymbioplanError, NotImplementedError):
    """The problem uses a part of the tables that this version does not optimise."""


class SolverError(SymbioplanError, RuntimeError):
    """The solver ended in a way that is neither a plan nor a proof that there is none."""
