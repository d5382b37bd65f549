"""`mytorch data list|fetch|verify|path`: the data sets, and where their files are."""

import sys
from collections.abc import Sequence

from ..data import registry, storage
from ..data.recipe import Recipe
from ..utils.console import Parser
from ..utils.errors import DataError
from .main import COMMANDS

ACTIONS = {
    "list": "every data set: where it is, its licence, its source",
    "fetch": "download what is missing of some data sets",
    "verify": "compare the files of some data sets with their published checksums",
    "path": "print where the files of some data sets are",
}


def main(argv: Sequence[str]) -> int:
    """Do one of the actions; return 0, or 1 where a file is missing or wrong."""
    parser = Parser(prog="mytorch data", description=COMMANDS["data"], allow_abbrev=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, what in ACTIONS.items():
        sub = actions.add_parser(action, help=what, description=what, allow_abbrev=False)
        if action == "list":
            continue
        sub.add_argument("names", nargs="+" if action != "verify" else "*", metavar="NAME")
    arguments = parser.parse_args(argv)
    if arguments.action == "list":
        return _list()
    wanted = arguments.names or [name for name in registry.names() if _is_here(name)]
    recipes = {name: registry.get(name) for name in wanted}  # a wrong name is told before the rest
    act = {"fetch": _fetch, "verify": _verify, "path": _path}[arguments.action]
    return max((act(name, recipe) for name, recipe in recipes.items()), default=0)


def _list() -> int:
    for name in registry.names():
        recipe = registry.get(name)
        sure = all(file.verified for file in recipe.files)
        print(f"{name:<20}{_where(recipe):<14}{recipe.licence:<35}{recipe.source}", end="")
        print("" if sure else " (checksum as published, not verified by us)")
    return 0


def _where(recipe: Recipe) -> str:
    if not recipe.files:
        return "no file"
    here = [storage.present(file) is not None for file in recipe.files]
    if all(here):
        return "here"
    served = all(file.urls for file in recipe.files)
    return "in part" if any(here) else "to download" if served else "to provide"


def _is_here(name: str) -> bool:
    return _where(registry.get(name)) in ("here", "in part")


def _fetch(name: str, recipe: Recipe) -> int:
    for file in recipe.files:
        print(f"{name:<20}{storage.find(file)}")
    if not recipe.files:
        print(f"{name:<20}needs no file")
    return 0


def _verify(name: str, recipe: Recipe) -> int:
    worst = 0
    for file in recipe.files:
        path = storage.present(file)
        try:
            if path is None:
                raise DataError(f"{name}: {file.name} is missing; 'mytorch data fetch {name}'")
            storage.verify(path, file.md5)
        except DataError as error:
            print(f"mytorch: {error}", file=sys.stderr)
            worst = 1
        else:
            print(f"{name:<20}ok  {path}")
    return worst


def _path(name: str, recipe: Recipe) -> int:
    missing = 0
    for file in recipe.files:
        path = storage.present(file)
        if path is None:
            print(f"mytorch: {name}: {file.name} is missing", file=sys.stderr)
            missing = 1
        else:
            print(path)
    return missing
