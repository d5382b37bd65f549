"""Runs an experiment: from its name and some fields to a run folder with a report."""

import dataclasses
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from ..reporting.runs import Run
from .config import override
from .registry import Experiment


def prepare(
    experiment: Experiment,
    fields: Mapping[str, str],
    *,
    out: Path | None = None,
    smoke: bool = False,
    say: Callable[[str, str], None],
) -> tuple[object, Run]:
    """Return the settings and the run that `experiment.run` takes.

    `fields` are the settings given, as text; `smoke` makes the others small. `say` is told what
    a person wants to read while the experiment runs: a label and a text.
    """
    config = override(experiment.config, fields)
    if smoke:
        small = {name: value for name, value in experiment.smoke.items() if name not in fields}
        config = dataclasses.replace(config, **small)
    settings = dataclasses.asdict(config)
    header = {
        "experiment": experiment.name,
        "title": experiment.title,
        "data": settings.pop("data"),
        "backend": "numpy",
        "seed": settings.pop("seed"),
        "config": settings,
    }
    given = [f"--{name}={text}" for name, text in fields.items()] + ["--smoke"] * smoke
    command = shlex.join(["mytorch", "run", experiment.name, *given])
    return config, Run(header, command, out, say)
