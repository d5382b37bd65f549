"""The kernels that Numba compiles: the same arithmetic as their NumPy twins, in one pass.

They are compiled at their first call for each dtype and kept on disk. None is parallel: Numba's
threads and Python's do not go together; they release the GIL instead.

What a kernel cannot take (arrays with gaps between their elements, complex numbers) its NumPy
twin does.
"""

from .normalization import normalize as normalize
from .normalization import normalize_backward as normalize_backward
from .per_example import one_by_one as one_by_one
from .pooling import max_pool as max_pool
from .pooling import max_pool_backward as max_pool_backward
from .softmax import softmax_cross_entropy as softmax_cross_entropy
from .update import adam as adam
from .update import sgd as sgd
