"""``python -m benchmarks NAME``: run one benchmark and print its records."""

from __future__ import annotations

import argparse
import json

from benchmarks import candidates, least_cost, oracle_pipes, oracle_valhalla, plan_stages, roads


def routing(repeat: int) -> list[dict[str, object]]:
    """Return truck routes and least-cost paths side by side with their peers."""
    return [*roads.run(repeat), *least_cost.run(repeat)]


BENCHMARKS = {
    "candidates": candidates.run,
    "oracle-pipes": oracle_pipes.run,
    "oracle-valhalla": oracle_valhalla.run,
    "plan": plan_stages.run,
    "routing": routing,
}


def main() -> None:
    """Run the benchmark that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print a list of records")
    parser.add_argument("--repeat", type=int, default=5, help="runs of which the median counts")
    asked = parser.parse_args()
    records = BENCHMARKS[asked.name](asked.repeat)
    if asked.json:
        print(json.dumps(records, indent=2))
        return
    for record in records:
        print("  ".join(f"{key} {value}" for key, value in record.items() if value is not None))


if __name__ == "__main__":
    main()
