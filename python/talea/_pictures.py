"""Pictures and tables for notebooks. The pictures themselves are drawn where `talea report` has them from."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape


class Svg(str):
    """A picture, as the text of an SVG file. A notebook shows it; `Path("depth.svg").write_text(svg)` keeps it."""

    def _repr_svg_(self) -> str:
        return str(self)

    def as_image(self, words: str) -> str:
        """As an HTML image. Its style sheet does not reach the page around it then."""
        data = base64.b64encode(self.encode()).decode()
        return f'<img alt="{escape(words)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}"/>'


def html_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table in HTML. Whatever is in it is text: lots and parties are named by strangers."""

    def cells(kind: str, values: Iterable[object]) -> str:
        return "".join(f"<{kind}>{'' if v is None else escape(str(v))}</{kind}>" for v in values)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', columns)}</tr></thead><tbody>{body}</tbody></table>"
