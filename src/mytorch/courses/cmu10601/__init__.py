"""cmu10601: optical character recognition with a network of one hidden layer."""
