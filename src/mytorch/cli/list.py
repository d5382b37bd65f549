"""`mytorch list`: the experiments."""

from collections.abc import Sequence

from ..lab import registry
from ..utils.console import Parser
from .main import COMMANDS


def main(argv: Sequence[str]) -> int:
    """Print every experiment's name and what it is."""
    Parser(prog="mytorch list", description=COMMANDS["list"]).parse_args(argv)
    for name in registry.names():
        print(f"{name:<24}{registry.get(name).title}")
    return 0
