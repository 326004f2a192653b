"""The star: packages import only what the architecture allows, and nothing of ours hides or is hidden."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "data": {"data"},
    "siting": {"data", "siting"},
    "routing": {"data", "routing"},
    "models": {"data", "models"},
    "maps": {"data", "maps"},
    "symbioplan": {"data", "siting", "routing", "models", "maps", "symbioplan"},
}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_it_may(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        forbidden = (set(imports_of(path)) & set(ALLOWED)) - ALLOWED[package]
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


def test_only_models_know_pyomo_and_only_families_build_it():
    for package in set(ALLOWED) - {"models"}:
        for path in (ROOT / package).rglob("*.py"):
            assert not {"pyomo", "highspy"} & set(imports_of(path)), path


def test_the_checker_shares_no_code_with_the_model():
    files = [ROOT / "models" / "checker.py", *(ROOT / "models" / "checks").glob("*.py")]
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "pyomo" not in set(imports_of(path))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("models"):
                assert node.module.startswith(("models.checks", "models.checker")), f"{path.name}: {node.module}"


def test_no_import_cycles():
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in ALLOWED
        for path in (ROOT / package).rglob("*.py")
    }
    graph = {}
    for name, path in modules.items():
        wanted = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                wanted |= inner if inner <= set(modules) else {node.module}
            elif isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
        graph[name] = {other for other in wanted & set(modules) if other != name}
    done, path = set(), []

    def visit(name):
        if name in path:
            cycle = " -> ".join([*path[path.index(name) :], name])
            pytest.fail(f"import cycle: {cycle}")
        if name in done:
            return
        path.append(name)
        for other in sorted(graph[name]):
            visit(other)
        path.pop()
        done.add(name)

    for name in sorted(graph):
        visit(name)


def test_a_file_that_hides_one_of_our_packages_is_named(tmp_path):
    (tmp_path / "maps.py").write_text("raise SystemExit('the wrong maps')")
    run = subprocess.run(
        [sys.executable, "-c", "import symbioplan"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "maps.py hides symbioplan's package 'maps'" in run.stderr
    assert "rename that file" in run.stderr
