"""`mytorch runs list|show|clean`: the runs there are."""

from collections.abc import Sequence
from pathlib import Path

from ..lab.config import as_typed
from ..lab.replicas import how_to_resume
from ..lab.runner import OPTIONS
from ..reporting.finder import Found, checkpoints, find, look_at, remove, size_of
from ..utils.console import Parser
from .main import COMMANDS

FIRST = ("test_accuracy", "test_accuracy_mean", "test_loss", "final_train_loss")


def main(argv: Sequence[str]) -> int:
    """Do one of the actions."""
    parser = Parser(prog="mytorch runs", description=COMMANDS["runs"], allow_abbrev=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    what = "a line for each run below a folder"
    listing = actions.add_parser("list", help=what, description=what, allow_abbrev=False)
    listing.add_argument("root", nargs="?", type=Path, default=Path("runs"), metavar="FOLDER")

    what = "one run: what was asked for, what came out, how to repeat or resume it"
    showing = actions.add_parser("show", help=what, description=what, allow_abbrev=False)
    showing.add_argument("run", type=Path, metavar="RUN")

    what = "remove the checkpoints of runs that have ended; runs themselves only where named"
    cleaning = actions.add_parser("clean", help=what, description=what, allow_abbrev=False)
    cleaning.add_argument("root", nargs="?", type=Path, default=Path("runs"), metavar="FOLDER")
    cleaning.add_argument("--interrupted", action="store_true", help="remove interrupted runs")
    cleaning.add_argument("--dry-run", action="store_true", help="only say what would be removed")

    arguments = parser.parse_args(argv)
    if arguments.action == "list":
        return _list(arguments.root)
    if arguments.action == "show":
        return _show(look_at(arguments.run))
    return _clean(arguments.root, arguments.interrupted, arguments.dry_run)


def _list(root: Path) -> int:
    for run in find(root):
        asked = f"{run.config['data']}, seed {run.config['seed']}, {run.config['backend']}"
        name = next((name for name in FIRST if name in run.metrics), None)
        result = f"{name.replace('_', ' ')} {run.metrics[name]:.4g}" if name else ""
        print(f"{run.folder!s:<44} {run.state:<12}{asked:<32}{_size(run.size):>9}  {result}")
    return 0


def _show(run: Found) -> int:
    config = run.config
    rows = [("experiment", config["experiment"]), ("state", run.state), ("data", config["data"])]
    keys = ("stand_in", "backend", "seed", *OPTIONS)
    rows += [(key, str(config[key])) for key in keys if key in config]
    rows += [(name, as_typed(value)) for name, value in config["config"].items()]
    rows += [(name, f"{value:.6g}") for name, value in run.metrics.items()]
    rows += [(name, str(value)) for name, value in config["machine"].items() if value is not None]
    rows += [("size", _size(run.size)), ("repeat with", config["command"])]
    if run.state == "interrupted":
        rows.append(("resume with", how_to_resume(config["experiment"], run.folder)))
    for name, text in rows:
        print(f"{name.replace('_', ' '):<28} {text}")
    return 0


def _clean(root: Path, interrupted: bool, dry: bool) -> int:
    total = 0
    for run in find(root):
        if run.state == "ended":
            folders = checkpoints(run)
        else:
            folders = [run.folder] if interrupted and run.state == "interrupted" else []
        sizes = [size_of(folder) for folder in folders]
        if not dry:
            remove(run, folders)
        total += sum(sizes)
        for folder, size in zip(folders, sizes, strict=True):
            print(f"{'would remove' if dry else 'removed'} {folder} ({_size(size)})")
    print(f"{_size(total)} {'could be' if dry else 'are'} free again")
    return 0


def _size(count: int) -> str:
    """Return a number of bytes as a person reads it."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000  # type: ignore[assignment]
    return f"{count:.1f} GB"
