"""Write the pages that are made from the code: ``docs/tables.md`` and ``docs/cli.md``."""

from __future__ import annotations

from pathlib import Path

import typer.main

from data import contract
from symbioplan.cli import app

HERE = Path(__file__).parent
_FAMILIES = {
    "study": "Study: what a planner prepares",
    "catalogue": "Catalogue: what is built in",
    "problem": "Problem: what the optimiser needs",
    "plan": "Plan: what was decided",
}


def tables_page() -> str:
    """Return the page of all tables and columns."""
    lines = ["# Tables", "", "Made from `data/contracts/*.csv` by `python docs/generate.py`. Do not edit.", ""]
    lines += ["A column without a default that is not required may be blank.", ""]
    for family, title in _FAMILIES.items():
        lines += [f"## {title}", ""]
        for table, columns in contract(family).items():  # type: ignore[arg-type]
            lines += [f"### {table}", "", "| column | type | unit | default | meaning |", "|---|---|---|---|---|"]
            for column in columns.values():
                default = "required" if column.required else column.default
                meaning = column.description
                if column.values:
                    meaning += ": " + ", ".join(f"`{value}`" for value in column.values)
                lines.append(f"| `{column.name}` | {column.type} | {column.unit} | {default} | {meaning} |")
            lines.append("")
    return "\n".join(lines)


def cli_page() -> str:
    """Return the page of all commands and options."""
    group = typer.main.get_command(app)
    lines = ["# Commands", "", "Made from the command line's own help by `python docs/generate.py`. Do not edit.", ""]
    lines += [
        "Exit codes: 0 done; 1 the problem has no solution; 2 bad input, every fault listed; 3 stopped at a limit",
        "with the best plan found and its gap; 130 stopped with Ctrl-C, nothing half-written.",
        "",
    ]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        context = typer.Context(command, info_name=f"symbioplan {name}")
        lines += [f"## {context.info_name}", "", (command.help or "").strip(), ""]
        lines += ["```", " ".join(command.get_usage(context).removeprefix("Usage: ").split()), "```", ""]
        lines += ["| option | meaning |", "|---|---|"]
        for parameter in command.params:
            record = parameter.get_help_record(context)
            if record:
                lines.append(f"| `{record[0].replace('|', chr(92) + '|')}` | {' '.join(record[1].split())} |")
        lines += ["", (command.epilog or "").strip(), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    (HERE / "tables.md").write_text(tables_page(), encoding="utf-8")
    (HERE / "cli.md").write_text(cli_page(), encoding="utf-8")
