"""Runs an experiment: from its name and some fields to a run folder with a report."""

import dataclasses
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..reporting.runs import Run, read_config
from ..utils.errors import RunError
from .config import as_typed, from_json, override
from .registry import Experiment

OPTIONS = ("seeds", "monitor")  # of a run, besides its fields, that change what it writes


def configure(experiment: Experiment, fields: Mapping[str, str], *, smoke: bool = False) -> Any:
    """Return settings: `fields` given as text, the others by default or made small by `smoke`."""
    config = override(experiment.config, fields)
    if smoke:
        small = {name: value for name, value in experiment.smoke.items() if name not in fields}
        config = dataclasses.replace(config, **small)
    return config


def interrupted(
    experiment: Experiment,
    fields: Mapping[str, str],
    options: Mapping[str, int],
    folder: Path,
    *,
    smoke: bool = False,
) -> tuple[Any, dict[str, int]]:
    """Return the settings of the run in a folder, and those of the OPTIONS that it has.

    `fields`, `options` and `smoke` may repeat what the run was started with, and change nothing.

    Raises
    ------
    RunError
        Where another experiment, or one with other settings, was run there.
    """
    there = read_config(folder)
    if there["experiment"] != experiment.name:
        raise RunError(f"{folder}: is a run of {there['experiment']}, not of {experiment.name}")
    head = ("data", "backend", "seed")  # which stand above the other settings
    fields_there = experiment.config.__dataclass_fields__
    stored = {**there["config"], **{key: there[key] for key in head if key in fields_there}}
    config = from_json(experiment.config, stored, str(folder / "config.json"))
    asked = configure(experiment, fields, smoke=smoke)
    kept = {name: int(there[name]) for name in OPTIONS if there.get(name)}
    names = [*fields, *(experiment.smoke if smoke else ())]
    pairs = [(name, getattr(config, name), getattr(asked, name)) for name in names]
    pairs += [(name, kept.get(name), value) for name, value in options.items()]
    for name, was, now in pairs:
        if was != now:
            raise RunError(
                f"{folder}: was run with --{name}={as_typed(was)}, and --resume cannot make it "
                f"{as_typed(now)}; leave the option out, or name a new folder"
            )
    return config, kept


def make_run(
    experiment: Experiment,
    config: Any,
    given: Mapping[str, object],
    kept: Mapping[str, int],
    **options: Any,
) -> Run:
    """Return the run to hand to `experiment.run`.

    `given` is what was asked for, by the names of fields and options, to repeat it; `kept` are the
    OPTIONS that the run has; `options` are those of `Run`.
    """
    settings = dataclasses.asdict(config)
    header = {
        "experiment": experiment.name,
        "title": experiment.title,
        "data": settings.pop("data"),
        "backend": settings.pop("backend", "numpy"),
        "seed": settings.pop("seed"),
        "config": settings,
        **kept,
    }
    words = [f"--{name}" if v is True else f"--{name}={v}" for name, v in {**given, **kept}.items()]
    command = shlex.join(["mytorch", "run", experiment.name, *words])
    return Run(header, command, monitor_every=kept.get("monitor"), **options)
