"""Readers of published instances: tiny files whose optimum is known by hand, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import models
from benchmarks.instances import find_instances
from benchmarks.instances.facility import read_facility
from benchmarks.instances.tables import table
from data.contracts import make_table
from data.errors import InputError
from data.problem import Problem, ProblemSettings, reference_faults, write_problem
from data.settings import Solver
from tests.benchmarks import instance_files as files
from tests.models.cases import KNOWN

TINY = {
    "facility.txt": (files.FACILITY, files.FACILITY_OPTIMUM),
    "design.dow": (files.DESIGN, files.DESIGN_OPTIMUM),
    "headless.dow": (files.DESIGN.split("\n", 1)[1], files.DESIGN_OPTIMUM),
    "narrow.dow": (files.DESIGN_NARROW, files.DESIGN_NARROW_OPTIMUM),
    "pace.gr": (files.STEINER, files.STEINER_OPTIMUM),
    "steinlib.stp": (files.STEINLIB, files.STEINER_OPTIMUM),
    "arborescence.stp": (files.ARBORESCENCE, files.ARBORESCENCE_OPTIMUM),
    "turned.gr": (files.STEINER_TURNED, files.STEINER_OPTIMUM),
    "network.inc": (files.FCNET, files.FCNET_OPTIMUM),
    "forms.inc": (files.FCNET_FORMS, files.FCNET_OPTIMUM),
    "network.mps": (files.FCNET_MPS, files.FCNET_OPTIMUM),
}


def read(folder: Path, name: str, text: str) -> Problem:
    (folder / name).write_text(text, encoding="utf-8")
    (instance,) = find_instances(folder)
    return instance.problem()


def optimum(problem: Problem) -> float:
    problem = problem.replace(settings=ProblemSettings(solver=Solver(gap=0.0)))
    plan = models.solve(problem)
    assert plan.status == "optimal"
    assert plan.checker == ()
    assert plan.objective is not None
    return plan.objective


@pytest.mark.parametrize("name", TINY)
def test_a_tiny_instance_has_the_optimum_found_by_hand(tmp_path, name):
    text, best = TINY[name]
    problem = read(tmp_path, name, text)
    assert reference_faults(problem) == []
    assert problem.name == Path(name).stem
    assert optimum(problem) == pytest.approx(best)


def test_tables_keep_the_contract_of_the_problem():
    rows = [{"corridor": "a", "from_node": "x", "to_node": "y", "length_m": 1.0, "both_ways": False}]
    own = table("corridors", corridor=["a"], from_node=["x"], to_node=["y"], length_m=1.0, both_ways=False)
    pd.testing.assert_frame_equal(own, make_table("problem", "corridors", rows))
    assert table("nodes", node=np.array([], dtype=object), kind="plant").empty


def test_open_capacities_are_filled_in_by_the_name_of_the_instance(tmp_path):
    (tmp_path / "capa.txt").write_text(files.FACILITY_OPEN, encoding="utf-8")
    found = find_instances(tmp_path)
    assert [(one.name, one.capacity) for one in found] == [
        ("capa1", 8000), ("capa2", 10000), ("capa3", 12000), ("capa4", 14000),
    ]  # fmt: skip
    assert found[1].problem().supplies["quantity"].tolist() == [10000, 10000]
    given = read_facility(tmp_path / "capa.txt", capacity=files.FACILITY_OPEN_CAPACITY)
    assert optimum(given) == pytest.approx(files.FACILITY_OPEN_OPTIMUM)


def test_instances_are_found_in_folders_and_a_problem_folder_is_one(tmp_path):
    write_problem(KNOWN["truck"][0], tmp_path / "regions" / "harbour")
    (tmp_path / "trees").mkdir()
    (tmp_path / "trees" / "r01.1.gr").write_text(files.STEINER, encoding="utf-8")
    found = find_instances(tmp_path)
    assert [(one.name, one.family) for one in found] == [("harbour", "problem"), ("r01.1", "steiner")]
    assert optimum(found[0].problem()) == pytest.approx(KNOWN["truck"][1])


WRONG = {
    "few.txt": (files.FACILITY.rsplit("8.", 1)[0], "few.txt, row 5: found the end of the file"),
    "word.txt": (files.FACILITY.replace("60.", "6O."), "word.txt, row 4: found '6O.'"),
    "comma.txt": (files.FACILITY.replace("60.", "60,5"), "row 4: found '60,5'"),
    "more.txt": (files.FACILITY + "\n7 8\n", "row 7: found '7', expected the end of the file"),
    "zero.txt": (files.FACILITY.replace("6 12.", "0 12."), "row 4: found 0, expected a demand of more than 0"),
    "open.txt": (files.FACILITY_OPEN, "row 2: found 'capacity'"),
    "readme.txt": ("Some text.\n", "row 1: found 'Some', expected the number of facilities"),
    "empty.dow": ("\n", "empty.dow: found no such line, expected a line of three whole numbers"),
    "short.dow": ("1 1 1\n", "found 0 lines of data, expected 1 arcs and 1 commodities"),
    "node.dow": (files.DESIGN.replace("      2      3      4", "      2      9      4"), "row 8: found 9, expected a"),
    "less.dow": (files.DESIGN.replace("     20      1", "    -20      1"), "row 6: found -20"),
    "word.dow": (files.DESIGN.replace("     20      1", "      x      1"), "row 6: found 'x'"),
    "more.dow": (files.DESIGN + "1 2 3\n", "row 9: found '1 2 3', expected the end of the file"),
    "edge.gr": (files.STEINER.replace("E 4 2 2", "E 4 2"), "edge.gr, row 8: found 'E 4 2'"),
    "node.gr": (files.STEINER.replace("E 4 2 2", "E 5 2 2"), "row 8: found 5, expected a node from 1 to 4"),
    "less.gr": (files.STEINER.replace("E 4 2 2", "E 4 2 -2"), "row 8: found -2"),
    "count.gr": (files.STEINER.replace("Edges 6", "Edges 7"), "found 6 edges, expected 7 as announced"),
    "terminals.gr": (files.STEINER.replace("T 3\n", ""), "found 2 terminals, expected 3 as announced"),
    "far.gr": (files.STEINER_TURNED.replace("T 3", "T 9"), "found the terminal 9, expected nodes from 1 to 4"),
    "none.gr": ("p sp 3 3\na 1 2 4\n", "found no edges, expected a graph and terminals"),
    "prizes.stp": (files.STEINER.replace("T 3", "TP 3 10"), "row 16: found 'TP 3 10'"),
    "mixed.stp": (files.STEINER.replace("E 4 2 2", "A 4 2 2"), "row 8: found 'A 4 2 2'"),
    "word.inc": (files.FCNET.replace("a2       6", "a2       six"), "row 10: found 'six', expected a number"),
    "table.inc": (files.FCNET + "Table pp(n,*) c1 c2;\n", "row 39: found 'tablepp(n,*)c1c2'"),
    "form.inc": (files.FCNET.replace("= u;", "= sqr(u);"), "row 33: found 'sqr(u)'"),
    "node.inc": (files.FCNET.replace("n3            4", "n9            4"), "column demand: found n9"),
    "sum.inc": (files.FCNET.replace("n3            4", "n3            5"), "found demands that sum up to 1"),
    "tree.inc": (files.FCNET.replace("usetree = 0", "usetree = 1"), "found usetree = 1"),
    "coefficient.mps": (files.FCNET_MPS.replace("x23 n3 1", "x23 n3 2"), "found the row n3, expected coefficients"),
    "unequal.mps": (files.FCNET_MPS.replace(" E n3", " G n3"), "found the row n3, expected an equation"),
    "gate.mps": (files.FCNET_MPS.replace("y12b cost 6", "y12b cost 6 g12 -7\n    y12b"), "found the row g12"),
    "broken.mps": ("NAME x\nROWS\n ? y\n", "found what HiGHS cannot read"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_file_and_line(tmp_path, name):
    text, message = WRONG[name]
    with pytest.raises(InputError) as error:
        read(tmp_path, name, text)
    assert message in str(error.value)
    assert name in str(error.value)
