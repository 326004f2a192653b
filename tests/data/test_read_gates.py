"""Gates of plants, and truck settings that name what is not there."""

from __future__ import annotations

import pytest

from data import InputError, read_study, write_study


def test_gates_are_read_checked_and_written_back(template, edit, tmp_path) -> None:
    edit(template / "study.toml", "[layers]", '[layers]\ngates = "gates.csv"')
    (template / "gates.csv").write_text("plant,gate,lon,lat\npower,north,11.09,55.66\npower,south,11.09,55.65\n")
    study = read_study(template)
    assert study.gates["gate"].tolist() == ["north", "south"]
    assert study.gates.crs == study.crs
    write_study(study, tmp_path / "again")
    again = read_study(tmp_path / "again")
    assert again.gates[["plant", "gate"]].values.tolist() == [["power", "north"], ["power", "south"]]
    assert again.digest == study.digest
    (template / "gates.csv").write_text("plant,gate,lon,lat\npowr,north,11.09,55.66\n")
    with pytest.raises(InputError, match=r"gates\.csv.*'powr'.*power"):
        read_study(template)


def test_speed_caps_name_highway_classes(template, edit) -> None:
    text = (template / "study.toml").read_text()
    cap = "speed_caps_kmh = {motorwai = 80}"
    if "[trucks]" in text:
        edit(template / "study.toml", "[trucks]", f"[trucks]\n{cap}")
    else:
        (template / "study.toml").write_text(f"{text}\n[trucks]\n{cap}\n")
    with pytest.raises(InputError, match=r"speed_caps_kmh.*'motorwai'.*motorway"):
        read_study(template)
