"""How fast mytorch is meant to be, and in how much memory: ratios to others in the same run."""

from dataclasses import dataclass
from typing import ClassVar

REACHED = 0.9  # of the target: timings of a shared machine are not closer than a tenth


@dataclass(frozen=True)
class Target:
    """On `workload`, `column` is to be `ratio` times as fast as `against`.

    `W2` is the geometric mean over all of W2-...
    """

    workload: str
    column: str
    against: str
    ratio: float
    of: ClassVar[str] = "speed"

    @property
    def wanted(self) -> str:
        """The ratio, in words."""
        return f"{self.ratio:g}x"

    def reached(self, measured: float) -> bool:
        """Whether a measured ratio is as good, within a tenth."""
        return measured >= REACHED * self.ratio


class MemoryTarget(Target):
    """On `workload`, the process of `column` is to hold at most `ratio` of that of `against`."""

    of: ClassVar[str] = "memory"

    @property
    def wanted(self) -> str:
        """The ratio, in words."""
        return f"at most {self.ratio:g}x"

    def reached(self, measured: float) -> bool:
        """Whether a measured ratio is as good: memory is no matter of luck."""
        return measured <= self.ratio


TARGETS = [
    Target("W1", "mytorch", "torch", 1.5),
    Target("W1", "mytorch", "sklearn", 1.6),
    Target("W1", "mytorch-fast", "torch", 1.9),
    Target("W3", "mytorch", "torch", 1.3),
    Target("W3", "mytorch", "sklearn", 3.5),
    Target("W3", "mytorch-fast", "torch", 2.5),
    Target("W3", "mytorch-fast", "torch-best", 1.5),
    Target("W4", "mytorch", "torch", 1.2),
    Target("W4", "mytorch", "sklearn", 1.35),
    Target("W4", "mytorch-fast", "torch", 1.25),
    *(
        Target(workload, column, against, ratio)
        for column, against, ratio in [
            ("mytorch", "torch", 8.0),
            ("mytorch-fast", "torch", 60.0),
            ("mytorch-fast", "jax", 1.0),
        ]
        for workload in ("W2", "W2-D4", "W2-D50", "W2-D200")
    ),
    Target("W5", "mytorch", "torch", 0.95),
    Target("W5", "mytorch-fast", "torch-best", 1.1),
    MemoryTarget("W5", "mytorch", "torch", 0.5),
    MemoryTarget("W5", "mytorch-fast", "torch", 0.5),
    Target("W6", "mytorch", "torch", 1.0),
    Target("W6", "mytorch-fast", "torch-best", 1.1),
    Target("W7-1", "mytorch", "torch", 1.5),
    Target("W7-1000", "mytorch", "torch", 0.95),
    Target("W7-CNN-1", "mytorch", "torch", 1.5),
    Target("W7-CNN-250", "mytorch", "torch", 1.5),
]
