"""Files within a tar archive, read into memory; nothing is unpacked onto the disk."""

import tarfile
from collections.abc import Iterable
from pathlib import Path

from ...utils.errors import DataError, one_line

LARGEST = 1 << 30  # bytes: no file that a data set is read from is as large


def read_tar(path: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return the content of the named members of a tar archive, compressed or not.

    Reading ends with the last of them.

    Raises
    ------
    DataError
        For an archive that cannot be read or is damaged, and for a member that is not there, is no
        plain file, or is larger than a gigabyte.
    """
    wanted = set(names)
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.name not in wanted:
                    continue
                file = archive.extractfile(member) if member.isfile() else None
                if file is None or member.size > LARGEST:
                    raise DataError(f"{path}: {member.name} is not a file of at most 1 GiB")
                found[member.name] = file.read()
                if len(found) == len(wanted):
                    break
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or one_line(error)})") from error
    except Exception as error:  # tarfile, zlib, bz2 and lzma raise many kinds
        raise DataError(f"{path}: not a whole tar archive ({one_line(error)})") from error
    missing = wanted - found.keys()
    if missing:
        raise DataError(f"{path}: has no member {', '.join(sorted(missing))}")
    return found
