"""The same experiment with several seeds: how far its numbers can be trusted."""

import dataclasses
from statistics import fmean, stdev
from typing import Any

from ..reporting import figures
from ..reporting.runs import Run, read_results
from ..utils.progress import progress
from .registry import Experiment
from .runner import make_run


def run_seeds(
    experiment: Experiment,
    config: Any,
    run: Run,
    asked: dict[str, object],
    kept: dict[str, int],
    options: dict[str, Any],
) -> None:
    """Run an experiment with `kept["seeds"]` seeds, in seed-0/ and so on below `run`'s folder.

    The seeds follow that of `config`. `run` gets the mean and the standard deviation over the seeds
    (with n - 1) of every metric, and a table and a figure of all of them. `asked`
    and `options` are those of the single runs.
    """
    count = kept["seeds"]
    single_kept = {name: value for name, value in kept.items() if name != "seeds"}
    rows: list[list[Any]] = []
    names: list[str] = []
    seeds = range(config.seed, config.seed + count)
    for seed in progress(seeds, total=count, label="seeds", unit="run"):
        folder = run.begin() / f"seed-{seed}"
        if not (run.resumed and (folder / "report.html").is_file()):
            run.say("seed", f"{seed} ({seed - config.seed + 1} of {count})")
            single = make_run(
                experiment,
                dataclasses.replace(config, seed=seed),
                {**asked, "seed": seed},
                single_kept,
                out=folder,
                **options,
            )
            try:
                experiment.run(dataclasses.replace(config, seed=seed), single)
                single.end()
            finally:
                single.close()
        results = read_results(folder)
        if "stand_in" in results and not rows:  # the first seed's are everybody's data
            run.stand_in(results["stand_in"])
        metrics = results["metrics"]
        names = names or list(metrics)
        rows.append([seed, *(metrics[name] for name in names)])
    for column, name in enumerate(names, start=1):
        values = [row[column] for row in rows]
        run.metric(f"{name}_mean", fmean(values))
        run.metric(f"{name}_std", stdev(values))
    run.table("seeds", ["seed", *(name.replace("_", " ") for name in names)], rows)
    run.figure(
        "seeds",
        figures.seeds(rows, names),
        f"Every metric with each of {count} seeds; the line is the mean, the band one standard "
        "deviation to either side.",
    )
    for column, name in enumerate(names, start=1):
        values = [row[column] for row in rows]
        run.say(name.replace("_", " "), f"{fmean(values):.4g} ± {stdev(values):.2g}")
