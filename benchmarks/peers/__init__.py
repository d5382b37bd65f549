"""Who is measured: one column of the tables each, one file per library.

A column may run in several modes and thread counts; its fastest one is what the tables show.
"""

from dataclasses import dataclass

from ..workloads import Workload


@dataclass(frozen=True)
class Column:
    """A way of computing a workload: the module of this package, its modes, and what it can.

    `also` names a column whose runs count for this one too.
    """

    name: str
    label: str
    module: str
    training: tuple[str, ...] = ("",)
    inference: tuple[str, ...] = ("",)
    single: bool = True  # whether it is worth measuring with batches of 1
    also: str | None = None

    def modes(self, workload: Workload) -> tuple[str, ...]:
        """The modes in which this column runs a workload, none where it has no place."""
        if workload.batch == 1 and not self.single:
            return ()
        return self.inference if workload.optimizer is None else self.training


COLUMNS = {
    column.name: column
    for column in [
        Column("mytorch", "mytorch, NumPy alone", "mytorch_peer", ("numpy",), ("numpy",)),
        Column("mytorch-fast", "mytorch with `fast`", "mytorch_peer", ("numba",), ()),
        Column("torch", "PyTorch as it comes (T)", "torch_peer", ("eager",), ("eager",)),
        Column(
            "torch-best",
            "PyTorch at its best (T*)",
            "torch_peer",
            ("fused", "foreach", "compiled"),
            ("compiled",),
            also="torch",
        ),
        Column("jax", "JAX, compiled scan", "jax_peer"),
        Column("sklearn", "scikit-learn", "sklearn_peer", inference=()),
        Column("numpy", "NumPy loop by hand", "numpy_peer"),
        Column("gemm", "matrix products alone", "gemm_peer", single=False),
    ]
}
