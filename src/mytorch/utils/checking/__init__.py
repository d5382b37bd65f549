"""The parts of the gradient check: what is differentiated, how, and what is said of it."""
