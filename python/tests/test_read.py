"""What a transcript says: tables, exact numbers, pictures."""

from __future__ import annotations

import base64
import copy
import pickle
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args

import pandas
import pyarrow
import pytest
from conftest import ROOT

import talea
from talea import _tables

TAMPERED = ROOT / "scenarios" / "tampered.talea"


def test_an_invalid_transcript_says_nothing_but_why() -> None:
    with pytest.raises(talea.TaleaError) as caught:
        talea.read(TAMPERED)
    assert caught.value.code == "run.transcript-invalid"
    reason = talea.verify(TAMPERED).reason
    assert reason is not None and reason in caught.value.sentence
    assert caught.value.help is not None


def test_an_error_survives_pickling_and_copying() -> None:
    error = talea.TaleaError("file.unreadable", "it is gone", "look elsewhere")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (other.code, other.sentence, other.help) == ("file.unreadable", "it is gone", "look elsewhere")


def test_terms_and_lots_are_those_of_the_scenario(reserves: talea.Simulation) -> None:
    transcript = reserves.transcript
    terms = transcript.terms
    assert terms["schema"] == "talea-terms/2"
    assert terms["auction"] == transcript.verification.hashes["auction"]
    lots = transcript.lots()
    assert [lot["identifier"] for lot in lots] == [lot["identifier"] for lot in terms["lots"]]
    for lot, of_terms in zip(lots, terms["lots"]):
        span = lot["last_price"] - lot["first_price"]
        assert abs(span) == lot["tick"] * (lot["prices"] - 1), lot
        assert lot["quantity"] == Decimal(of_terms["quantity"])


def test_the_outcome_has_who_won_and_what_it_costs_exactly(rounds: talea.Simulation) -> None:
    (row,) = rounds.transcript.outcome()
    assert (row["ending"], row["winners"]) == ("sold", ["second"])
    assert row["price"] == Decimal("24.141592653") and row["price_written"] == "24.141592653"
    (key,) = row["winner_keys"]
    assert key.startswith("taleaparty1") and rounds.names[key] == "second"
    # Without names parties are keys.
    (row,) = talea.read(rounds.transcript_bytes).outcome()
    assert row["winners"] == row["winner_keys"] == [key]


@pytest.mark.parametrize(
    ("written", "exact"), [("99-16+", "99.515625"), ("99-163", "99.51171875"), ("98-31", "98.96875"), ("100-00", "100")]
)
def test_prices_in_32nds_are_exact_decimal_numbers(written: str, exact: str) -> None:
    note = f"""
title = "A note"
seed = 3
[[lots]]
name = "Note"
identifier = "note"
side = "sale"
scale = "256ths"
start = "98-00"
tick = "1/256"
levels = 1024
[[quorum]]
name = "one"
threshold = 1
members = 1
[[bidders]]
name = "Ada"
bids = {{ note = "{written}" }}
[[bidders]]
name = "Ben"
bids = {{ note = "98-02" }}
"""
    (row,) = talea.run(note).transcript.outcome()
    assert (row["price_written"], row["price"]) == (written, Decimal(exact))


def test_every_ending_of_a_list_with_reserves_is_a_row(reserves: talea.Simulation) -> None:
    rows = reserves.transcript.outcome()
    endings = {row["ending"] for row in rows}
    assert {"sold", "declined", "below-reserve"} <= endings
    for row in rows:
        assert (row["price"] is None) == (not row["winners"])
        assert all(type(row[name]) in (Decimal, type(None)) for name in ("price", "cover", "reserve_price"))
    assert any(row["cover"] is not None for row in rows)


def test_money_is_kept(reserves: talea.Simulation) -> None:
    accounts = reserves.transcript.accounts()
    assert {account["party"] for account in accounts} <= set(reserves.names.values())
    total = {name: sum(account[name] for account in accounts) for name in ("funded", "received", "available", "settlement", "forfeited")}
    assert total["funded"] + total["received"] == total["available"] + total["settlement"] + total["forfeited"]
    assert total["funded"] > 0 and type(accounts[0]["funded"]) is Decimal


