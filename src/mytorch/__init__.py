"""Neural networks by hand in NumPy: every backward pass explicit, readable, proven.

The library is `mytorch.nn` (layers, losses, optimizers) and `mytorch.utils` (the gradient
check); both need NumPy alone. The lab (`mytorch run`) needs the extra `lab`.
"""

__version__ = "0.1.0"
