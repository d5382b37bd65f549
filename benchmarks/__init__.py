"""How fast mytorch is, against everything else that can train the same networks.

`python -m benchmarks` measures and prints tables; `make bench` also writes results.md here.
"""
