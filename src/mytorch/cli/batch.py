"""`mytorch run --all` and `--course NAME`: several experiments, one after another."""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..lab import registry
from ..reporting.runs import check_vacant, new_folder
from ..utils.console import printable
from ..utils.errors import ArgumentError, MytorchError

INTERRUPTED = 128  # exit codes from here on are those of signals


def run_all(
    run: Callable[[Sequence[str]], int],
    what: str,
    names: Sequence[str],
    fields: Mapping[str, str],
    options: Sequence[str],
    out: Path | None,
    *,
    resume: bool,
) -> int:
    """Run experiments into `out`/NAME each; return 0, or the exit code of what went wrong.

    `run` runs one, from the words of its command line. An experiment that fails is told, and the
    others run; a signal ends all. `fields` go to the experiments that have them, `options` to all.

    Raises
    ------
    ArgumentError
        For a field that no experiment has.
    RunError
        Where the folder holds something else.
    """
    having = {name: registry.get(name).config.__dataclass_fields__ for name in names}
    for field in fields:
        if not any(field in there for there in having.values()):
            raise ArgumentError(f"{what}: no experiment has a field named --{field}")
    if out is None:
        out = new_folder(Path("runs") / what)
    elif not resume:
        check_vacant(out)
    failed = []
    for number, name in enumerate(names, 1):
        print(f"\n{name} ({number} of {len(names)})", flush=True)
        words = [*options, *(f"--{f}={text}" for f, text in fields.items() if f in having[name])]
        words += [f"--out={out / name}", *(["--resume"] if resume else [])]
        try:
            code = run([name, *words])
        except MytorchError as error:
            print(f"mytorch: {name}: {printable(str(error))}", file=sys.stderr, flush=True)
            code = 2
        if code > INTERRUPTED:
            again = ["mytorch", "run", "--all" if what == "all" else f"--course={what}"]
            again += [f"--out={out}", "--resume", *options]
            again += [f"--{field}={text}" for field, text in fields.items()]
            print(f"mytorch: go on with all: {shlex.join(again)}", file=sys.stderr, flush=True)
            return code
        if code:
            failed.append(name)
    print(f"\n{len(names) - len(failed)} of {len(names)} experiments ended")
    if failed:
        print(f"mytorch: failed: {', '.join(failed)}", file=sys.stderr, flush=True)
    print(out)
    return 2 if failed else 0
