"""Data sets by name: `load("mnist").train.x`."""

from .dataset import Dataset as Dataset
from .dataset import Split as Split
from .registry import load as load
from .registry import names as names
