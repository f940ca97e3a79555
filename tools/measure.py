"""The shape of the code in numbers: ``python -m tools.measure`` prints them as a table in Markdown.

The measures are those by which the libraries and Streamlit apps named in the table were measured;
lines that recur leave out imports and docstrings here. ``tests/test_measure.py`` holds those that
have a limit; ``docs/code.md`` shows the table of a release.
"""

import ast
import io
import json
import re
import statistics
import subprocess
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PRODUCT: Final = ("core", "ui", "pages", "app.py", "run.py")

# A block of this many lines that stands in two places counts as repeated.
BLOCK: Final = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


# --- Files -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Module:
    """One file of Python.

    Attributes:
        name: dotted, as it is imported.
        text: what is in it.
    """

    path: Path
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """What the file says."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    @property
    def lines(self) -> list[str]:
        """The lines of the file."""
        return self.text.splitlines()

    @cached_property
    def functions(self) -> list[Function]:
        """Functions and methods, inner ones too."""
        return [node for node in self.nodes if isinstance(node, _FUNCTIONS)]

    def imports(self, package: str) -> bool:
        """Whether the file imports a package, or anything of it."""
        return package in {name.split(".")[0] for name in imported(self.nodes)}


def modules(root: Path, names: Iterable[str]) -> list[Module]:
    """The files of Python under some folders and files of a root, by path."""
    found = [path for name in names for path in _python_files(root / name)]
    return [Module(path, _dotted(path, root), path.read_text("utf-8")) for path in sorted(found)]


def _python_files(path: Path) -> Iterator[Path]:
    """A file itself, or those of a folder; packages that npm brought are not ours."""
    files = [path] if path.is_file() else path.rglob("*.py")
    return (file for file in files if "node_modules" not in file.parts)


def _dotted(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def code_lines(module: Module) -> int:
    """Lines with code on them: not blank, no comment alone, no docstring."""
    lines = set[int]()
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - set(_docstring_lines(module)))


_NO_CODE: Final = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING),
}


def _docstring_lines(module: Module) -> Iterator[int]:
    for node in module.nodes:
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
            yield from range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def comments(module: Module) -> int:
    """How many comments there are; a comment of three lines is three."""
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    return sum(token.type == tokenize.COMMENT for token in tokens)


# --- Functions ---------------------------------------------------------------------------------


def body_lines(function: Function) -> int:
    """Lines of a function without its head and its docstring."""
    body = function.body[bool(ast.get_docstring(function)) :] or function.body
    return (function.end_lineno or 0) - body[0].lineno + 1


def complexity(function: Function) -> int:
    """One, and one more for each place where the way through the function forks."""
    return 1 + sum(map(_forks, _own_nodes(function)))


def _forks(node: ast.AST) -> int:
    match node:
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.If() | ast.IfExp() | ast.For() | ast.AsyncFor() | ast.While():
            return 1
        case ast.ExceptHandler() | ast.match_case() | ast.Assert():
            return 1
    return 0


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function; a function that is defined in it counts by itself."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _FUNCTIONS):
            waiting.extend(ast.iter_child_nodes(node))


_BLOCKS: Final = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)
_NESTED: Final = (*_BLOCKS, ast.Try, ast.Match)


def nesting(node: ast.AST) -> int:
    """How deep blocks stand in blocks; an ``elif`` is no deeper than its ``if``."""
    return max((_depth(child, node) for child in ast.iter_child_nodes(node)), default=0)


def _depth(child: ast.AST, parent: ast.AST) -> int:
    if isinstance(child, _FUNCTIONS):
        return 0
    is_elif = isinstance(parent, ast.If) and parent.orelse == [child] and isinstance(child, ast.If)
    return nesting(child) + (isinstance(child, _NESTED) and not is_elif)


def is_annotated(function: Function) -> bool:
    """Whether each parameter and the result have a type; ``self`` and ``cls`` need none."""
    of = function.args
    named = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
    typed = [arg.annotation is not None for arg in named if arg.arg not in {"self", "cls"}]
    return all(typed) and function.returns is not None


def public(module: Module) -> Iterator[Function | ast.ClassDef]:
    """The classes and functions that others may use: no name on the way begins with ``_``."""
    yield from _public(module.tree)


def _public(node: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    for child in node.body:
        if isinstance(child, ast.ClassDef | Function) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from _public(child)


# --- Handlers, imports, repeats ----------------------------------------------------------------


def handlers(module: Module) -> list[ast.ExceptHandler]:
    """Every ``except`` of a file."""
    return [node for node in module.nodes if isinstance(node, ast.ExceptHandler)]


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches whatever there is."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {node.id if isinstance(node, ast.Name) else node for node in caught}
    return bool(names & {None, "Exception", "BaseException"})


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The dotted names that statements import; ``from core import fields`` is ``core.fields``."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield str(node.module)


def largest_cycle(found: Sequence[Module]) -> list[str]:
    """The most modules that import one another when they are imported, or none.

    What stands under ``TYPE_CHECKING`` or in a function is not imported then, and what a package
    takes from its own modules to hand it on is passed over.
    """
    names = {module.name for module in found}
    graph = {one.name: set(_at_import(one)) & names - {one.name} for one in found}
    reach = {name: _reachable(name, graph) for name in graph}
    circles = [sorted(b for b in reach[a] if a in reach[b]) for a in graph]
    return max(circles, key=len, default=[])


def _at_import(module: Module) -> Iterator[str]:
    inner = f"{module.name}."
    for name in imported(_top_level(module.tree.body)):
        if not name.startswith(inner):
            yield name


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """The statements that run at import."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            yield from _top_level(node.body)


