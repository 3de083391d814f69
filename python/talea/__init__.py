"""Talea: sealed-bid auctions without an auctioneer.

Verify a transcript, read what it says, run a scenario with real cryptography:

    >>> import talea
    >>> talea.verify("bwic.talea").verdict
    'valid'
    >>> talea.read("bwic.talea").to_pandas()
    >>> talea.run("scenarios/rounds.toml").depth_svg()

docs/python.md has more.
"""

from talea._errors import TaleaError
from talea._pictures import Svg
from talea._simulation import Simulation, run
from talea._transcript import Transcript, read
from talea._verification import Verification, verify

__all__ = [
    "Simulation",
    "Svg",
    "TaleaError",
    "Transcript",
    "Verification",
    "read",
    "run",
    "verify",
]
