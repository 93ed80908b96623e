"""Protects the floors of the house: who imports whom, how large a piece may be, what stays out of the web."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TORCH = {"torch", "torchvision", "captum", "onnx"}

# Part of the tree -> what it must not import, itself or by what follows the name. The table is the drawing.
FORBIDDEN: dict[str, set[str]] = {
    "core": {"streamlit", "pages", "app"},
    "core/catalog": TORCH | {"apsw", "plotly", "starlette", "core.experiment", "core.engine", "core.store",
                             "core.charts", "core.export", "core.runtime", "core.events",
                             "core.records"},
    "core/experiment": TORCH | {"apsw", "plotly", "starlette", "core.engine", "core.store", "core.charts",
                                "core.export", "core.runtime"},
    "core/engine": {"apsw", "plotly", "starlette", "core.store", "core.charts",
                    "core.export", "core.runtime"},
    "core/store": TORCH | {"plotly", "starlette", "core.catalog", "core.experiment", "core.engine",
                           "core.charts", "core.export", "core.runtime"},
    "core/charts": TORCH | {"apsw", "starlette", "core.engine", "core.store", "core.export",
                            "core.runtime"},
    "core/export": {"apsw", "plotly", "starlette", "core.runtime", "core.store"},
    "core/runtime": {"apsw", "plotly", "core.command"},
    "core/command": {"apsw", "plotly", "starlette", "core.engine"},
    "pages": TORCH | {"apsw", "core.engine"},
    "app.py": TORCH | {"apsw", "core.engine", "core.export", "core.store"},
}

# The one exception: tables of data that come with a package, in which nothing is drawn.
TABLES = ("core/catalog", "plotly.data")

# What runs data as a program (reliability S6). Ours to write, never to load.
BANNED_MODULES = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}
BANNED_CALLS = {"eval", "exec", "torch.load", "torch.export.load", "pd.read_pickle", "pandas.read_pickle",
                "os.system"}
BANNED_ENDS = ("AOTIModelPackageLoader", "aoti_load_package", "load_dynlib", "load_library", "CDLL")

# The exceptions. A program just made is loaded from memory, to prove it. Compiled steps are loaded from a
# file in this person's own folder, after a look whether anybody else could have put it there.
OWN_PROGRAMS = {
    ("core/export/pt2.py", "torch.export.load(io.BytesIO(made))"),
    ("core/engine/native/compiler.py", "ctypes.CDLL(shutil.copy(path, f'{folder}/steps.so'))"),
    ("core/engine/turbo_made.py", "torch._C._aoti.AOTIModelPackageLoader(str(path), 'model', False, 1, -1)")}

LARGEST_FILE, LARGEST_FUNCTION, LARGEST_PAGE, MOST_ARGUMENTS, DEEPEST = 400, 50, 150, 6, 4


def sources(*parts: str) -> list[Path]:
    found = [path for part in parts or ("app.py", "core", "pages") for path in
             ([ROOT / part] if part.endswith(".py") else sorted((ROOT / part).rglob("*.py")))]
    assert found, f"nothing found below {parts}"
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, *, at_import: bool = False) -> Iterator[str]:
    """The dotted names a file imports; with `at_import`, those it imports when it is imported itself."""
    for node in _reached(tree(path)) if at_import else ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reached(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run at import: not what is inside functions, nor what is only for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _reached(child)


@pytest.mark.parametrize("part", FORBIDDEN)
def test_imports_go_down_only(part):
    wrong = [f"{path.relative_to(ROOT)} imports {name}" for path in sources(part) for name in imported(path)
             for no in FORBIDDEN[part] if name == no or name.startswith(f"{no}.")
             if (part, ".".join(name.split(".")[:2])) != TABLES]
    assert not wrong, "\n".join(wrong)


def test_every_room_is_on_the_drawing():
    rooms = {f"core/{path.name}" for path in (ROOT / "core").iterdir() if (path / "__init__.py").exists()}
    assert rooms <= FORBIDDEN.keys(), f"not in the table: {sorted(rooms - FORBIDDEN.keys())}"


def test_no_import_runs_in_a_circle():
    files = {module(path): path for path in sources()}
    edges = {name: {other for other in imported(path, at_import=True) if other in files and other != name}
             for name, path in files.items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name):], name))
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, (*way, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())


def test_nothing_runs_data_as_a_program():
    wrong = []
    for path in sources():
        wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in imported(path)
                  if name.split(".")[0] in BANNED_MODULES]
        for node in ast.walk(tree(path)):
            own = (path.relative_to(ROOT).as_posix(), ast.unparse(node)) in OWN_PROGRAMS
            if isinstance(node, ast.Call) and not own and (reason := _dangerous(node)):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {reason}")
    assert not wrong, "\n".join(wrong)


def _dangerous(call: ast.Call) -> str | None:
    name = ast.unparse(call.func)
    said = {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}
    if name in BANNED_CALLS or name == "__import__" or name.endswith(BANNED_ENDS):
        return f"calls {name}"
    for word, value in (("allow_pickle", "True"), ("unsafe_allow_html", "True"),
                        ("unsafe_allow_javascript", "True"), ("shell", "True")):
        if said.get(word) == value:
            return f"calls {name} with {word}={value}"
    if name.endswith(("cache_data", "cache_resource")) and "persist" in said:
        return f"calls {name} with persist, which pickles"
    return None


def test_user_text_never_becomes_html():
    wrong = [f"{path.relative_to(ROOT)}: {word}" for path in sources("pages", "app.py")
             for word in ("unsafe_allow_html", "unsafe_allow_javascript", "components.v1", "components.html")
             if word in path.read_text(encoding="utf-8")]
    assert not wrong, "\n".join(wrong)


def test_scripts_of_the_studio_never_make_html_of_text():
    banned = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
    wrong = [f"{path.relative_to(ROOT)}:{number} {word}" for path in sorted((ROOT / "pages").rglob("*.js"))
             for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
             for word in banned if word in line]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_too_large():
    sizes, wrong = [], []
    scripts = [path for end in ("*.js", "*.css") for path in sorted((ROOT / "pages").rglob(end))]
    for path in [*sources(), *scripts]:
        name, count = path.relative_to(ROOT), len(path.read_text(encoding="utf-8").splitlines())
        limit = LARGEST_PAGE if path.parent == ROOT / "pages" else LARGEST_FILE
        sizes.append((count, str(name)))
        wrong += [f"{name}: {count} lines, at most {limit}"] if count > limit else []
        if path.suffix == ".py":
            wrong += [f"{name}:{line} {fault}" for line, fault in _faults_of_functions(path)]
    largest = sorted(sizes, reverse=True)[:10]
    print("\nLargest files:", *(f"{count:5d}  {name}" for count, name in largest), sep="\n")
    assert not wrong, "\n".join(wrong)


def _faults_of_functions(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        taken = [*node.args.posonlyargs, *node.args.args]
        taken = taken[1:] if taken and taken[0].arg in ("self", "cls") else taken
        if lines > LARGEST_FUNCTION:
            yield node.lineno, f"{node.name}: {lines} lines, at most {LARGEST_FUNCTION}"
        if len(taken) > MOST_ARGUMENTS:
            yield node.lineno, f"{node.name}: {len(taken)} arguments in order, at most {MOST_ARGUMENTS}"
        if _depth(node) > DEEPEST:
            yield node.lineno, f"{node.name}: nested {_depth(node)} deep, at most {DEEPEST}"


def _depth(node: ast.AST) -> int:
    nests = ast.If | ast.For | ast.While | ast.With | ast.Try | ast.AsyncFor | ast.AsyncWith | ast.Match
    return max((isinstance(child, nests) + _depth(child) for child in ast.iter_child_nodes(node)
                if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)), default=0)


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "manager", "misc"])
def test_files_are_named_for_what_they_give(word):
    assert not [path for path in sources() if word in path.stem]


def test_every_module_says_what_it_gives():
    silent = [str(path.relative_to(ROOT)) for path in sources() if path.read_text(encoding="utf-8").strip()
              and not ast.get_docstring(tree(path))]
    assert not silent, silent


def test_only_the_theme_names_a_colour():
    wrong = []
    for path in sources("core", "pages", "app.py"):
        if path == ROOT / "core/charts/theme.py":
            continue
        wrong += [f"{path.relative_to(ROOT)}:{line} {text}" for line, text in texts(path)
                  if re.fullmatch("#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})", text)]
    assert not wrong, "\n".join(wrong)


def test_no_path_lies_outside_the_repository():
    wrong = [f"{path.relative_to(ROOT)}:{line} {text}" for path in sources() for line, text in texts(path)
             if re.match(r"/(home|tmp|work|root|opt)\b|[A-Z]:\\", text)]
    assert not wrong, "\n".join(wrong)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text constant of a file with its line."""
    return ((node.lineno, node.value) for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_what_the_web_process_imports_leaves_torch_out():
    modules = [module(path) for path in sources("pages") if "/parts/" in path.as_posix()]
    modules += [name for path in sources("pages", "app.py") for name in imported(path)
                if name.startswith(("core.", "pages.")) and _is_module(name)]
    code = ("import sys, importlib\n"
            f"for name in {sorted(set(modules))!r}: importlib.import_module(name)\n"
            "print(*sorted({name.split('.')[0] for name in sys.modules} & "
            "{'torch', 'sklearn', 'scipy', 'matplotlib', 'sympy'}))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "", f"the pages import {done.stdout.strip()}"


WITHOUT_TORCH = ["core.catalog.all", "core.experiment.edits", "core.store.reader", "core.charts.loss",
                 "core.runtime.jobs"]
"""Lower rooms, and the dispatcher, which waits beside every app."""


@pytest.mark.parametrize("room", WITHOUT_TORCH)
def test_who_does_not_compute_leaves_torch_out(room):
    code = f"import sys, {room}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def _is_module(name: str) -> bool:
    place = ROOT / name.replace(".", "/")
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()