def test_depths_count_every_bid_but_the_best(rounds: talea.Simulation) -> None:
    rows = rounds.transcript.depths()
    shown = sorted({row["round"] for row in rows if row["round"] is not None})
    assert shown == list(range(len(shown))) and len(shown) > 3
    for round in shown:
        assert sum(row["bids"] for row in rows if row["round"] == round) == 2
    first = [row for row in rows if row["round"] == 0 and row["bids"] > 0]
    placed = [any(row["from"] <= Decimal(bid) <= row["to"] for row in first) for bid in ("3.141592653", "10.141592653")]
    assert placed == [True, True]


def test_bids_are_rows_only_where_the_terms_open_them(open_book: talea.Simulation, rounds: talea.Simulation) -> None:
    assert rounds.transcript.bids() == []
    bids = open_book.transcript.bids()
    assert len(bids) > 1 and all(type(bid["price"]) is Decimal for bid in bids)
    ranked = sum(row["ranked"] for row in open_book.transcript.outcome())
    assert len(bids) == ranked


def test_what_a_caller_changes_is_its_own(rounds: talea.Simulation) -> None:
    transcript = rounds.transcript
    transcript.outcome()[0]["winners"].append("nobody")
    transcript.terms["lots"].clear()
    transcript.verification.to_dict()["checks"].clear()
    assert transcript.outcome()[0]["winners"] == ["second"]
    assert transcript.terms["lots"] and transcript.verification.checks


def test_a_market_has_its_trades_at_the_price(curves: talea.Simulation) -> None:
    transcript = curves.transcript
    (row,) = transcript.outcome()
    trades = transcript.trades()
    assert row["ending"] == "cleared" and row["price"] == Decimal("70.00")
    assert sum(trade["units"] for trade in trades) == 60
    assert row["winners"] == [trade["party"] for trade in trades if trade["units"] > 0]
    for trade in trades:
        assert trade["side"] == "buy" and trade["units"] == trade["better"] + trade["shared"]
        assert trade["total"] == trade["units"] * row["price"] and trade["shared"] <= trade["at_price"]
    # Comparisons were hidden, and no answers were asked for.
    assert transcript.excess() == transcript.answers() == transcript.statistics() == []


def test_a_two_sided_market_trades_as_much_as_both_sides_agree_to(two_sided: talea.Simulation) -> None:
    transcript = two_sided.transcript
    (row,) = transcript.outcome()
    traded = {
        side: sum(trade["units"] for trade in transcript.trades() if trade["side"] == side) for side in ("buy", "sell")
    }
    assert traded["buy"] == traded["sell"] == 120
    assert all(trade["amount"] == trade["units"] * row["price"] for trade in transcript.trades())
    excess = transcript.excess()
    assert excess and all(isinstance(tested["units"], int) for tested in excess)
    prices = [tested["price"] for tested in excess if tested["price"] is not None]
    assert prices == sorted(prices, reverse=True)


def test_a_survey_has_exact_statistics_and_no_answer(survey: talea.Simulation) -> None:
    transcript = survey.transcript
    (statistics,) = transcript.statistics()
    answers = [62, 71, 58, 94, 66]
    mean = Fraction(sum(answers), len(answers))
    assert statistics["answers"] == len(answers) and Fraction(statistics["mean"]) == mean
    assert Fraction(statistics["variance"]) == sum((answer - mean) ** 2 for answer in answers) / len(answers)
    herfindahl = sum(Fraction(answer, sum(answers)) ** 2 for answer in answers)
    assert Fraction(statistics["herfindahl"]) == herfindahl
    for row in transcript.answers():
        assert row["answers"] == sum(row["from"] <= answer <= row["to"] for answer in answers)
    assert transcript.outcome()[0]["ending"] == "surveyed" and transcript.bids() == transcript.trades() == []
    assert "answers in each range" in (transcript.depth_svg() or "")


def test_every_table_is_in_pandas_with_exact_numbers(
    open_book: talea.Simulation,
    reserves: talea.Simulation,
    curves: talea.Simulation,
    two_sided: talea.Simulation,
    survey: talea.Simulation,
) -> None:
    assert set(get_args(_tables.Name)) == set(_tables.COLUMNS)
    for simulation in (open_book, reserves, curves, two_sided, survey):
        for name, columns in _tables.COLUMNS.items():
            frame = simulation.transcript.to_pandas(name)  # type: ignore[arg-type]
            rows = simulation.transcript.table(name)  # type: ignore[arg-type]
            assert list(frame.columns) == list(columns) and len(frame) == len(rows)
            for column, kind in columns.items():
                assert "float" not in str(frame[column].dtype), (name, column)
                values = [None if value is pandas.NA else value for value in frame[column]]
                assert values == [row[column] for row in rows], (name, column)
                if kind in ("price", "units", "amount"):
                    assert all(value is None or type(value) is Decimal for value in values)


