"""The ground: value types, contracts, units, CRS, settings, errors, catalogues, and all reading and writing."""

from data.catalogue import Catalogue, read_catalogue
from data.contracts import conform, contract, empty_table, make_table
from data.errors import (
    Fault,
    InputError,
    OfflineError,
    SolverError,
    SymbioplanError,
    UnsupportedProblemError,
)
from data.frames import read_table, refuse_foreign, whole_file, whole_folder, write_tables
from data.plan import Plan, read_plan, write_plan
from data.problem import Problem, ProblemSettings, read_problem, write_problem
from data.read_documented import documented_exchanges, read_documented
from data.read_study import read_study
from data.settings import Limits, Settings, Solver
from data.study import Raster, Study
from data.study_sources import bundled_studies, study_folder, study_source
from data.study_to_workbook import study_to_workbook
from data.write_study import write_study
from data.write_workbook import template_content, write_content

__all__ = [
    "Catalogue",
    "Fault",
    "InputError",
    "Limits",
    "OfflineError",
    "Plan",
    "Problem",
    "ProblemSettings",
    "Raster",
    "Settings",
    "Solver",
    "SolverError",
    "Study",
    "SymbioplanError",
    "UnsupportedProblemError",
    "bundled_studies",
    "conform",
    "contract",
    "documented_exchanges",
    "empty_table",
    "make_table",
    "read_catalogue",
    "read_documented",
    "read_plan",
    "read_problem",
    "read_study",
    "read_table",
    "refuse_foreign",
    "study_folder",
    "study_source",
    "study_to_workbook",
    "template_content",
    "whole_file",
    "whole_folder",
    "write_content",
    "write_plan",
    "write_problem",
    "write_study",
    "write_tables",
]
