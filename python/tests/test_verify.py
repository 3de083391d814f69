"""Verdicts: of the small transcripts of docs/vectors, of forgeries, of what is no transcript."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import talea

VECTORS = ROOT / "docs" / "vectors" / "transcripts"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "manifest.json").read_text())
VALID = VECTORS / "first-price.talea"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_every_vector_has_the_verdict_of_its_manifest(case: dict[str, Any]) -> None:
    verification = talea.verify(VECTORS / case["file"])
    assert verification.verdict == case["verdict"]
    failure = verification.failure or {"check": None, "entry": None}
    assert (failure["check"], failure["entry"]) == (case["check"], case["entry"])
    assert (verification.reason is None) == (case["verdict"] != "invalid")
    if case["verdict"] == "valid":
        endings = [row["ending"] for row in talea.read(VECTORS / case["file"]).outcome()]
        assert endings == [lot["ending"] for lot in case["lots"]]


def test_a_path_and_its_bytes_have_the_same_report() -> None:
    transcript = VALID.read_bytes()
    reports = [
        talea.verify(source).to_dict()
        for source in (str(VALID), VALID, transcript, bytearray(transcript), memoryview(transcript))
    ]
    assert all(report == reports[0] for report in reports)
    assert reports[0]["schema"] == "talea-verify/2"


def test_hashes_are_those_of_the_report() -> None:
    verification = talea.verify(VALID)
    report = verification.to_dict()
    assert verification.hashes == {
        "file": report["file"]["sha256"],
        "auction": report["auction"],
        "head": report["head"],
        "outcome": report["outcome_sha256"],
    }
    assert all(verification.hashes.values())
    assert f"VALID, {verification.entries} entries" in repr(verification)
    assert str(verification).startswith("VALID: ")
    assert {check["status"] for check in verification.checks} == {"pass", "not-needed"}


def test_a_forged_byte_is_a_verdict_that_names_check_and_place() -> None:
    forged = bytearray(VALID.read_bytes())
    forged[len(forged) // 2] ^= 1
    verification = talea.verify(forged)
    assert verification.verdict == "invalid" and not verification.is_valid
    assert verification.failure is not None and verification.reason is not None
    assert verification.reason.startswith(f"{verification.failure['check']} at entry ")
    assert [row["number"] for row in verification.checks if row["status"] == "fail"] == [verification.failure["check"]]
    assert verification.hashes["outcome"] is None


@pytest.mark.parametrize("content", [b"", b"a photograph", b"\x00" * 5_000, b"\xff" * 5_000])
def test_what_is_no_transcript_is_invalid_and_said_to_be_none(content: bytes) -> None:
    verification = talea.verify(content)
    assert verification.verdict == "invalid"
    assert verification.to_dict()["is_transcript"] is False
    assert "not a transcript" in verification._repr_html_()


def test_no_beginning_of_a_transcript_is_valid() -> None:
    transcript = VALID.read_bytes()
    for length in range(0, len(transcript), max(1, len(transcript) // 40)):
        assert talea.verify(transcript[:length]).verdict in ("invalid", "undecided"), length


def test_bytes_of_any_kind_have_a_verdict() -> None:
    chance = random.Random(17)
    transcript = VALID.read_bytes()
    for _ in range(60):
        forged = bytearray(transcript)
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(forged))
            forged[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        if forged != transcript:
            assert talea.verify(forged).verdict != "valid"


@pytest.mark.parametrize("read", [talea.verify, talea.read])
def test_a_file_that_cannot_be_read_is_an_error_with_a_code(read: Any, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.talea", tmp_path):
        with pytest.raises(talea.TaleaError) as caught:
            read(path)
        assert caught.value.code == "file.unreadable"
        assert str(path) in caught.value.sentence
        assert str(caught.value).startswith("[file.unreadable] ")


def test_what_is_neither_a_path_nor_bytes_is_a_type_error() -> None:
    for source in (None, 3, ["x"]):
        with pytest.raises(TypeError):
            talea.verify(source)  # type: ignore[arg-type]


def test_python_goes_on_while_a_transcript_is_verified(rounds: talea.Simulation) -> None:
    transcript = rounds.transcript_bytes

    def seen_by_another_thread() -> list[str]:
        said: list[str] = []

        def work() -> None:
            said.append("begun")
            said.append(talea.verify(transcript).verdict)

        thread = threading.Thread(target=work)
        thread.start()
        # This thread is here only when the other has given the lock back.
        seen = list(said)
        thread.join()
        assert said == ["begun", "valid"]
        return seen

    before = sys.getswitchinterval()
    # From now on a thread goes on until it gives the lock back by itself.
    sys.setswitchinterval(1_000)
    try:
        # A busy system may wake this thread late; once is enough.
        assert any(seen_by_another_thread() == ["begun"] for _ in range(20))
    finally:
        sys.setswitchinterval(before)


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_a_signal_ends_a_simulation() -> None:
    class Alarm(Exception):
        pass

    def ring(number: int, frame: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(Alarm):
            talea.run(ROOT / "scenarios" / "bwic.toml")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
