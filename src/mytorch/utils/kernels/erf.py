"""The error function and its complement, for whole arrays, to the last digits.

erf(x) = 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x;   erfc(x) = 1 - erf(x).

Where |x| < 1, erf(x) / x is a polynomial in x^2. Beyond, erfc falls like exp(-x^2) / x, and
what is left when these are divided out, erfc(x) exp(x^2) (x + 3), is a polynomial in
t = (x - 5) / (x + 3), which takes 1..inf to -1..1. Both are Chebyshev series of these functions,
computed with 50 digits and cut where the coefficients fall below 1e-17.

Everything is analytic, decisions look at the real part: complex numbers near the real line, as a
complex-step derivative feeds them, go through the same arithmetic.

Measured against 50 digits: erf to 2e-16 of its value, erfc to 1e-15 of its value down to 1e-300.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Powers from the highest to the constant: of s = 2 x^2 - 1, and of t.
NEAR = (
    1.454817075960679e-14,
    -3.8078827395263415e-13,
    9.167606746069445e-12,
    -2.035228404899467e-10,
    4.11580059766496e-09,
    -7.51156928660089e-08,
    1.223382738352401e-06,
    -1.7537169441124826e-05,
    0.00021751715604160108,
    -0.0022854855611441132,
    0.019852496688983708,
    -0.1405360890227171,
    0.9654687386698673,
)
FAR = (
    1.77513129479398e-11,
    -3.431427860687693e-11,
    -2.4416062858086426e-10,
    4.145778223602259e-10,
    2.2212991812778053e-09,
    -3.621647649520109e-09,
    -1.8556685554008643e-08,
    3.592315647726054e-08,
    1.5277939953747662e-07,
    -4.4449389906874936e-07,
    -1.115539835155743e-06,
    6.227274095929632e-06,
    2.2201334925851605e-06,
    -8.285365097926504e-05,
    0.00020565983291438275,
    0.0005111598748078276,
    -0.005992101444648031,
    0.027317987192582105,
    -0.08762571665292865,
    0.22387273334256325,
    -0.47966144308433484,
    0.885637101864549,
)


def erf(x: Array) -> Array:
    """Return erf(x), in the dtype of x."""
    near = np.abs(x.real) < 1
    y = np.empty_like(x)
    y[near] = _near(x[near])
    far = x[~near]
    sign = np.sign(far.real)
    y[~near] = sign * (1 - _far(sign * far))
    return y


def erfc(x: Array) -> Array:
    """Return 1 - erf(x), in the dtype of x, and accurate where it is tiny."""
    near = np.abs(x.real) < 1
    y = np.empty_like(x)
    y[near] = 1 - _near(x[near])
    far = x[~near]
    tail = _far(np.where(far.real < 0, -far, far))
    y[~near] = np.where(far.real < 0, 2 - tail, tail)
    return y


def _near(x: Array) -> Array:
    """erf(x) for |x| < 1."""
    return x * _polynomial(NEAR, 2 * (x * x) - 1)


def _far(x: Array) -> Array:
    """erfc(x) for x >= 1."""
    x = np.where(x.real > 30, 30, x)  # erfc(30) is 0 in float64
    # x^2 rounded would cost up to x^2 ulp; the square of x cut to 24 bits is exact.
    cut = x.real.astype(np.float32).astype(x.real.dtype)
    gaussian = np.exp(-cut * cut) * np.exp((cut - x) * (cut + x))
    return gaussian * _polynomial(FAR, (x - 5) / (x + 3)) / (x + 3)


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Horner's rule."""
    y = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        y *= x
        y += coefficient
    return y
