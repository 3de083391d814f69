"""Why something could not be done."""

from __future__ import annotations


class TaleaError(Exception):
    """Something could not be done, for a reason that has a code.

    Codes are those of the command line (docs/errors.md): scripts may rely on them. A transcript that is invalid is no
    error to `talea.verify`, which says so in its verdict.
    """

    code: str
    """A stable name, such as `file.unreadable`."""
    sentence: str
    """What is wrong, and where."""
    help: str | None
    """What to do next, where that is not plain."""

    def __init__(self, code: str, sentence: str, help: str | None = None) -> None:
        # Also what is pickled, and what an exception is made from again.
        super().__init__(code, sentence, help)
        self.code = code
        self.sentence = sentence
        self.help = help

    def __str__(self) -> str:
        help = "" if self.help is None else f"\n  help: {self.help}"
        return f"[{self.code}] {self.sentence}{help}"
