"""One gradient check: what is looked at, and whose word is taken for what."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..progress import progress
from . import round_off
from .complex_step import ComplexStep
from .probe import Probe
from .quotients import central, slope
from .report import ArrayCheck, GradientReport
from .verdict import CLEAR, TOLERANCE, Evidence, judge, unravel

Array = NDArray[Any]


def examine(model: Any, probe: Probe, epsilon: float, check_input: bool) -> GradientReport:
    """Look at every entry of every parameter, and of the input if asked for or all there is."""
    gradients = probe.gradients()
    analytic = [None if isinstance(gradient, str) else gradient for gradient in gradients]
    noise = round_off.measure(probe, analytic, epsilon)
    names = [*_parameter_names(probe.model, probe.arrays[:-1]), "input"]
    positions = range(probe.parameters + (check_input or not probe.parameters))

    comparable = [p for p in positions if analytic[p] is not None]
    quotients = progress(
        (q for p in comparable for q in central(probe, probe.arrays[p], epsilon)),
        total=sum(probe.arrays[p].size for p in comparable),
        label="gradient check",
        unit="entry",
    )
    evidence: dict[int, Evidence] = {}
    for p in comparable:
        array, gradient = probe.arrays[p], analytic[p]
        assert gradient is not None
        evidence[p] = Evidence(
            name=names[p],
            analytic=gradient,
            numeric=np.array([next(quotients) for _ in range(array.size)]).reshape(array.shape),
            blur=noise[p].value / epsilon,
            rounding=noise[p].gradient,
            slope=partial(slope, probe, array, epsilon=epsilon, noise=noise[p].value),
            exact=None,
        )
    evidence = _with_complex_step(model, probe, evidence)

    checks = [
        judge(evidence[p])
        if p in evidence
        else ArrayCheck(names[p], probe.arrays[p].shape, "wrong", 1.0, str(gradients[p]))
        for p in positions
    ]
    return GradientReport(
        model=type(model).__name__,
        parameters=tuple(checks[: probe.parameters]),
        input=checks[probe.parameters] if len(checks) > probe.parameters else None,
        samples=len(probe.x) if probe.x.ndim else 1,
        epsilon=epsilon,
        tolerance=TOLERANCE,
        round_off=max((e.blur for e in evidence.values()), default=0.0),
    )


def _with_complex_step(
    model: Any, probe: Probe, evidence: dict[int, Evidence]
) -> dict[int, Evidence]:
    """Add the complex step to the evidence on those arrays where it can be believed."""
    try:
        step = ComplexStep(model, probe)
    except TypeError:
        return evidence
    asked = {p: e._replace(exact=partial(step.derivative, p)) for p, e in evidence.items()}
    opinions = {p: _agrees(e) for p, e in asked.items()}
    # Where differences see nothing, the model's other arrays vouch for it.
    others = True in opinions.values() and False not in opinions.values()
    return {
        p: asked[p] if (others if opinion is None else opinion) else evidence[p]
        for p, opinion in opinions.items()
    }


def _agrees(evidence: Evidence) -> bool | None:
    """Tell whether complex step and differences agree, on some entries that both see well."""
    assert evidence.exact is not None
    size = np.abs(evidence.numeric).ravel()
    clear = np.flatnonzero(size > CLEAR * evidence.blur)
    rng = np.random.default_rng(0)
    some = {*clear[np.argsort(size[clear])[-4:]], *rng.permutation(clear)[:8]}
    opinion = None
    for flat in sorted(some):
        index = unravel(flat, evidence.numeric.shape)
        seen = evidence.slope(index)
        if not seen.at_kink:
            difference = abs(evidence.exact(index) - seen.value)
            if difference > seen.bound + TOLERANCE * abs(seen.value):
                return False
            opinion = True
    return opinion


def _parameter_names(model: Any, parameters: list[Array]) -> list[str]:
    """Name parameters as the model does, or by the attributes that hold them."""
    if hasattr(model, "named_parameters"):
        names = [name for name, _ in model.named_parameters()]
        if len(names) == len(parameters):
            return names
    held = {id(value): name for name, value in getattr(model, "__dict__", {}).items()}
    return [held.get(id(p), f"parameter {n}") for n, p in enumerate(parameters)]
