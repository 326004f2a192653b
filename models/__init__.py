"""The mixed-integer model, HiGHS, the plan read back, the independent checker, and what is asked of a plan."""

from models.checker import check
from models.compare import compare_documented, compare_plans
from models.from_study import build_problem
from models.front import Point, front
from models.hubs import HubOffers, hub_offers, hub_pairs, with_hubs
from models.indicators import indicators
from models.match_routes import with_routes
from models.match_rules import FORBIDDEN
from models.matching import Matching, find_matches, match
from models.measures import MEASURES
from models.newcomer import Case, Valuation, Worth
from models.optimise import solve
from models.session import Session

__all__ = [
    "FORBIDDEN",
    "MEASURES",
    "Case",
    "HubOffers",
    "Matching",
    "Point",
    "Session",
    "Valuation",
    "Worth",
    "build_problem",
    "check",
    "compare_documented",
    "compare_plans",
    "find_matches",
    "front",
    "hub_offers",
    "hub_pairs",
    "indicators",
    "match",
    "solve",
    "with_hubs",
    "with_routes",
]
