"""``python -m benchmarks NAME``: run one benchmark and print its records."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence

from benchmarks import (
    candidates,
    known_optima,
    least_cost,
    map_pages,
    oracle_pipes,
    oracle_valhalla,
    plan_stages,
    region_models,
    roads,
    siting_thinning,
)
from data.errors import InputError

Record = dict[str, object]


def routing(repeat: int) -> list[Record]:
    """Return truck routes and least-cost paths side by side with their peers."""
    return [*roads.run(repeat), *least_cost.run(repeat)]


# Those that are told how often to run and return their records.
BENCHMARKS: Mapping[str, Callable[[int], list[Record]]] = {
    "candidates": candidates.run,
    "oracle-pipes": oracle_pipes.run,
    "oracle-valhalla": oracle_valhalla.run,
    "plan": plan_stages.run,
    "routing": routing,
}
# Those with arguments of their own, which print as they go and say how it ended.
OWN_ARGUMENTS = {
    "known_optima": known_optima, "maps": map_pages, "models": region_models, "siting": siting_thinning,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark that was asked for and return the exit code."""
    asked = _parser().parse_args(arguments)
    records: list[Record]
    code = 0
    try:
        if asked.name in OWN_ARGUMENTS:
            records, code = OWN_ARGUMENTS[asked.name].run(asked)
        else:
            records = BENCHMARKS[asked.name](asked.repeat)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.json:
        print(json.dumps(records, indent=2))
    elif asked.name not in OWN_ARGUMENTS:
        for record in records:
            print("  ".join(f"{key} {value}" for key, value in record.items() if value is not None))
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for name in sorted([*BENCHMARKS, *OWN_ARGUMENTS]):
        text = (OWN_ARGUMENTS[name].__doc__ if name in OWN_ARGUMENTS else BENCHMARKS[name].__doc__) or ""
        single = names.add_parser(name, help=text.split("\n")[0], description=text)
        single.add_argument("--json", action="store_true", help="print a list of records")
        if name in OWN_ARGUMENTS:
            OWN_ARGUMENTS[name].add_arguments(single)
        else:
            single.add_argument("--repeat", type=int, default=5, help="runs of which the median counts")
    return parser


if __name__ == "__main__":
    sys.exit(main())
