"""The matrix of supplies and demands: every pair has its symbol, its reason, and foreign text stays text."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pandas as pd

from maps.match_matrix import match_matrix
from tests.models.match_cases import demand, region, supply

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """"><script>alert('1')</script>{{ x }} & =cmd()"""


def drawn(study, *pairs):
    table = pd.DataFrame(pairs, columns=["supply", "demand", "verdict", "reason"])
    return ET.fromstring(match_matrix(study, table))


def test_every_pair_has_the_symbol_of_its_verdict_and_tells_why():
    study = region(supply("A", "ash"), supply("B", "acid"), demand("B", "ash"), demand("C", "acid"))
    root = drawn(
        study,
        ("A-ash", "B+ash", "possible", "the same"),
        ("A-ash", "C+acid", "impossible", "another thing"),
        ("B-acid", "C+acid", "conditional", "ask"),
        ("B-acid", "B+ash", "technology", "through washing"),
    )
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert "ash at A, 10 t/year → ash at B, 10 t/year\npossible: the same" in titles
    assert any(title.endswith("through a technology: through washing") for title in titles)
    text = " ".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))
    for words in ("possible (1)", "ask (1)", "technology (1)", "not possible (1)", "2 supplies in rows, 2 demands"):
        assert words in text


def test_what_belongs_together_lies_together():
    study = region(supply("C", "ash"), supply("A", "acid"), supply("B", "fine_ash"), demand("A", "ash"))
    labels = ["".join(node.itertext()) for node in drawn(study).iter(f"{SVG}text") if node.get("text-anchor") == "end"]
    assert [label.split(" · ")[0] for label in labels] == ["acid", "ash", "fine_ash"]


def test_foreign_text_stays_text():
    study = region(supply("A", "ash"), demand("B", "ash"))
    study.name = HOSTILE
    study.plants["name"] = HOSTILE
    root = drawn(study, ("A-ash", "B+ash", "possible", HOSTILE))
    assert root.find(f".//{SVG}script") is None
    assert any(HOSTILE in (title.text or "") for title in root.iter(f"{SVG}title"))


def test_one_side_may_be_empty():
    assert drawn(region(supply("A", "ash"))).tag == f"{SVG}svg"
