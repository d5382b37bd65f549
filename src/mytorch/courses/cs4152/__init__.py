"""cs4152: a neuron, a perceptron, two layers for a logic function, and digits."""
