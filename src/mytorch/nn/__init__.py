"""Layers, losses, optimizers and initializers, with every backward pass written by hand."""

from . import init as init
from .module import Module as Module
from .module import no_cache as no_cache
from .modules.activation import ReLU as ReLU
from .modules.activation import Sigmoid as Sigmoid
from .modules.activation import Tanh as Tanh
from .modules.linear import Linear as Linear
from .modules.loss import CrossEntropyLoss as CrossEntropyLoss
from .modules.loss import Loss as Loss
from .modules.loss import SoftmaxCrossEntropy as SoftmaxCrossEntropy
from .optim import SGD as SGD
from .optim import Optimizer as Optimizer
from .sequential import Sequential as Sequential
