"""rice576: backpropagation in networks of three and of any number of layers, on two half moons."""
