"""The mixed-integer model, HiGHS, the plan read back, the independent checker, and what is asked of a plan."""

from models.checker import check
from models.compare import compare_documented, compare_plans
from models.from_study import build_problem, match
from models.indicators import indicators
from models.optimise import solve
from models.session import Session

__all__ = [
    "Session",
    "build_problem",
    "check",
    "compare_documented",
    "compare_plans",
    "indicators",
    "match",
    "solve",
]
