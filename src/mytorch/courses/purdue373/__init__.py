"""purdue373: FashionMNIST by a dense network in NumPy, and by two networks in PyTorch."""