def test_every_table_is_in_arrow_with_exact_numbers(
    open_book: talea.Simulation,
    reserves: talea.Simulation,
    curves: talea.Simulation,
    two_sided: talea.Simulation,
    survey: talea.Simulation,
) -> None:
    for simulation in (open_book, reserves, curves, two_sided, survey):
        for name, columns in _tables.COLUMNS.items():
            table = simulation.transcript.to_arrow(name)  # type: ignore[arg-type]
            assert table.column_names == list(columns)
            assert table.to_pylist() == simulation.transcript.table(name)  # type: ignore[arg-type]
            for column, kind in columns.items():
                of = table.schema.field(column).type
                assert not pyarrow.types.is_floating(of), (name, column)
                assert pyarrow.types.is_decimal128(of) == (kind in ("price", "units", "amount")), (name, column)


def test_the_largest_numbers_of_the_protocol_fit_arrow() -> None:
    columns = _tables.COLUMNS["accounts"]
    row: dict[str, Any] = {name: Decimal(2**64 - 1) if kind == "units" else "x" for name, kind in columns.items()}
    assert _tables.to_arrow("accounts", [row]).to_pylist() == [row]
    price = {name: None for name in _tables.COLUMNS["depths"]}
    # 2^63 of whole units, and its smallest fraction at 12 places.
    for value in (Decimal(-(2**63)), Decimal("9223372.036854775807"), Decimal("0.000000000001")):
        row = {**price, "from": value, "to": value}
        assert _tables.to_arrow("depths", [row]).to_pylist() == [row]


def test_an_unknown_table_is_a_value_error_that_names_the_others(rounds: talea.Simulation) -> None:
    for ask in (rounds.transcript.table, rounds.transcript.to_pandas, rounds.transcript.to_arrow):
        with pytest.raises(ValueError, match="there is no table 'names'; there are lots, outcome"):
            ask("names")  # type: ignore[arg-type]


@pytest.mark.parametrize(("module", "extra"), [("pandas", "pandas"), ("pyarrow", "arrow")])
def test_without_an_extra_one_hears_what_to_install(
    module: str, extra: str, rounds: talea.Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'talea\[{extra}\]'"):
        getattr(rounds.transcript, "to_pandas" if extra == "pandas" else "to_arrow")()


def test_an_auction_that_is_not_over_has_lots_and_no_accounts() -> None:
    transcript = talea.read(ROOT / "docs" / "vectors" / "transcripts" / "undecided.talea")
    assert transcript.verification.verdict == "undecided"
    assert len(transcript.lots()) == len(transcript.outcome()) > 0
    assert transcript.accounts() == []
    assert transcript.depth_svg() is None


def test_a_notebook_shows_table_and_picture_and_no_markup_of_strangers(rounds: talea.Simulation) -> None:
    shown = rounds._repr_html_()
    assert "<td>second</td>" in shown and "24.141592653" in shown
    drawn = base64.b64decode(shown.split('src="data:image/svg+xml;base64,')[1].split('"')[0])
    assert drawn.decode() == rounds.depth_svg()
    names = {key: "<script>alert(1)</script>" for key in rounds.names}
    transcript = talea.read(rounds.transcript_bytes, names)
    assert "<script" not in transcript._repr_html_()
    picture = transcript.depth_svg()
    assert picture is not None and "<script" not in picture
    assert "&lt;script&gt;" in picture


def test_a_notebook_shows_the_beginning_of_a_long_list() -> None:
    lots = "".join(
        f'''
[[lots]]
name = "Chair {number}"
identifier = "chair {number}"
side = "sale"
scale = "decimal 0"
start = "1"
tick = "1"
levels = 2
'''
        for number in range(52)
    )
    chairs = talea.run(f'''
title = "Chairs"
seed = 1
{lots}
[[quorum]]
name = "one"
threshold = 1
members = 1
''')
    shown = chairs._repr_html_()
    assert "<td>chair 49</td>" in shown and "<td>chair 50</td>" not in shown
    assert "and 2 more lots" in shown and len(chairs.transcript.outcome()) == 52
