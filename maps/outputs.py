"""All files of one plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.frames import write_tables as write_csv
from data.plan import Plan
from data.study import Study
from maps.geopackage import write_geopackage
from maps.gis_files import write_gis_files
from maps.picture import write_picture
from maps.report import write_report
from maps.siting_outputs import write_siting
from maps.webmap import write_map
from maps.workbook import write_workbook


def write_tables(study: Study, plan: Plan, folder: Path) -> None:  # noqa: ARG001 - all writers take both
    """Write every table of the plan as ``<folder>/<table>.csv``, columns as in the contract.

    Cells are left exactly as they are, so that the files can be read back. Text that starts with
    ``=``, ``+``, ``-`` or ``@`` would be run by a spreadsheet that opens the CSV as a formula; import
    such a file with its columns set to text.
    """
    write_csv(plan.tables, folder)


def write_outputs(study: Study, plan: Plan, folder: Path, *, also: Sequence[str] = ()) -> None:
    """Write the maps, the report, the GeoPackage, the workbook and ``tables/`` into the folder, and what siting found.

    Formats in ``also`` (:data:`maps.FORMATS`) are written to ``gis/``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_map(study, plan, folder / "map.html")
    write_picture(study, plan, folder / "map.png")
    write_report(study, plan, folder / "report.html")
    write_geopackage(study, plan, folder / "plan.gpkg")
    write_workbook(study, plan, folder / "plan.xlsx")
    write_tables(study, plan, folder / "tables")
    write_siting(study, folder)
    if also:
        write_gis_files(study, plan, folder / "gis", also)
