"""Classes in somebody's file, imported without installing anything.

The file is run as it is, with the rights of the user: check only files that you would run.
"""

import ast
import importlib.util
import itertools
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..utils.errors import ArgumentError

DEPTH = 6  # how many folders up a relative import can lead
_numbers = itertools.count()


def load_modules(path: Path, class_name: str | None = None) -> list[type[Any]]:
    """Return the classes with forward and backward that a file defines, in its order.

    Relative imports find the file's neighbours, with or without `__init__.py`.

    Raises
    ------
    ArgumentError
        Where there is no such file or class, the file does not parse, or nothing in it has
        forward and backward.
    """
    module = _run(path)
    defined = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]
    found = [c for c in defined if hasattr(c, "forward") and hasattr(c, "backward")]
    if class_name is not None:
        found = [c for c in defined if c.__name__ == class_name]
        names = ", ".join(c.__name__ for c in defined) or "none"
        if not found:
            raise ArgumentError(f"{path}: has no class {class_name}; its classes: {names}")
        missing = [m for m in ("forward", "backward") if not hasattr(found[0], m)]
        if missing:
            raise ArgumentError(f"{path}: {class_name} has no {' and no '.join(missing)}")
    if not found:
        raise ArgumentError(f"{path}: no class in it has forward and backward")
    return found


def _run(path: Path) -> types.ModuleType:
    if not path.is_file():
        raise ArgumentError(f"{path}: there is no such file")
    try:
        ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise ArgumentError(f"{path}, line {error.lineno}: {error.msg}") from error
    except ValueError as error:  # null bytes
        raise ArgumentError(f"{path}: is not a Python file ({error})") from error
    name = f"{_stand_in(path.resolve().parent)}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ArgumentError(f"{path}: is not a Python file (its name does not end in .py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _neighbours_first(path.resolve().parent):
        spec.loader.exec_module(module)
    return module


@contextmanager
def _neighbours_first(folder: Path) -> Iterator[None]:
    """Let absolute imports find what lies beside the file, and a `mytorch` around it for ours."""
    paths, theirs = [str(folder)], [p for p in [folder, *folder.parents] if _has_mytorch(p)]
    ours = {name: m for name, m in sys.modules.items() if name.partition(".")[0] == "mytorch"}
    if theirs:
        paths.append(str(theirs[0]))
        for name in ours:
            del sys.modules[name]
        if not (theirs[0] / "mytorch" / "__init__.py").is_file():
            # A folder without it loses to an installed package, wherever that stands on the path.
            _make_package("mytorch", theirs[0] / "mytorch")
    before = list(sys.path)
    sys.path[:0] = paths
    try:
        yield
    finally:
        sys.path[:] = before
        if theirs:
            for name in [n for n in sys.modules if n.partition(".")[0] == "mytorch"]:
                del sys.modules[name]
            sys.modules.update(ours)


def _has_mytorch(folder: Path) -> bool:
    """Tell whether a folder holds a package `mytorch` that is not this one."""
    package = folder / "mytorch"
    return package.is_dir() and package.resolve() != Path(__file__).resolve().parents[1]


def _stand_in(folder: Path) -> str:
    """Create packages for a folder and some of those around it; return the folder's name.

    They are made up, and new each time: `__init__.py` files are not run, and the package that is
    really called so (`mytorch`, say) stays what it is.
    """
    name = ""
    for place in reversed([folder, *folder.parents][:DEPTH]):
        name = f"{name}.{place.name}" if name else f"_checked_{next(_numbers)}"
        _make_package(name, place)
    return name


def _make_package(name: str, folder: Path) -> None:
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
