"""Imports point one way, the library needs NumPy alone, and a few things are never done."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

import mytorch

ORDER = [
    *("utils", "nn", "data", "training", "interop", "reporting", "search", "theory", "courses"),
    *("lab", "grading", "cli"),
]
CATCH_ALL = {"helper", "helpers", "common", "misc"}
# Of np.random: what makes a generator of one's own, or looks after the global one of others.
NO_GLOBAL_DRAW = {
    *("default_rng", "Generator", "SeedSequence", "RandomState", "BitGenerator", "PCG64"),
    *("get_state", "set_state"),
}

ROOT = Path(mytorch.__file__).parent
SOURCES = {}  # module name -> (source, whether it is a package)
for path in sorted(ROOT.rglob("*.py")):
    parts = ("mytorch", *path.relative_to(ROOT).with_suffix("").parts)
    package = parts[-1] == "__init__"
    SOURCES[".".join(parts[:-1] if package else parts)] = path.read_text(encoding="utf-8"), package


def imports(name, source, package):
    """Everything that a module imports, at any depth, relative names resolved."""
    here = name if package else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), here)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def place(name):
    """How far right a module stands; mytorch/__init__.py stands to the left of everything."""
    part = f"{name}.".split(".")[1]
    part = "cli" if part == "__main__" else part
    return ORDER.index(part) if part in ORDER else -1


def against_the_arrow(name, source, package):
    ours = (target for target in imports(name, source, package) if target.startswith("mytorch."))
    return [target for target in ours if place(target) > place(name)]


def cycle(sources):
    """A cycle of modules that import each other, if there is one."""

    def module(target):  # from .module import Module: the longest prefix that is a module
        while target and target not in sources:
            target = target.rpartition(".")[0]
        return target

    graph = {
        name: {module(target) for target in imports(name, *source)} - {""}
        for name, source in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]


def star_imports(source):
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def global_draws(source):
    """Uses of the global stream of NumPy, or imports of numpy.random that would hide them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            if ast.unparse(node.value) in ("np.random", "numpy.random"):
                found += {node.attr} - NO_GLOBAL_DRAW
        elif isinstance(node, ast.ImportFrom) and node.module == "numpy.random":
            found += {alias.name for alias in node.names} - NO_GLOBAL_DRAW
        elif isinstance(node, ast.Import | ast.ImportFrom):
            base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            found += {f"{base}{alias.name}" for alias in node.names} & {"numpy.random"}
    return found


every_module = pytest.mark.parametrize("name", SOURCES)


def test_every_package_has_its_place_in_the_order():
    top = {name.split(".")[1] for name in SOURCES if "." in name}
    assert {"nn", "utils"} <= top <= {*ORDER, "__main__"}


@every_module
def test_a_module_imports_only_what_stands_to_its_left(name):
    assert against_the_arrow(name, *SOURCES[name]) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("mytorch.utils.files", "from ..nn import Linear"),
        ("mytorch.utils.files", "from mytorch.nn.module import Module"),
        ("mytorch.utils.files", "def f():\n    from .. import nn"),
        ("mytorch.nn.modules.linear", "from ...training import loop"),
        ("mytorch.nn.modules.linear", "import mytorch.cli.main"),
        ("mytorch.lab.registry", "from mytorch import grading"),
        ("mytorch.data.readers", "import numpy, mytorch.lab"),
        ("mytorch", "from . import nn"),
        ("mytorch.cli.main", "import mytorch.__main__\nfrom ..cli import x"),
    ],
)
def test_the_arrow_can_be_missed(name, source):
    expected = name != "mytorch.cli.main"  # the last one is as it should be
    assert bool(against_the_arrow(name, source, name == "mytorch")) == expected


def test_everybody_may_ask_for_the_version():
    assert against_the_arrow("mytorch.utils.files", "from .. import __version__", False) == []


def test_no_modules_import_each_other_in_a_circle():
    assert cycle(SOURCES) is None


def test_a_circle_would_be_found():
    circle = {
        "mytorch.nn": ("from .a import A", True),
        "mytorch.nn.a": ("def f():\n    from .b import B", False),
        "mytorch.nn.b": ("from . import a", False),
    }
    assert set(cycle(circle)) == {"mytorch.nn.a", "mytorch.nn.b"}


@every_module
def test_nothing_is_imported_with_a_star(name):
    assert star_imports(SOURCES[name][0]) == []


def test_a_star_would_be_found():
    assert star_imports("from .nn import *") == ["from .nn import *"]


@every_module
def test_no_module_is_a_catch_all(name):
    assert not CATCH_ALL & set(name.split("."))


@every_module
def test_nothing_draws_from_the_global_stream_of_numpy(name):
    assert global_draws(SOURCES[name][0]) == []


@pytest.mark.parametrize(
    "source",
    [
        "np.random.seed(0)",
        "x = numpy.random.randn(3)",
        "f(np.random.shuffle)",
        "from numpy.random import rand",
        "from numpy import random",
        "import numpy.random as r",
    ],
)
def test_a_global_draw_would_be_found(source):
    assert len(global_draws(source)) == 1


NUMPY_ALONE = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {"numpy", "mytorch", *sys.stdlib_module_names}:
            raise ModuleNotFoundError(f"refused: {name}", name=name)

sys.meta_path.insert(0, Refuse())
"""
EVERYTHING = """
import mytorch.nn, mytorch.utils
for package in (mytorch.nn, mytorch.utils):
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if info.name.startswith("mytorch.utils.kernels.compiled"):  # looked for at run time only
            continue
        importlib.import_module(info.name)
        print(info.name)
"""


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_every_module_of_nn_and_utils_imports_with_numpy_alone():
    done = python(NUMPY_ALONE + EVERYTHING)
    assert done.returncode == 0, done.stderr
    assert {"mytorch.nn.modules.linear", "mytorch.utils.gradient_check"} <= set(done.stdout.split())


def test_another_package_would_be_refused():
    done = python(NUMPY_ALONE + "import pytest")
    assert "ModuleNotFoundError: refused: pytest" in done.stderr


def test_importing_nn_loads_no_optional_package_even_where_it_is_installed():
    done = python("import sys, mytorch.nn; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    assert "mytorch.nn" in done.stdout.split()
    assert not {"numba", "threadpoolctl", "tqdm", "scipy", "torch"} & set(done.stdout.split())


def test_importing_nn_loads_of_numpy_little_more_than_importing_numpy():
    # A short import is a promise; NumPy loads its generators only when they are asked for.
    bare, ours = (
        set(python(f"import sys, {name}; print(*sys.modules)").stdout.split())
        for name in ("numpy", "mytorch.nn")
    )
    assert {name for name in ours - bare if name.startswith("numpy")} <= {
        "numpy.typing",
        "numpy._typing._add_docstring",
    }
