"""What a transcript says, once it was verified."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, cast

from talea import _native, _tables
from talea._errors import TaleaError
from talea._pictures import Svg, html_table
from talea._source import Source, record
from talea._tables import Name, Row
from talea._verification import Verification

if TYPE_CHECKING:
    import pandas
    import pyarrow


SHOWN = 50
"""Lots that a notebook shows; a list can have a thousand."""


class Transcript:
    """The public record of an auction: its terms, and what follows from the entries.

    Nothing in it is believed: all figures are derived by the independent verifier. Prices, money and quantities are
    `Decimal`. Each table is a new list of dictionaries.
    """

    def __init__(self, record: _native.Record, names: Mapping[str, str] | None = None) -> None:
        self._record = record
        self._verification = Verification(record)
        if self._verification.verdict == "invalid":
            raise TaleaError(
                "run.transcript-invalid",
                f"the verifier refuses the transcript: {self._verification.reason}",
                "what an invalid transcript says is worth nothing; talea.verify says what is wrong with it",
            )
        self._names = dict(names or {})
        self._lots: list[Row] = json.loads(record.lots())

    @property
    def verification(self) -> Verification:
        """What the verifier found: `valid`, or `undecided` while the auction is not over."""
        return self._verification

    @property
    def terms(self) -> dict[str, Any]:
        """The terms, as `talea terms show --json` writes them (schema `talea-terms/2`)."""
        return cast("dict[str, Any]", json.loads(self._record.terms() or "{}"))

    @property
    def names(self) -> dict[str, str]:
        """What parties are called here, by their keys. A transcript itself knows keys alone."""
        return dict(self._names)

    def lots(self) -> list[Row]:
        """What is auctioned: a row for each lot, with its price grid."""
        raw = [
            {
                **lot,
                "first_price": lot["first_price_decimal"],
                "last_price": lot["last_price_decimal"],
                "tick": lot["tick_decimal"],
            }
            for lot in self.terms["lots"]
        ]
        return _tables.rows("lots", raw)

    def outcome(self) -> list[Row]:
        """How each lot ended: `ending` is `sold`, `declined`, `below-reserve`, `unsold`, `void`, `halted` or `undecided`.

        A market of curves is `cleared`, `no-trade` or `one-sided`, and a survey `surveyed` or `too-few-answers`. The winners
        of a market are all who trade; it has a price if all of them pay the same for a unit.
        """
        return _tables.rows("outcome", [self._outcome(lot) for lot in self._lots])

    def accounts(self) -> list[Row]:
        """What became of each party's money, in units of the custodian's currency. Empty while the auction is not over."""
        accounts = self._verification.to_dict()["accounts"]
        raw = [{**row, "party": self._called(row["party"]), "key": row["party"]} for row in accounts]
        return _tables.rows("accounts", raw)

    def depths(self) -> list[Row]:
        """How many bids lie in each range of prices, the best ones left out, as far as the terms disclose it.

        A row for each lot, round and range, both ends included. `round` is None for the depth at the end.
        """
        raw = []
        for lot in self._lots:
            shown = [(survey["round"], survey["depth"]) for survey in lot["surveys"]]
            for round, depth in [*shown, (None, lot["depth"])]:
                for bucket in depth or []:
                    ends = {"from": bucket["from_decimal"], "to": bucket["to_decimal"]}
                    raw.append({**_of_lot(lot), "round": round, "bids": bucket["bids"], **ends})
        return _tables.rows("depths", raw)

    def bids(self) -> list[Row]:
        """Every bid of a lot whose terms open all of them. Empty for others: losing bids stay secret."""
        raw = [
            {
                **_of_lot(lot),
                "party": self._called(bid["party"]),
                "key": bid["party"],
                "price": bid["price_decimal"],
                "price_written": bid["price"],
            }
            for lot in self._lots
            for bid in lot["bids"] or []
        ]
        return _tables.rows("bids", raw)

    def trades(self) -> list[Row]:
        """What each bid of a market of curves trades, or would at the price: a row for each lot and bid.

        `total` is units times prices, in the unit of prices; `amount` is that in the terms' currency, where prices are
        amounts.
        """
        raw = [
            {**trade, **_of_lot(lot), "party": self._called(trade["party"]), "key": trade["party"]}
            for lot in self._lots
            for trade in (lot["clearing"] or {"trades": []})["trades"]
        ]
        return _tables.rows("trades", raw)

    def excess(self) -> list[Row]:
        """What is wanted beyond what is offered, a row for each lot and price where that was opened.

        `price` is None beyond the last price, where a search may ask all the same.
        """
        raw = [
            {**tested, **_of_lot(lot), "price": tested["price_decimal"]}
            for lot in self._lots
            for tested in (lot["clearing"] or {"excess": []})["excess"]
        ]
        return _tables.rows("excess", raw)

    def statistics(self) -> list[Row]:
        """What surveys opened of all answers. Numbers are exact, as text that `fractions.Fraction` reads: `93.5` or `281/3`."""
        raw = [{**lot["statistics"], **_of_lot(lot)} for lot in self._lots if lot["statistics"]]
        return _tables.rows("statistics", raw)

    def answers(self) -> list[Row]:
        """How many answers to a survey lie in each bin, both ends included."""
        raw = [
            {**_of_lot(lot), "from": bin["from_decimal"], "to": bin["to_decimal"], "answers": bin["answers"]}
            for lot in self._lots
            for bin in (lot["statistics"] or {"bins": None})["bins"] or []
        ]
        return _tables.rows("answers", raw)

    def table(self, name: Name = "outcome") -> list[Row]:
        """One of the tables above, by its name.

        Raises:
            ValueError: There is no such table.
        """
        _tables.columns_of(name)
        return cast("list[Row]", getattr(self, name)())

    def to_pandas(self, table: Name = "outcome") -> pandas.DataFrame:
        """A table for pandas (`pip install 'talea[pandas]'`). Prices and money are `Decimal` objects."""
        return _tables.to_pandas(table, self.table(table))

    def to_arrow(self, table: Name = "outcome") -> pyarrow.Table:
        """A table for Arrow (`pip install 'talea[arrow]'`). Prices and money are decimal128."""
        return _tables.to_arrow(table, self.table(table))

    def depth_svg(self, lot: int | None = None, title: str = "Depth") -> Svg | None:
        """The depths of a lot, or of all, as one picture; of a survey its histogram. None where the terms disclose none.

        Raises:
            IndexError: There is no such lot.
        """
        if lot is not None and not 0 <= lot < len(self._lots):
            raise IndexError(f"there is no lot {lot}; there are {len(self._lots)}, from 0")
        drawn = self._record.depth_svg(title, self._names, lot)
        return None if drawn is None else Svg(drawn)

    def __repr__(self) -> str:
        verdict = self._verification.verdict.upper()
        return f"<Transcript {verdict}, {len(self._lots)} lots, {self._verification.entries} entries>"

    def _repr_html_(self) -> str:
        return self._html("Depth")

    def _html(self, title: str) -> str:
        """Verdict, outcome and depth, for a notebook."""
        columns = ("lot", "identifier", "name", "ending", "winners", "price", "bids")
        rows = [
            (row["lot"], row["identifier"], row["name"], row["ending"], ", ".join(row["winners"]))
            + (row["price_written"], row["commits"])
            for row in self.outcome()[:SHOWN]
        ]
        more = len(self._lots) - len(rows)
        picture = self.depth_svg(title=title) if more == 0 else None
        image = "" if picture is None else picture.as_image("the depth of each lot")
        if more > 0:
            image = f"<p>and {more} more lots</p>"
        headline = f"<p><strong>{escape(self._record.headline())}</strong></p>"
        return f"{headline}{html_table(columns, rows)}{image}"

    def _called(self, key: str) -> str:
        return self._names.get(key, key)

    def _outcome(self, lot: Row) -> Row:
        keys = [winner["party"] for winner in lot["winners"]]
        reserve = lot["reserve"] or {"state": None, "opened": None}
        return {
            **lot,
            **_of_lot(lot),
            "winners": [self._called(key) for key in keys],
            "winner_keys": keys,
            "price": lot.get("price_decimal"),
            "price_written": lot["price"],
            "cover": lot["cover"] and lot["cover"]["price_decimal"],
            "reserve": reserve["state"],
            "reserve_price": reserve["opened"] and reserve["opened"]["price_decimal"],
        }


def _of_lot(lot: Row) -> Row:
    return {"lot": lot["index"], "identifier": lot["identifier"]}


def read(source: Source, names: Mapping[str, str] | None = None) -> Transcript:
    """Reads a transcript, which is verified first.

    Args:
        source: A path, or the bytes.
        names: What parties are called, by their keys; whoever is not in it is written as its key.

    Raises:
        TaleaError: `file.unreadable`; `run.transcript-invalid` if it is invalid, with check and place.
    """
    return Transcript(record(source), names)
