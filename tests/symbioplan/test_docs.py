"""Docs are tests: generated pages are up to date, and every command of the README exists."""

import importlib.util
import re
import shlex
from pathlib import Path

import typer.main

from symbioplan.cli import app

ROOT = Path(__file__).resolve().parents[2]


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date():
    generate = load("generate", ROOT / "docs" / "generate.py")
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == generate.tables_page()
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == generate.cli_page()


def test_every_command_in_the_readme_parses():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|console|powershell)\n(.*?)```", text, flags=re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("symbioplan ")]
    assert len(commands) >= 8
    group = typer.main.get_command(app)
    for words in commands:
        command = group.commands[words[0]]
        command.make_context(words[0], list(words[1:]))  # raises on an option that does not exist


def test_every_make_target_in_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    wanted = set(re.findall(r"`?make ([a-z]+)`?", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= wanted <= targets


def test_links_between_pages_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_nothing_names_a_path_of_this_machine():
    for path in ROOT.rglob("*.md"):
        if ".venv" not in path.parts:
            assert not re.search(r"(?<![\w.])/(work|root|home)/", path.read_text(encoding="utf-8")), path
