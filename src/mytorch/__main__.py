"""`python -m mytorch` is `mytorch`."""

import sys

from .cli.main import main

sys.exit(main())
