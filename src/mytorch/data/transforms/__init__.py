"""From published numbers to what a network takes, and images changed in ways that keep the class.

Those that draw are called as `transform(x, rng)`, `Compose(...)` of several as `transform(x)`:

    augment = Compose(RandomCrop(28, padding=2), RandomHorizontalFlip(), rng=rng)
    for record in fit(model, loss, optimizer, train, epochs=5, rng=rng, augment=augment): ...

Images are x (N, C, H, W); nothing is changed in place.
"""

from .colour import ColorJitter as ColorJitter
from .compose import Compose as Compose
from .geometry import RandomCrop as RandomCrop
from .geometry import RandomHorizontalFlip as RandomHorizontalFlip
from .geometry import RandomRotation as RandomRotation
from .geometry import center_crop as center_crop
from .geometry import pad as pad
from .geometry import resize as resize
from .geometry import rotate as rotate
from .rows import Prepared as Prepared
from .rows import Standardizer as Standardizer
from .rows import standardized_rows as standardized_rows
from .scaling import channel_statistics as channel_statistics
from .scaling import flatten as flatten
from .scaling import normalize as normalize
from .scaling import unit_range as unit_range
