"""`python -m benchmarks.acceptance sweeps --out benchmarks/acceptance.md`."""

import argparse
import sys
from pathlib import Path

from mytorch.utils.errors import MytorchError
from mytorch.utils.files import write_text
from mytorch.utils.progress import duration

from ..tables import markdown
from .outcome import Outcome, Trial
from .trials import TRIALS

PAGE = """# Long runs on real data

What `make accept` asks of the library and of the lab, on data sets in their full size.

{table}

Times are the clock's, with all else that the machine did meanwhile.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the trials, print what they reached, and put it into a page where asked."""
    names = [trial.name for trial in TRIALS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.acceptance", description=__doc__)
    parser.add_argument("trials", nargs="*", help=f"of {', '.join(names)}; all if none is named")
    parser.add_argument("--runs", type=Path, default=Path("runs/acceptance"), help="%(default)s")
    parser.add_argument("--out", type=Path, help="write the page to this file")
    told = parser.parse_args(arguments)
    if unknown := set(told.trials) - set(names):
        parser.error(f"no trial {min(unknown)!r}: choose from {', '.join(names)}")
    chosen = [trial for trial in TRIALS if trial.name in (told.trials or names)]
    try:
        outcomes = [(trial, trial.run(told.runs / trial.name)) for trial in chosen]
    except MytorchError as error:
        print(f"acceptance: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here", file=sys.stderr)
        return 130
    table = table_of(outcomes)
    print(table)
    if told.out:
        write_text(told.out, PAGE.format(table=table))
    return 0 if all(outcome.reached for _, outcome in outcomes) else 1


def table_of(outcomes: list[tuple[Trial, Outcome]]) -> str:
    """Return a row per trial."""
    rows = [
        [
            trial.what,
            trial.wanted,
            outcome.measured,
            "yes" if outcome.reached else "NO",
            duration(outcome.seconds),
        ]
        for trial, outcome in outcomes
    ]
    return markdown(["", "wanted", "measured", "reached", "time"], rows, right=(2, 4))


if __name__ == "__main__":
    sys.exit(main())
