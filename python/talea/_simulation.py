"""Scenarios, run with real cryptography."""

from __future__ import annotations

import os
from functools import cached_property

from talea import _native
from talea._pictures import Svg
from talea._transcript import Transcript, read


class Simulation:
    """A scenario that was run: every party in this process, every proof made and checked."""

    def __init__(self, simulated: _native.Simulated) -> None:
        self._simulated = simulated

    @property
    def title(self) -> str:
        """What the scenario says it is about."""
        return self._simulated.title

    @property
    def seed(self) -> int:
        """Where every secret came from. The same scenario and seed make the same bytes."""
        return self._simulated.seed

    @property
    def quorum(self) -> str:
        """Who together may decrypt: `[seller 1 of 1] and [buyers 3 of 5]`."""
        return self._simulated.quorum

    @property
    def names(self) -> dict[str, str]:
        """What the parties are called, by their keys."""
        return dict(self._simulated.names)

    @property
    def transcript_bytes(self) -> bytes:
        """What `talea-sim run --transcript FILE` writes into the file."""
        return self._simulated.transcript

    @cached_property
    def transcript(self) -> Transcript:
        """The transcript, verified by the independent verifier and read, with the parties' names."""
        return read(self.transcript_bytes, self.names)

    def depth_svg(self, lot: int | None = None) -> Svg | None:
        """The picture of `talea-sim run --histogram FILE`, or that of one lot; None where no depth was disclosed."""
        return self.transcript.depth_svg(lot, self.title)

    def __repr__(self) -> str:
        return f"<Simulation {self.title!r}, seed {self.seed}, {len(self.transcript_bytes)} bytes>"

    def _repr_html_(self) -> str:
        return self.transcript._html(self.title)


def run(scenario: str | os.PathLike[str], seed: int | None = None) -> Simulation:
    """Runs a scenario.

    Args:
        scenario: A path; or the scenario itself in TOML, which is what a string with a line break is taken for.
            A file of bids that it names is sought beside it, or in the working folder.
        seed: Instead of the scenario's own, at most 2^64 - 1.

    Raises:
        TaleaError: `file.unreadable`, or a code that begins with `scenario.`, `bids.` or `run.`.
    """
    if isinstance(scenario, str) and "\n" in scenario:
        return Simulation(_native.simulate_text(scenario, seed))
    return Simulation(_native.simulate_file(os.fspath(scenario), seed))
