"""A run's report: one HTML file, made from the run folder alone."""

import json
import re
from pathlib import Path
from typing import Any

from ..utils.extras import require


def render(folder: Path) -> str:
    """Return the report of the run in `folder`: everything inline, the same every time."""
    jinja2 = require("jinja2", "lab")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = number
    environment.filters["words"] = lambda name: name.replace("_", " ")
    results, config, timing = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("results", "config", "timing")
    )
    figures = [
        (name, caption, _own_ids((folder / "figures" / f"{name}.svg").read_text("utf-8"), name))
        for name, caption in results["figures"].items()
    ]
    template = environment.get_template("report.html")
    return str(template.render(results=results, config=config, timing=timing, figures=figures))


def _own_ids(svg: str, name: str) -> str:
    """Return an SVG whose ids no other figure of the page has."""
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)


def number(value: Any) -> str:
    """Return a cell as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
