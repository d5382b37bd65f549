"""Files that chance has damaged: read, or refused in one line; never anything else."""

import gzip
import io
import json
import pickle
import struct
import tarfile
import warnings
import zipfile
from itertools import chain

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mytorch.data.readers import read_cifar, read_csv, read_idx, read_image, read_rows, read_tar
from mytorch.data.transforms import Standardizer
from mytorch.nn import architecture
from mytorch.reporting.runs import read_config, read_results
from mytorch.training.checkpoint import SEAL, load_checkpoint, save_checkpoint
from mytorch.utils.errors import MytorchError
from mytorch.utils.npz import npz_bytes, read_npz

RNG = np.random.default_rng(0)


def sealed(content):
    import hashlib

    return content[:-SEAL] + hashlib.sha256(content[:-SEAL]).hexdigest().encode()


def in_memory(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def tar_of(file):
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in ("a", "b"):
            member = tarfile.TarInfo(name)
            member.size = 300
            archive.addfile(member, io.BytesIO(RNG.bytes(300)))


def image_of(kind):
    pillow = pytest.importorskip("PIL.Image")
    picture = pillow.fromarray(RNG.integers(0, 256, (9, 11, 3), np.uint8))
    return in_memory(lambda file: picture.save(file, kind))


IDX = struct.pack(">HBBII", 0, 8, 2, 5, 7) + bytes(35)
CIFAR = {"data": RNG.integers(0, 256, (3, 3072), np.uint8), "labels": [1, 2, 3]}
ARRAYS = {"x": RNG.random((4, 3)), "y": np.arange(4)}
TABLE = b"label,a,b\n" + b"".join(b"%d,%d.5,-1e3\n" % (i % 2, i) for i in range(9))
STATE = {"state": np.frombuffer(b'{"a": {"$array": "x"}, "b": [1, null]}', np.uint8), **ARRAYS}

# A right file of each kind, and what reads it.
CORPUS = {
    "npz": (npz_bytes(ARRAYS), "a.npz", read_npz),
    "npz, compressed": (
        in_memory(lambda file: np.savez_compressed(file, **ARRAYS)),
        "a.npz",
        read_npz,
    ),
    "csv": (TABLE, "a.csv", read_csv),
    "rows": (TABLE, "a.csv", lambda path: read_rows(path, 3)),
    "idx": (IDX, "a-ubyte", read_idx),
    "idx, gzipped": (gzip.compress(IDX), "a.gz", read_idx),
    "cifar": (
        pickle.dumps(CIFAR, protocol=2),
        "batch",
        lambda path: read_cifar(path.read_bytes(), path),
    ),
    "tar": (in_memory(tar_of), "a.tar.gz", lambda path: read_tar(path, ["a", "b"])),
    "checkpoint": (sealed(npz_bytes(STATE, b"0" * SEAL)), "a.npz", load_checkpoint),
}
MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "set", "cut", "insert", "repeat"]),
        st.floats(0, 1),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)


def damaged(content, mutations):
    """Return the content after each mutation at its place, a share of the length."""
    content = bytearray(content)
    for kind, share, piece in mutations:
        at = int(share * max(len(content) - 1, 0))
        if kind == "flip" and content:
            content[at] ^= piece[0] or 1
        elif kind == "set":
            content[at : at + len(piece)] = piece
        elif kind == "cut":
            del content[at:]
        elif kind == "insert":
            content[at:at] = piece
        elif kind == "repeat":
            content += content[at:][:5000]
    return bytes(content)


def reads_or_refuses(read, path):
    """Call a reader; only one line of an error of ours may come out."""
    said = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read(path)
    except MytorchError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 1000


FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("kind", CORPUS)
@FUZZ
@given(mutations=MUTATIONS)
def test_damaged_files_are_read_or_refused(kind, mutations, tmp_path):
    content, name, read = CORPUS[kind]
    path = tmp_path / name
    path.write_bytes(damaged(content, mutations))
    reads_or_refuses(read, path)


@pytest.mark.parametrize("kind", CORPUS)
def test_the_corpus_itself_is_read(kind, tmp_path):
    content, name, read = CORPUS[kind]
    path = tmp_path / name
    path.write_bytes(content)
    read(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM", "WEBP"])
@FUZZ
@given(mutations=MUTATIONS)
def test_damaged_images_are_read_or_refused(kind, mutations, tmp_path):
    path = tmp_path / "a.image"
    path.write_bytes(damaged(image_of(kind), mutations))
    reads_or_refuses(read_image, path)


@FUZZ
@given(mutations=MUTATIONS)
def test_a_damaged_state_within_a_whole_checkpoint_is_read_or_refused(mutations, tmp_path):
    path = tmp_path / "a.npz"
    text = damaged(b'{"model": {"w": {"$array": "x"}}, "step": 3, "list": [1.5]}', mutations)
    content = npz_bytes({"state": np.frombuffer(text, np.uint8), **ARRAYS}, b"0" * SEAL)
    path.write_bytes(sealed(content))
    reads_or_refuses(load_checkpoint, path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


@FUZZ
@given(
    name=st.sampled_from([*architecture.CLASSES, "Sequential", "Residual", "x"]),
    options=st.dictionaries(
        st.sampled_from(
            [*sorted(set(chain(*architecture.OPTIONS.values()))), "modules", "shortcut"]
        ),
        JSON | st.integers(-3, 50),
        max_size=6,
    ),
)
def test_descriptions_of_models_build_one_or_are_refused(name, options, tmp_path):
    reads_or_refuses(architecture.build, {"module": name, **options})


@FUZZ
@given(stored=JSON | st.fixed_dictionaries(dict.fromkeys(["shape", "value_range", "mean"], JSON)))
def test_descriptions_of_standardizers_build_one_or_are_refused(stored):
    reads_or_refuses(Standardizer.from_json, stored)


@pytest.mark.parametrize("read", [read_config, read_results])
@FUZZ
@given(content=st.binary(max_size=30) | JSON.map(lambda v: json.dumps(v).encode()))
def test_files_of_runs_are_read_or_refused(read, content, tmp_path):
    for name in ("config.json", "results.json"):
        (tmp_path / name).write_bytes(content)
    reads_or_refuses(read, tmp_path)


def test_a_zip_file_whose_directory_promises_more_than_there_is(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00")
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 2**31)  # its uncompressed size
    path.write_bytes(content)
    reads_or_refuses(read_npz, path)


def test_a_saved_state_is_part_of_the_corpus(tmp_path):
    save_checkpoint(tmp_path / "a.npz", {"a": ARRAYS, "b": [1, None]})
    assert load_checkpoint(tmp_path / "a.npz")["b"] == [1, None]
