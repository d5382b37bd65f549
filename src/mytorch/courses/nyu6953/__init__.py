"""nyu6953: initial weights for PyTorch; the NumPy library of the assignment is `mytorch` itself."""
