"""The numerical kernels that layers call: pure functions of arrays, one idea per file."""
