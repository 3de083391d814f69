"""What the independent verifier finds in a transcript."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Literal, cast

from talea import _native
from talea._pictures import html_table
from talea._source import Source, record

Verdict = Literal["valid", "invalid", "undecided"]
"""`undecided`: every check so far passed, and the outcome is not in the file."""


class Verification:
    """What the independent verifier found: its verdict, the checks, the hashes to compare with others."""

    def __init__(self, record: _native.Record) -> None:
        self._record = record
        self._report: dict[str, Any] = json.loads(record.verification())

    @property
    def verdict(self) -> Verdict:
        """`valid`, `invalid` or `undecided`."""
        return cast(Verdict, self._report["verdict"])

    @property
    def is_valid(self) -> bool:
        """Whether the outcome is the one that follows from the entries."""
        return self.verdict == "valid"

    @property
    def reason(self) -> str | None:
        """Why the transcript is invalid, in a sentence that names check and place; None if it is not."""
        failure = self.failure
        if failure is None:
            return None
        place = failure["place"].replace("-", " the ")
        if failure["entry"] is not None:
            place = f"{place} {failure['entry']}"
        return f"{failure['check']} at {place}: {failure['sentence']}"

    @property
    def failure(self) -> dict[str, Any] | None:
        """The first check that failed: `check`, `place`, `entry`, `signer`, `sentence` and more; None if none did."""
        failure = self.to_dict()["failure"]
        return cast("dict[str, Any] | None", failure)

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Every numbered check of docs/spec.md: `number`, `sentence`, `status`, and how often it was `performed`."""
        return cast("list[dict[str, Any]]", self.to_dict()["checks"])

    @property
    def entries(self) -> int:
        """How many entries were applied. One that failed is counted."""
        return cast(int, self._report["entries"])

    @property
    def hashes(self) -> dict[str, str | None]:
        """What to compare with others: `file` and `outcome` (SHA-256), `auction` (the terms) and `head` (the entries)."""
        file = self._report["file"]
        return {
            "file": file and file["sha256"],
            "auction": self._report["auction"],
            "head": self._report["head"],
            "outcome": self._report["outcome_sha256"],
        }

    def to_dict(self) -> dict[str, Any]:
        """What `talea-verify --json` writes (schema `talea-verify/2`). Prices and money in it are text."""
        return cast("dict[str, Any]", json.loads(self._record.verification()))

    def __str__(self) -> str:
        """What `talea-verify` prints."""
        return self._record.text()

    def __repr__(self) -> str:
        reason = "" if self.reason is None else f": {self.reason}"
        return f"<Verification {self.verdict.upper()}, {self.entries} entries{reason}>"

    def _repr_html_(self) -> str:
        reason = "" if self.reason is None else f"<p>{escape(self.reason)}</p>"
        hashes = html_table(("hash", "value"), self.hashes.items())
        return f"<p><strong>{escape(self._record.headline())}</strong></p>{reason}{hashes}"


def verify(source: Source) -> Verification:
    """Verifies a transcript, from the file or the bytes alone.

    A transcript that is invalid, or no transcript at all, is a verdict. Python does other things meanwhile, and Ctrl-C
    ends it.

    Raises:
        TaleaError: `file.unreadable`; `internal` if the verifier itself is at fault.
    """
    return Verification(record(source))
