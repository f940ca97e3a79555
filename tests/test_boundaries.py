"""What may import what, who touches Streamlit, and how long a function may get."""

import ast
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The parts of core and of ui, lowest first. A part imports from its own row and the rows above it
# here, never from a row below, and no two parts import each other. A new part needs a place.
CORE_LAYERS: Final = (
    ("errors",),
    ("document",),
    ("config", "findings"),
    ("fields", "presets", "system"),
    ("reading",),
    ("changes", "derive"),
    ("compare", "estimates", "trainers"),
    ("rules",),
    ("check",),
    ("catalog", "drafts"),
    ("schema",),
    ("identity",),
    ("settings", "stores"),
    ("sessions", "workbench"),
    ("comparing",),
    ("output", "shares"),
    ("sweeps",),
    ("api",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
UI_LAYERS: Final = (
    ("icons", "insight", "places", "server", "text"),
    ("errors", "questions", "services"),
    ("rest", "session"),
    ("warm", "who"),
    ("parts",),
    ("draft", "run"),
    ("differences", "frame"),
    ("library", "reference"),
    ("account", "build", "comparing", "sweeping"),
    ("sharing",),
    ("dialogs",),
    ("shell",),
    ("main",),
)
LAYERS: Final = {"core": CORE_LAYERS, "ui": UI_LAYERS}

# The modules of core.api that speak HTTP.
API: Final = (
    "app",
    "configs",
    "guard",
    "judging",
    "problems",
    "reading",
    "reference",
    "sharing",
    "signed_in",
)

# Packages that core does without, and the only modules that may have them.
FOREIGN: Final = {
    "streamlit": set[str](),
    "streamlit_authenticator": {"core.identity.local", "core.identity.validator"},
    "pandas": set[str](),
    "fastapi": {f"core.api.{name}" for name in API},
    "supabase": {"core.system.remote", "core.stores.supabase", "core.identity.supabase"},
}

LONGEST: Final = 60


# --- The source --------------------------------------------------------------------------------


def sources() -> list[Path]:
    """Every Python file of the product."""
    folders = [path for name in ("core", "ui", "pages") for path in (ROOT / name).rglob("*.py")]
    return sorted([*folders, ROOT / "app.py", ROOT / "run.py"])


def module_name(path: Path) -> str:
    """``core.rules`` for ``core/rules/__init__.py``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES: Final = {module_name(path): path for path in sources()}
CORE: Final = [name for name in MODULES if name.split(".")[0] == "core"]
INNER: Final = [name for name in MODULES if name.split(".")[0] in LAYERS]


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """The modules that this one imports anywhere, inside functions too."""
    found = set[str]()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import in line {node.lineno}"
            found.update(imported(str(node.module), node))
    return frozenset(found)


def imported(package: str, node: ast.ImportFrom) -> set[str]:
    """``from core import fields`` imports ``core.fields``."""
    names = {f"{package}.{alias.name}" for alias in node.names}
    inner = names & MODULES.keys()
    return inner | ({package} if inner != names else set())


def part(module: str) -> str:
    """The part that a module stands in: ``rules`` for ``core.rules.shape``."""
    return [*module.split("."), ""][1]


def rank(module: str) -> int:
    """The row of a module in ``LAYERS``."""
    rows = [row for row, names in enumerate(LAYERS[top(module)]) if part(module) in names]
    assert rows, f"{module} has no row in LAYERS; give it one"
    return rows[0]


def top(module: str) -> str:
    return module.split(".")[0]


# --- Imports -----------------------------------------------------------------------------------


def test_a_clean_interpreter_imports_core_without_front_ends() -> None:
    allowed = set[str]().union(*FOREIGN.values())
    modules = [name for name in CORE if name not in allowed and name != "core.__main__"]
    code = (
        "import importlib, sys\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        f"print(*sorted(set({list(FOREIGN)}) & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", FOREIGN)
def test_core_names_foreign_packages_only_where_they_belong(package: str) -> None:
    users = {name for name in CORE if package in map(top, imports(name))}
    assert users <= FOREIGN[package]


@pytest.mark.parametrize("module", CORE)
def test_core_imports_nothing_that_uses_it(module: str) -> None:
    above = {"ui", "pages", "app", "run", "tests", "tools"}
    assert not {name for name in imports(module) if top(name) in above}


@pytest.mark.parametrize("module", INNER)
def test_modules_import_downward_only(module: str) -> None:
    own = rank(module) if part(module) else 0
    inner = [name for name in imports(module) if top(name) == top(module) and part(name)]
    assert {name for name in inner if rank(name) > own} == set()


@pytest.mark.parametrize("area", LAYERS)
def test_no_two_parts_import_each_other(area: str) -> None:
    graph: dict[str, set[str]] = {}
    for module in [name for name in INNER if top(name) == area]:
        others = {part(name) for name in imports(module) if top(name) == area}
        graph.setdefault(part(module), set()).update(others - {part(module), ""})
    # A circle is a CycleError that names its members.
    assert list(TopologicalSorter(graph).static_order())


def test_findings_import_documents_only() -> None:
    assert {name for name in imports("core.findings") if top(name) == "core"} == {"core.document"}


def test_only_app_pages_and_ui_import_ui_and_streamlit() -> None:
    users = {name for name in MODULES if {"ui", "streamlit"} & set(map(top, imports(name)))}
    assert set(map(top, users)) <= {"app", "pages", "ui"}


def test_nobody_imports_pages_or_app() -> None:
    assert not [name for name in MODULES if {"pages", "app"} & set(map(top, imports(name)))]


# --- Streamlit ---------------------------------------------------------------------------------


def names_session_state(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="session_state") | ast.Name(id="session_state"):
            return True
        case ast.alias(name="session_state") | ast.Constant(value="session_state"):
            return True
    return False


def test_session_state_is_named_in_one_file() -> None:
    users = [name for name in MODULES if any(map(names_session_state, ast.walk(tree(name))))]
    assert users in ([], ["ui.session"])


def frames(module: str) -> set[str]:
    """The names under which a page calls something of ``ui.shell``."""
    found = {"ui.shell"}
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom):
            full = {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
            found.update(name for name, target in full.items() if target.startswith("ui.shell"))
    return found


def first_statement(module: str) -> ast.stmt | None:
    """The first statement that does something; a docstring, imports and definitions don't."""
    quiet = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    body = tree(module).body[bool(ast.get_docstring(tree(module))) :]
    return next((node for node in body if not isinstance(node, quiet)), None)


def called(node: ast.stmt | None) -> str:
    """What a statement calls: ``shell.page`` for ``with shell.page("Build"):``."""
    match node:
        case ast.With(items=[ast.withitem(context_expr=ast.Call(func=function)), *_]):
            return ast.unparse(function)
        case ast.Expr(value=ast.Call(func=function)):
            return ast.unparse(function)
    return ""


@pytest.mark.parametrize("page", [name for name in MODULES if top(name) == "pages"])
def test_a_page_opens_its_frame_first(page: str) -> None:
    call = called(first_statement(page))
    assert call in frames(page) or call.rpartition(".")[0] in frames(page), call


# --- Size --------------------------------------------------------------------------------------


def functions(module: str) -> Iterator[tuple[int, str]]:
    """The lines that each function's body has, without its docstring, and its name."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[bool(ast.get_docstring(node)) :] or node.body
            yield int(node.end_lineno or 0) - body[0].lineno + 1, f"{module}.{node.name}"


def test_functions_are_small() -> None:
    found = sorted(item for module in MODULES for item in functions(module))
    lengths = [length for length, _ in found]
    shape = f"median {statistics.median(lengths)}, p95 {lengths[len(lengths) * 95 // 100]}"
    assert [item for item in found if item[0] > LONGEST] == [], shape
    assert statistics.median(lengths) <= 10, shape


# --- Traces of a machine -----------------------------------------------------------------------


# Where programs are on every machine of a kind.
COMMON: Final = {"usr", "bin", "etc", "dev", "proc", "sys", "lib", "var", "run", "sbin"}
ABSOLUTE = re.compile(r"(?<![\w./:~<>{}\\-])/([\w.+-]+)/([\w.+-]+)[\w.+/-]*")


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of the project, by its path in it."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name[0] != "." or name in {".ci", ".streamlit"}]
        folders[:] = [name for name in folders if name not in {"__pycache__", "node_modules"}]
        for path in (Path(folder, name) for name in names):
            data = path.read_bytes()
            if b"\x00" not in data[:8000]:
                yield str(path.relative_to(ROOT)), data.decode("utf-8", "replace")


def local_paths(text: str) -> list[str]:
    """The absolute paths in a text that lead somewhere on this machine and not on another."""
    paths = [match for match in ABSOLUTE.finditer(text) if match[1] not in COMMON]
    return [match.group() for match in paths if Path("/", match[1], match[2]).exists()]


def test_no_file_names_a_place_on_this_machine() -> None:
    found = {name: paths for name, text in texts() if (paths := local_paths(text))}
    assert found == {}
