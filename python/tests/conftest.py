"""What several tests begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

import talea

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def rounds() -> talea.Simulation:
    """Three bidders, round by round, who see the depth in between."""
    return talea.run(ROOT / "scenarios" / "rounds.toml")


@pytest.fixture(scope="session")
def reserves() -> talea.Simulation:
    """A list of bonds in 32nds and decimals, with reserves, cover, depth and a line that the seller declines."""
    return talea.run(ROOT / "scenarios" / "bwic-with-reserves.toml")


@pytest.fixture(scope="session")
def curves() -> talea.Simulation:
    """Sixty certificates at one price; bids are curves."""
    return talea.run(ROOT / "scenarios" / "curves.toml")


@pytest.fixture(scope="session")
def two_sided() -> talea.Simulation:
    """Buyers and sellers of power, with sealed quantities and opened comparisons."""
    return talea.run(ROOT / "scenarios" / "two-sided.toml")


@pytest.fixture(scope="session")
def survey() -> talea.Simulation:
    """A survey that opens sum, squares and histogram."""
    return talea.run(ROOT / "scenarios" / "survey.toml")


@pytest.fixture(scope="session")
def open_book() -> talea.Simulation:
    """A procurement whose terms open every offer."""
    return talea.run(ROOT / "scenarios" / "open-book.toml")
