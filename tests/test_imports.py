"""Who may import whom, and what an import may not bring along."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"modzoo": "modzoo", "applications": "modzoo.applications", "recipes": "modzoo.recipes"}
# Imports run downwards; neighbours on a level may import each other, but not both ways.
LEVELS = [
    {"cli"},
    {"zoo"},
    {"recipes"},
    {"loading"},
    {"applications"},
    {"training", "plots", "serving", "decomposition"},
    {"layers", "knowledge", "data"},
]
LEVEL = {part: level for level, parts in enumerate(LEVELS) for part in parts}
ANYWHERE = {"errors", "files", "lazy"}  # of no level: they know nothing of the project


def sources():
    """`{module name: path}` of the project's Python files."""
    found = {}
    for folder, package in FOLDERS.items():
        for path in (ROOT / folder).rglob("*.py"):
            inside = path.relative_to(ROOT / folder).with_suffix("").parts
            name = ".".join([package, *inside])
            found[name.removesuffix(".__init__")] = path
    return found


SOURCES = sources()


def is_package(module):
    return SOURCES[module].name == "__init__.py"


def imports(module, tree):
    """Full names of what `module` imports, wherever the import stands."""
    package = module.split(".") if is_package(module) else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def part(name):
    """`modzoo.layers.rim` -> `layers`; the package itself -> an empty string."""
    return [*name.split("."), ""][1]


def edges():
    """`(module, imported name)` within the project."""
    for module, path in SOURCES.items():
        for name in imports(module, ast.parse(path.read_text(encoding="utf-8"))):
            if name.split(".")[0] in {"modzoo", "applications", "recipes"}:
                yield module, name


EDGES = sorted(set(edges()))


def test_every_part_has_a_level():
    parts = {part(module) for module in SOURCES} - {"", "__main__"}
    assert parts <= LEVEL.keys() | ANYWHERE


def test_imports_run_downwards():
    wrong = []
    for module, name in EDGES:
        mine, other = part(module), part(name)
        if mine in ANYWHERE:
            allowed = other in ANYWHERE
        elif mine == "layers":
            allowed = other in {"layers", "lazy"}
        elif mine == "__main__":
            allowed = other == "cli"
        elif mine == "":
            allowed = other == "lazy"
        elif mine == "cli" or other in {"", "__version__"} or other in ANYWHERE:
            allowed = True  # the package itself imports nothing until it is asked
        else:
            allowed = other == mine or LEVEL.get(other, -1) >= LEVEL[mine]
        if not allowed:
            wrong.append(f"{module} imports {name}")
    assert not wrong


def test_neighbours_import_each_other_one_way_only():
    pairs = {(part(module), part(name)) for module, name in EDGES}
    assert not {(a, b) for a, b in pairs if a != b and (b, a) in pairs}


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_no_assert_in_the_package(module):
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []


@pytest.mark.parametrize("module", ["modzoo", "modzoo.layers", "modzoo.applications"])
def test_an_import_brings_no_backend(module):
    heavy = {"keras", "tensorflow", "jax", "torch", "keras_hub"}
    script = f"import sys, {module}; print(*({heavy!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_packages_are_found():
    script = "import setup; print(*setup.packages()); print(setup.MAPPED)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed, mapped = done.stdout.splitlines()
    assert listed.split() == sorted(module for module in SOURCES if is_package(module))
    assert ast.literal_eval(mapped) == {
        package: folder for folder, package in FOLDERS.items() if folder != "modzoo"
    }


GENERAL = ["cli", "zoo", "loading", "recipes/__init__", "applications/__init__", "training"]
GENERAL += ["applications/interface", "serving"]
# A part of the library that an application is named as.
LIBRARY = re.compile(r"\bmodzoo(\.| import )decomposition\b|(?<!applications\.)\bdecomposition\.")
APPLICATIONS = {path.parent.name for path in (ROOT / "applications").glob("*/README.md")}


@pytest.mark.parametrize("part", GENERAL)
def test_what_serves_all_applications_holds_no_word_of_one(part):
    root = ROOT if "/" in part else ROOT / "modzoo"
    files = [root / f"{part}.py", *(root / part).rglob("*.py")]
    files = [file for file in files if file.is_file()]
    assert files and len(APPLICATIONS) >= 3
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):  # examples in docstrings may name one
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = ""
        assert not applications_in(ast.unparse(tree)), file


def applications_in(code):
    code = LIBRARY.sub("", code)
    return [name for name in APPLICATIONS if re.search(rf"\b{name}\b", code)]


def test_an_application_is_found_by_its_name():
    for name in APPLICATIONS:
        for code in (f"modzoo.applications.{name}.parts(model)", f"load_application({name!r})"):
            assert applications_in(code) == [name]
    assert applications_in("from modzoo import decomposition\ndecomposition.load(path)") == []
