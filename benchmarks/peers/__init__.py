"""Who is measured: one column of the tables each, one file per library.

A column may run in several modes and thread counts; its fastest one is what the tables show.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ..workloads import Workload


class Modes(NamedTuple):
    """The modes of a column in training and in inference: none where it has no place."""

    training: tuple[str, ...]
    inference: tuple[str, ...]


PLAIN = Modes(("",), ("",))
NONE = Modes((), ())


@dataclass(frozen=True)
class Column:
    """A way of computing a workload: the module of this package, and its modes.

    `also` names a column whose runs count for this one too.
    """

    name: str
    label: str
    module: str
    dense: Modes = PLAIN
    images: Modes = PLAIN
    single: bool = True  # whether it is worth measuring with batches of 1
    also: str | None = None

    def modes(self, workload: Workload) -> tuple[str, ...]:
        """The modes in which this column runs a workload, none where it has no place."""
        if workload.batch == 1 and not self.single:
            return ()
        modes = self.images if workload.images else self.dense
        return modes.inference if workload.optimizer is None else modes.training


COLUMNS = {
    column.name: column
    for column in [
        Column(
            "mytorch",
            "mytorch, NumPy alone",
            "mytorch_peer",
            Modes(("numpy",), ("numpy",)),
            Modes(("numpy",), ("numpy",)),
        ),
        Column(
            "mytorch-fast",
            "mytorch with `fast`",
            "mytorch_peer",
            Modes(("numba",), ()),
            Modes(("numba",), ("numba",)),
        ),
        Column(
            "torch",
            "PyTorch as it comes (T)",
            "torch_peer",
            Modes(("eager",), ("eager",)),
            Modes(("eager",), ("eager",)),
        ),
        Column(
            "torch-best",
            "PyTorch at its best (T*)",
            "torch_peer",
            Modes(("fused", "foreach", "compiled"), ("compiled",)),
            Modes(
                ("fused", "channels_last", "compiled", "compiled channels_last"),
                ("channels_last", "compiled", "compiled channels_last"),
            ),
            also="torch",
        ),
        Column("jax", "JAX, compiled scan", "jax_peer", images=Modes(("calls",), ("",))),
        Column("sklearn", "scikit-learn", "sklearn_peer", Modes(("",), ()), NONE),
        Column("numpy", "NumPy loop by hand", "numpy_peer"),
        Column(
            "gemm",
            "matrix products alone",
            "gemm_peer",
            images=Modes(("whole", "blocks"), ("whole", "blocks")),
            single=False,
        ),
    ]
}
