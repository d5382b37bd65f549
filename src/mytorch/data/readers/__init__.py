"""Readers of file formats, each of which refuses what is not that format, in one line."""

from .cifar import read_cifar as read_cifar
from .csv import Table as Table
from .csv import read_csv as read_csv
from .csv import read_rows as read_rows
from .idx import read_idx as read_idx
from .images import read_image as read_image
from .images import read_image_folder as read_image_folder
from .tar import read_tar as read_tar
