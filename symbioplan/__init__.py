"""symbioplan: plan industrial ecosystems on the map.

>>> import symbioplan
>>> study = symbioplan.read_study("kalundborg")
>>> result = symbioplan.plan(study)                      # doctest: +SKIP
>>> symbioplan.write_result(result, "out/kalundborg")    # doctest: +SKIP
"""

from symbioplan._layout import check_layout

check_layout()

from importlib.metadata import version as _version  # noqa: E402

from data import (  # noqa: E402
    Fault,
    InputError,
    OfflineError,
    Plan,
    Problem,
    SolverError,
    Study,
    SymbioplanError,
    UnsupportedProblemError,
    bundled_studies,
    read_documented,
    read_plan,
    read_problem,
    read_study,
    write_plan,
    write_problem,
    write_study,
)
from models import check, compare_documented, compare_plans, front, solve  # noqa: E402
from siting import Sited, find_sites  # noqa: E402
from symbioplan.pipeline import Candidates, Result, find_candidates, plan, write_result  # noqa: E402

__version__ = _version("symbioplan")

__all__ = [
    "Candidates",
    "Fault",
    "InputError",
    "OfflineError",
    "Plan",
    "Problem",
    "Result",
    "Sited",
    "SolverError",
    "Study",
    "SymbioplanError",
    "UnsupportedProblemError",
    "bundled_studies",
    "check",
    "compare_documented",
    "compare_plans",
    "find_candidates",
    "find_sites",
    "front",
    "plan",
    "read_documented",
    "read_plan",
    "read_problem",
    "read_study",
    "solve",
    "write_plan",
    "write_problem",
    "write_result",
    "write_study",
]
