"""Scenarios, run with real cryptography."""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import ROOT

import talea

SMALL = """
title = "A chair"
seed = 1
[[lots]]
name = "Chair"
identifier = "chair"
side = "sale"
scale = "decimal 2"
start = "10.00"
tick = "0.25"
levels = 16
[[quorum]]
name = "bidders"
threshold = 2
members = ["Ada", "Ben"]
[[bidders]]
name = "Ada"
bids = { chair = "11.25" }
[[bidders]]
name = "Ben"
bids = { chair = "12.75" }
"""


def test_a_scenario_in_toml_is_run_and_verified() -> None:
    chair = talea.run(SMALL)
    assert (chair.title, chair.seed, chair.quorum) == ("A chair", 1, "[bidders 2 of 2]")
    assert chair.transcript.verification.is_valid
    (row,) = chair.transcript.outcome()
    assert (row["winners"], row["price"]) == (["Ben"], Decimal("12.75"))
    assert {"Ada", "Ben", "seller"} <= set(chair.names.values())
    # The terms disclose no depth, so there is no picture of one.
    assert chair.depth_svg() is None and "<img" not in chair._repr_html_()


def test_one_seed_is_one_transcript() -> None:
    first, again, other = talea.run(SMALL), talea.run(SMALL, seed=1), talea.run(SMALL, seed=2**64 - 1)
    assert first.transcript_bytes == again.transcript_bytes
    assert first.transcript_bytes != other.transcript_bytes and other.seed == 2**64 - 1
    assert talea.verify(other.transcript_bytes).is_valid


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_that_does_not_fit_is_an_overflow(seed: int) -> None:
    with pytest.raises(OverflowError):
        talea.run(SMALL, seed=seed)


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("title = \n", "scenario.syntax"),
        (SMALL.replace("seed = 1", "seed = 1\nspeed = 2"), "scenario.field"),
        (SMALL.replace('"12.75"', '"12.80"'), "scenario.price-off-grid"),
        (SMALL.replace("threshold = 2", "threshold = 3"), "scenario.quorum"),
        (SMALL.replace('"12.75"', '"12.75.1"'), "scenario.price"),
        (SMALL.replace('title = "A chair"', "title = 3"), "scenario.field"),
        ("/nowhere/chair.toml", "file.unreadable"),
    ],
)
def test_a_faulty_scenario_is_a_sentence_with_a_code(scenario: str, code: str) -> None:
    with pytest.raises(talea.TaleaError) as caught:
        talea.run(scenario)
    assert caught.value.code == code, caught.value
    assert len(caught.value.sentence) > 10


def test_the_picture_has_every_count_and_the_ending(rounds: talea.Simulation) -> None:
    picture = rounds.depth_svg()
    assert picture is not None and picture == rounds.depth_svg(lot=0)
    root = ElementTree.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {rounds.title, "after round 0", "sold to second at 24.141592653"} <= set(words)
    # Every count of the table stands beside a bar.
    counts = [str(row["bids"]) for row in rounds.transcript.depths() if row["round"] is not None and row["bids"]]
    bars = [element for element in root.iter("{http://www.w3.org/2000/svg}rect") if element.get("class") == "bar"]
    assert len(bars) >= len(counts) and set(counts) <= set(words)
    assert picture._repr_svg_() == picture


@pytest.mark.skipif("TALEA_PROGRAMS" not in os.environ, reason="TALEA_PROGRAMS says no folder with talea-sim")
def test_the_program_writes_the_same_bytes_and_the_same_picture(rounds: talea.Simulation, tmp_path: Path) -> None:
    program = Path(os.environ["TALEA_PROGRAMS"]) / "talea-sim"
    transcript, picture = tmp_path / "rounds.talea", tmp_path / "rounds.svg"
    files = ["--transcript", transcript, "--histogram", picture, "--no-verify"]
    subprocess.run([str(part) for part in (program, "run", ROOT / "scenarios" / "rounds.toml", *files)], check=True, capture_output=True)
    assert transcript.read_bytes() == rounds.transcript_bytes
    assert picture.read_text() == rounds.depth_svg()


def test_there_is_no_picture_of_a_lot_that_is_not_there(rounds: talea.Simulation) -> None:
    for lot in (1, -1):
        with pytest.raises(IndexError, match=f"there is no lot {lot}; there are 1, from 0"):
            rounds.depth_svg(lot)