def _reachable(start: str, graph: Mapping[str, Collection[str]]) -> set[str]:
    seen, waiting = set[str](), list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return seen


def repeated(found: Iterable[Module]) -> dict[tuple[str, int], str]:
    """The lines inside a block of ``BLOCK`` lines that stands in two places, by file and number.

    Blank lines, comments and indents don't count, and neither do imports and docstrings, which are
    alike for good reason.
    """
    blocks = defaultdict[tuple[str, ...], list[list[tuple[str, int]]]](list)
    texts = dict[tuple[str, int], str]()
    for module in found:
        lines = list(_telling_lines(module))
        texts.update({(module.name, number): text for number, text in lines})
        for start in range(len(lines) - BLOCK + 1):
            block = lines[start : start + BLOCK]
            places = [(module.name, number) for number, _ in block]
            blocks[tuple(text for _, text in block)].append(places)
    twice = [places for many in blocks.values() if len(many) > 1 for places in many]
    return {place: texts[place] for places in twice for place in places}


def _telling_lines(module: Module) -> Iterator[tuple[int, str]]:
    skipped = set(_docstring_lines(module)) | set(_import_lines(module))
    for number, line in enumerate(module.lines, 1):
        text = line.strip()
        if text and not text.startswith("#") and number not in skipped:
            yield number, text


def _import_lines(module: Module) -> Iterator[int]:
    for node in module.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from range(node.lineno, (node.end_lineno or 0) + 1)


