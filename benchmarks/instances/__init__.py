"""Readers of published optimisation instances: each turns one file of its family into a ``Problem``.

``docs/known-optima.md`` says which formats, where they come from, and how they become Problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.instances.design import read_design
from benchmarks.instances.facility import OPEN_CAPACITIES, read_facility, wants_capacity
from benchmarks.instances.fcnet import read_fcnet
from benchmarks.instances.mps import read_mps_network
from benchmarks.instances.steiner import read_steiner
from data.problem import Problem, read_problem

Reader = Callable[[Path], Problem]

READERS: Mapping[str, tuple[str, Reader]] = {
    ".txt": ("cflp", read_facility),
    ".dow": ("mcnd", read_design),
    ".gr": ("steiner", read_steiner),
    ".stp": ("steiner", read_steiner),
    ".inc": ("fcnet", read_fcnet),
    ".mps": ("fcnet", read_mps_network),
}


@dataclass(frozen=True)
class Instance:
    """One instance on disk; nothing is read before :meth:`problem` is called."""

    name: str
    family: str
    path: Path
    capacity: float | None = None  # of every facility, where the file leaves it open

    def problem(self) -> Problem:
        """Return the instance as a Problem.

        Raises
        ------
        InputError
            Naming the file and the line that cannot be understood.
        """
        if self.path.is_dir():
            return read_problem(self.path)
        if self.capacity is not None:
            return read_facility(self.path, capacity=self.capacity)
        return READERS[self.path.suffix.lower()][1](self.path)


def find_instances(folder: Path) -> list[Instance]:
    """Return every instance below a folder, sorted by path: files of a known suffix, and Problem folders."""
    return list(_walk(folder))


def _walk(folder: Path) -> Iterator[Instance]:
    if (folder / "problem.toml").is_file():
        yield Instance(folder.resolve().name, "problem", folder)
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix.lower() in READERS:
            family = READERS[path.suffix.lower()][0]
            if family == "cflp" and path.stem in OPEN_CAPACITIES and wants_capacity(path):
                for number, capacity in enumerate(OPEN_CAPACITIES[path.stem], start=1):
                    yield Instance(f"{path.stem}{number}", family, path, capacity)
            else:
                yield Instance(path.stem, family, path)
