"""Plain formulas' names for things, and the numbers put into them, as LaTeX."""

import re

GREEK = {"alpha", "beta", "gamma", "delta", "eta", "lambda", "sigma", "chi"}
ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{char: f"\\{char}" for char in "{}$&#_%"},
}


def escape(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return "".join(ESCAPES.get(char, char) for char in text)


def latex_symbol(symbol: str) -> str:
    r"""Return a name in LaTeX: `dL/dw` a fraction, `z1` and `p[0]` with indices, `y_hat` \hat{y}.

    Anything else is set as text.
    """
    derivative = re.fullmatch(r"d(\w+)/d(\w+'?)", symbol)
    if derivative:
        top, bottom = map(latex_symbol, derivative.groups())
        return rf"\frac{{\partial {top}}}{{\partial {bottom}}}"
    indexed = re.fullmatch(r"(\w+)\[([\w, ]+)\]", symbol)
    if indexed:
        name = latex_symbol(indexed[1])
        layer = re.fullmatch(
            r"(.+)_\{(\d+)\}", name
        )  # TeX refuses a second index: one with a comma
        if layer:
            return f"{layer[1]}_{{{layer[2]},{indexed[2]}}}"
        return f"{name}_{{{indexed[2]}}}"
    hat = re.fullmatch(r"([a-zA-Z])_hat", symbol)
    if hat:
        return rf"\hat{{{hat[1]}}}"
    numbered = re.fullmatch(r"([a-zA-Z]|" + "|".join(sorted(GREEK)) + r")(\d*)('*)", symbol)
    if numbered:
        name, index, primes = numbered.groups()
        name = f"\\{name}" if name in GREEK else name
        return f"{name}{primes}" + (f"_{{{index}}}" if index else "")
    return rf"\text{{{escape(symbol)}}}"


def latex_numbers(text: str) -> str:
    """Return plain arithmetic, such as `exp(-0.5) * 2 + 1e-05`, in LaTeX."""
    text = re.sub(r"(\d)e([+-])0*(\d+)", _power_of_ten, text)
    text = re.sub(r"\b(exp|max|log|tanh|sqrt)\(", r"\\operatorname{\1}(", text)
    text = re.sub(r"\b(sigmoid)\(", r"\\sigma(", text)
    text = re.sub(r"\^\(([^()]*)\)", r"^{\1}", text)
    return text.replace(" * ", r" \cdot ")


def _power_of_ten(found: re.Match[str]) -> str:
    mantissa, sign, exponent = found.groups()
    return rf"{mantissa} \times 10^{{{'-' if sign == '-' else ''}{exponent}}}"