def linted(root: Path, names: Sequence[str]) -> Counter[str]:
    """What ruff says of commented-out code (ERA001) and blind handlers (BLE001), by rule.

    Exemptions that stand in the code are passed over.
    """
    command = [*(sys.executable, "-m", "ruff", "check", *names, "--isolated", "--ignore-noqa")]
    command += ["--select", "ERA001,BLE001", "--output-format", "json", "--exit-zero"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return Counter(found["code"] for found in json.loads(done.stdout))


# --- Streamlit ---------------------------------------------------------------------------------

_WIDGETS: Final = {
    *("button", "checkbox", "date_input", "download_button", "file_uploader", "multiselect"),
    *("number_input", "pills", "radio", "segmented_control", "select_slider", "selectbox"),
    *("slider", "text_area", "text_input", "toggle", "data_editor"),
}
_READS: Final = {"read_text", "read_bytes", "write_text", "write_bytes", "urlopen"}


def widgets(module: Module) -> list[ast.Call]:
    """The calls that draw something to be clicked or filled in."""
    calls = [node for node in module.nodes if isinstance(node, ast.Call)]
    return [call for call in calls if module.imports("streamlit") and _called(call) in _WIDGETS]


def has_key(call: ast.Call) -> bool:
    """Whether a widget has a key, handed over by name or with others."""
    return any(keyword.arg in {"key", None} for keyword in call.keywords)


def draws_and_reads(module: Module) -> bool:
    """Whether a file that draws, with ``st.`` something, also opens files or addresses."""
    calls = [node for node in module.nodes if isinstance(node, ast.Call)]
    draws = any(ast.unparse(call.func).startswith("st.") for call in calls)
    reads = (_called(call) in _READS or ast.unparse(call.func) == "open" for call in calls)
    return draws and any(reads)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def mentions(found: Iterable[Module], word: str) -> int:
    """How often a word stands in the code of files."""
    return sum(len(re.findall(rf"\b{word}\b", module.text)) for module in found)


# --- Tests -------------------------------------------------------------------------------------


def tests(found: Iterable[Module]) -> list[Function]:
    """The functions that pytest runs."""
    return [test for module in found for test in module.functions if test.name.startswith("test_")]


def asserts(test: Function) -> int:
    """How often a test looks at what came: ``assert``, ``expect`` and ``raises``."""
    return sum(map(_asserts, ast.walk(test)))


def _asserts(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or (
        isinstance(node, ast.Call) and _called(node) in {"expect", "raises"}
    )


def is_parametrized(test: Function) -> bool:
    """Whether a test runs once for each of several values, or for made-up ones."""
    marks = [ast.unparse(mark) for mark in test.decorator_list]
    return any("parametrize" in mark or mark.startswith("given") for mark in marks)


def mocks(module: Module) -> bool:
    """Whether a file puts a stand-in into the code that it tests."""
    return bool(re.search(r"unittest\.mock|\bmocker\b|monkeypatch\.setattr", module.text))


# --- The table ---------------------------------------------------------------------------------


def p95(values: Iterable[int]) -> int:
    """The value that 95 of 100 stay at or below."""
    ordered = sorted(values) or [0]
    return ordered[min(len(ordered) * 95 // 100, len(ordered) - 1)]


def share(part: int, whole: int) -> float:
    """How many of a hundred."""
    return 100 * part / whole if whole else 0


def table(root: Path = ROOT) -> str:
    """All measures of the project under a root, beside those of the best."""
    rows = [*_code_rows(root), *_screen_rows(root), *_test_rows(root)]
    head = "| Measure | Here | The best measured |\n|:--|--:|:--|\n"
    return head + "".join(f"| {what} | {here} | {best} |\n" for what, here, best in rows)


Row = tuple[str, str, str]


def _code_rows(root: Path) -> Iterator[Row]:
    found = modules(root, PRODUCT)
    code = sum(map(code_lines, found))
    lengths = [len(module.lines) for module in found]
    yield "Files, thousand lines of code", f"{len(found)}, {code / 1000:.1f}", ""
    best = "111 / 475 (optuna-dashboard)"
    yield (
        "Lines of a file: median / p95",
        f"{statistics.median(lengths):.0f} / {p95(lengths)}",
        best,
    )
    yield from _function_rows([one for module in found for one in module.functions])
    yield from _docstring_rows([one for module in found for one in public(module)])
    best = "2 to 12 in the libraries, most 4 to 8"
    yield "Comments per 100 lines of code", f"{share(sum(map(comments, found)), code):.1f}", best
    caught = [one for module in found for one in handlers(module)]
    broad = sum(map(is_broad, caught))
    yield "Broad handlers / all", f"{broad} / {len(caught)}", "7 / 51 (starlette)"
    lint = linted(root, PRODUCT)
    best = "0.1 (sqlite-utils, llm)"
    yield "Commented-out lines per 1000 (ERA001)", f"{1000 * lint['ERA001'] / code:.1f}", best
    best = "0.0 (sqlite-utils, llm)"
    yield "Blind handlers per 1000 (BLE001)", f"{1000 * lint['BLE001'] / code:.1f}", best
    yield (
        "Modules in the largest import cycle",
        f"{len(largest_cycle(found))}",
        "0 (starlette, httpx)",
    )
    lines = sum(len(list(_telling_lines(module))) for module in found)
    best = "0.0 (example-streamlit)"
    yield (
        f"% of lines in {BLOCK}-line blocks that recur",
        f"{share(len(repeated(found)), lines):.1f}",
        best,
    )


def _function_rows(functions: Sequence[Function]) -> Iterator[Row]:
    bodies = [body_lines(one) for one in functions]
    middle = f"{statistics.median(bodies):.0f} / {p95(bodies)} / {max(bodies)}"
    best = "5 / 38 / 149 (starlette), 5 / 21 / 21 (example-streamlit, 0.4 kLOC)"
    yield "Lines of a function's body: median / p95 / max", middle, best
    long = sum(body > 50 for body in bodies)
    yield "% of functions over 50 lines", f"{share(long, len(bodies)):.1f}", "2.2 (starlette)"
    yield "Cyclomatic complexity: p95", f"{p95(map(complexity, functions))}", "8 (starlette, httpx)"
    yield "Nesting: p95", f"{p95(map(nesting, functions))}", "3 (starlette), 1 (example-streamlit)"
    typed = share(sum(map(is_annotated, functions)), len(functions))
    yield "% of functions fully annotated", f"{typed:.0f}", "100 (httpx)"


def _docstring_rows(found: Sequence[Function | ast.ClassDef]) -> Iterator[Row]:
    classes = [bool(ast.get_docstring(one)) for one in found if isinstance(one, ast.ClassDef)]
    others = [bool(ast.get_docstring(one)) for one in found if not isinstance(one, ast.ClassDef)]
    here = [f"{share(sum(some), len(some)):.0f}" for some in (others, classes)]
    yield "% of public functions / classes with a docstring", " / ".join(here), "84 / 93 (textual)"


def _screen_rows(root: Path) -> Iterator[Row]:
    found = modules(root, PRODUCT)
    drawing = [module for module in found if module.imports("streamlit")]
    keyed = [has_key(call) for module in drawing for call in widgets(module)]
    lines = sum(len(module.lines) for module in drawing)
    here = f"{len(drawing)} of {len(found)}"
    yield "Files that import Streamlit", here, "1 of 42 (optuna-dashboard)"
    yield "% of widgets with a key", f"{share(sum(keyed), len(keyed)):.0f}", "75 (optuna-dashboard)"
    state = mentions(found, "session_state")
    best = "0 (optuna-dashboard), 0.4 (streamlit-extras)"
    yield "`session_state` per 100 lines of drawing", f"{share(state, lines):.1f}", best
    unsafe = mentions(found, "unsafe_allow_html")
    yield "`unsafe_allow_html`", f"{unsafe}", "1 (example-streamlit)"
    both = sum(map(draws_and_reads, found))
    yield "Files that draw and read or write files", f"{both}", "0 (example-streamlit)"


def _test_rows(root: Path) -> Iterator[Row]:
    found = modules(root, ["tests"])
    files = [module for module in found if module.path.name.startswith("test_")]
    every = tests(files)
    lines = [(test.end_lineno or 0) - test.lineno + 1 for test in every]
    yield "Tests", f"{len(every)}", "1299 (datasette)"
    here = f"{statistics.median(lines):.0f} / {p95(lines)}"
    yield "Lines of a test: median / p95", here, "8 / 30 (httpx)"
    each = sum(map(asserts, every)) / len(every)
    yield "Asserts of a test", f"{each:.1f}", "2.6 (httpx)"
    varied = sum(map(is_parametrized, every))
    yield "% of tests parametrized", f"{share(varied, len(every)):.0f}", "29 (click)"
    yield "Test files that mock / all", f"{sum(map(mocks, files))} / {len(files)}", "0 / 37 (httpx)"
    here = f"{_lines(found) / _lines(modules(root, PRODUCT)):.2f}"
    yield "Lines of test for a line of source", here, "1.01 (httpx), 2.71 (pydantic-ai)"


def _lines(found: Iterable[Module]) -> int:
    return sum(len(module.lines) for module in found)


# --- The worst ---------------------------------------------------------------------------------


def worst(root: Path = ROOT, many: int = 15) -> str:
    """What to look at first: the longest and most complex functions, and lines that recur."""
    found = modules(root, PRODUCT)
    named = [(f"{module.name}.{one.name}", one) for module in found for one in module.functions]
    lines = [
        f"{count:5} {what}" for what, count in Counter(p for p, _ in repeated(found)).most_common()
    ]
    parts = {
        "Longest": _most(named, body_lines, many),
        "Most complex": _most(named, complexity, many),
        "Deepest": _most(named, nesting, many),
        "Lines that recur, by file": lines,
    }
    return "\n".join(f"{title}\n" + "\n".join(rows) for title, rows in parts.items())


def _most(
    named: Iterable[tuple[str, Function]], of: Callable[[Function], int], many: int
) -> list[str]:
    counted = sorted(((of(one), name) for name, one in named), reverse=True)
    return [f"{count:5} {name}" for count, name in counted[:many]]


if __name__ == "__main__":
    print(worst() if "--worst" in sys.argv else table(), end="")
