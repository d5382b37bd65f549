"""How large a convolution's output is, and what keeps an image's size."""

from typing import Any

from ..utils.errors import ArgumentError, ShapeError
from ..utils.kernels.windows import Geometry
from .answer import Part, Step, value
from .draws import Rng

Pair = tuple[int, int]
MOST = 4096  # of a size whose filters are tried one by one
FLOOR = "floor((H + 2 p - k) / s) + 1"
TEX_FLOOR = r"H' = \left\lfloor \frac{H + 2 p - k}{s} \right\rfloor + 1"
# image, filter, stride, padding, and the size that the text of purdue373 states
TEXT = ((4, 3, 1, 1, 3), (4, 3, 2, 1, 4))


def pair(name: str, numbers: tuple[int, ...]) -> Pair:
    """Return height and width; one number stands for both.

    Raises
    ------
    ShapeError
        For more than two numbers.
    """
    if len(numbers) > 2:
        raise ShapeError(f"conv: --{name} has {len(numbers)} numbers, expected height and width")
    return numbers[0], numbers[-1]


def output_size(image: Pair, kernel: Pair, stride: int, padding: int) -> Pair:
    """Return the size of the output, by the geometry of the library's layers.

    Raises
    ------
    ShapeError
        Where the filter is larger than the padded image.
    """
    out = Geometry(kernel, (stride, stride), (padding, padding)).out(*image)
    if min(out) < 1:
        raise ShapeError(
            f"conv: a filter of {_by(kernel)} is larger than the image of {_by(image)} with "
            f"padding {padding}"
        )
    return out


def drawn_size(rng: Rng) -> dict[str, Any]:
    """Return a size question whose divisions leave no remainder."""
    stride, padding = int(rng.integers(1, 3, endpoint=True)), int(rng.integers(0, 3, endpoint=True))
    kernel = int(rng.integers(2 * padding + 1, 2 * padding + 4, endpoint=True))
    out = rng.integers(3, 9, 2, endpoint=True)
    height, width = (int((n - 1) * stride + kernel - 2 * padding) for n in out)
    return {
        "size": (height, width),
        "kernel_size": (kernel, kernel),
        "stride": stride,
        "padding": padding,
    }


def size(image: Pair, kernel: Pair, stride: int, padding: int) -> Part:
    """Return the size of the output for one image, filter, stride and padding."""
    out = output_size(image, kernel, stride, padding)
    remainders = [(n + 2 * padding - k) % stride for n, k in zip(image, kernel, strict=True)]
    left = (
        " The division leaves a remainder: the last rows or columns are never seen, and it is "
        "rounded down."
        if any(remainders)
        else ""
    )
    return Part(
        f"How large is the output for an image of {_by(image)}, a filter of {_by(kernel)}, padding "
        f"{padding} and stride {stride}?",
        (),
        (
            Step(
                "From the first position of the filter to the last are H + 2 p - k pixels, and "
                f"every s of them is a position more.{left}",
                f"H' = {FLOOR}",
                TEX_FLOOR,
                "",
                (value("size.height", out[0], "H'"), value("size.width", out[1], "W'")),
                tuple(
                    (name, f"floor(({n} + 2 * {padding} - {k}) / {stride}) + 1")
                    for name, n, k in zip(("H'", "W'"), image, kernel, strict=True)
                ),
            ),
        ),
        (value("size.output", _by(out), "size of the output"),),
    )


def same(length: int, padding: int, stride: int) -> Part:
    """Return the filters that keep a size, with a padding and with twice of it."""
    if length > MOST:
        raise ArgumentError(f"conv: --size {length} is too large to try all filters (most {MOST})")
    found = {p: filters_that_keep(length, p, stride) for p in (padding, 2 * padding)}
    steps = [
        Step(
            "The output is as large as the image where k = H + 2 p - s (H - 1); at stride 1 that "
            "is 2 p + 1, whatever H: an odd filter. All filters are tried, too.",
            "k = 2 p + 1 at s = 1",
            r"k = 2 p + 1 \quad (s = 1)",
            "",
            tuple(
                value(f"same.filters_at_padding_{p}", list(ks), f"k that keep {length} at p = {p}")
                for p, ks in found.items()
            ),
        ),
        Step(
            "The other way round: a filter k keeps the size at stride 1 with padding (k - 1) / 2, "
            "so an even filter cannot, with the same padding on both sides.",
            "p = (k - 1) / 2",
            r"p = \frac{k - 1}{2}",
        ),
    ]
    return Part(
        f"Which filter keeps the size of an image of {length} x {length} at padding {padding} and "
        f"stride {stride}, and which at twice the padding?",
        (),
        tuple(steps),
        tuple(
            value(f"same.filter{'_doubled' if p != padding else ''}", _either(ks), f"k at p = {p}")
            for p, ks in found.items()
        ),
    )


def padding_that_keeps(kernel: int) -> Part:
    """Return the padding with which a filter keeps sizes at stride 1."""
    padding = (kernel - 1) // 2 if kernel % 2 else None
    return Part(
        f"Which padding lets a filter of {kernel} x {kernel} keep the size of every image at "
        "stride 1?",
        (),
        (
            Step(
                "H + 2 p - k + 1 = H."
                if padding is not None
                else "H + 2 p - k + 1 = H has no whole solution: the filter is even.",
                "p = (k - 1) / 2",
                r"p = \frac{k - 1}{2}",
                f"({kernel} - 1) / 2",
            ),
        ),
        (value("same.padding", padding, "p"),),
    )


def filters_that_keep(length: int, padding: int, stride: int) -> tuple[int, ...]:
    """Return every filter size whose output is as long as the image, by trying all."""
    return tuple(
        k
        for k in range(1, length + 2 * padding + 1)
        if Geometry((k, k), (stride, stride), (padding, padding)).out(length, length)[0] == length
    )


def text_errors() -> Part:
    """Return what the course's text says about two sizes, and what they are."""
    steps = []
    for n, k, stride, padding, stated in TEXT:
        out = output_size((n, n), (k, k), stride, padding)
        steps.append(
            Step(
                f"The course's text says {stated} x {stated} for a {n} x {n} image, a {k} x {k} "
                f"filter, stride {stride}, padding {padding}. By the formula it is {_by(out)}.",
                f"H' = {FLOOR}",
                TEX_FLOOR,
                f"floor(({n} + 2 * {padding} - {k}) / {stride}) + 1",
                (
                    value(f"text.stride{stride}.stated", stated, "stated"),
                    value(f"text.stride{stride}.computed", out[0], "computed"),
                ),
            )
        )
    return Part("", (), tuple(steps), ())


def _either(numbers: tuple[int, ...]) -> int | str | None:
    if len(numbers) == 1:
        return numbers[0]
    return " or ".join(map(str, numbers)) if numbers else None


def _by(sizes: Pair) -> str:
    return f"{sizes[0]} x {sizes[1]}"
