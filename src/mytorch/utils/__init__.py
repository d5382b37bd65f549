"""What everything else stands on: the gradient check, kernels, files, errors, randomness.

`mytorch.utils.gradient_check` holds the check itself; this package knows nothing of `nn`.
"""
