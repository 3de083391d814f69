"""The tables of a transcript: which columns they have, of which kind, and how pandas and Arrow take them.

Prices are decimal numbers in the lot's unit, money and quantities whole numbers of units: all of them `Decimal`, never a
double, for `99.62` is none.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas
    import pyarrow

Row = dict[str, Any]

Name = Literal["lots", "outcome", "accounts", "depths", "bids", "trades", "excess", "statistics", "answers"]
"""The tables that a transcript has."""

Kind = Literal["text", "texts", "count", "price", "units", "amount"]

COLUMNS: dict[str, dict[str, Kind]] = {
    "lots": {
        "lot": "count",
        "identifier": "text",
        "name": "text",
        "quantity": "units",
        "side": "text",
        "scale": "text",
        "first_price": "price",
        "last_price": "price",
        "tick": "price",
        "prices": "count",
    },
    "outcome": {
        "lot": "count",
        "identifier": "text",
        "name": "text",
        "quantity": "units",
        "ending": "text",
        "cause": "text",
        "winners": "texts",
        "winner_keys": "texts",
        "price": "price",
        "price_written": "text",
        "commits": "count",
        "ranked": "count",
        "invalid": "count",
        "cover": "price",
        "reserve": "text",
        "reserve_price": "price",
    },
    "accounts": {
        "party": "text",
        "key": "text",
        "role": "text",
        "funded": "units",
        "received": "units",
        "available": "units",
        "settlement": "units",
        "forfeited": "units",
    },
    "depths": {
        "lot": "count",
        "identifier": "text",
        "round": "count",
        "from": "price",
        "to": "price",
        "bids": "count",
    },
    "bids": {
        "lot": "count",
        "identifier": "text",
        "party": "text",
        "key": "text",
        "price": "price",
        "price_written": "text",
    },
    "trades": {
        "lot": "count",
        "identifier": "text",
        "party": "text",
        "key": "text",
        "side": "text",
        "better": "units",
        "at_price": "units",
        "shared": "units",
        "units": "units",
        "total": "price",
        "amount": "amount",
    },
    "excess": {
        "lot": "count",
        "identifier": "text",
        "level": "count",
        "price": "price",
        "units": "count",
    },
    "statistics": {
        "lot": "count",
        "identifier": "text",
        "answers": "count",
        "sum": "text",
        "mean": "text",
        "variance": "text",
        "herfindahl": "text",
    },
    "answers": {
        "lot": "count",
        "identifier": "text",
        "from": "price",
        "to": "price",
        "answers": "count",
    },
}


def rows(table: str, raw: list[Row]) -> list[Row]:
    """Rows with these columns and no others, numbers as what they are."""
    return [{name: _value(kind, row[name]) for name, kind in COLUMNS[table].items()} for row in raw]


def _value(kind: Kind, value: Any) -> Any:
    return Decimal(value) if kind in ("price", "units", "amount") and value is not None else value


def columns_of(table: str) -> dict[str, Kind]:
    """The columns of a table.

    Raises:
        ValueError: There is no such table.
    """
    if table not in COLUMNS:
        raise ValueError(f"there is no table {table!r}; there are {', '.join(COLUMNS)}")
    return COLUMNS[table]


def to_pandas(table: str, rows: list[Row]) -> pandas.DataFrame:
    """The rows as a data frame; its decimal numbers are `Decimal` objects."""
    library = _imported("pandas", "pandas")
    kinds = columns_of(table)
    types = {"text": "string", "texts": "object", "count": "Int64", "price": "object", "units": "object", "amount": "object"}
    columns = {
        name: library.Series([row[name] for row in rows], dtype=types[kind], name=name)
        for name, kind in kinds.items()
    }
    frame: pandas.DataFrame = library.DataFrame(columns)
    return frame


def to_arrow(table: str, rows: list[Row]) -> pyarrow.Table:
    """The rows as an Arrow table; its decimal numbers are decimal128."""
    library = _imported("pyarrow", "arrow")
    types: dict[Kind, Callable[[], Any]] = {
        "text": library.string,
        "texts": lambda: library.list_(library.string()),
        "count": library.int64,
        # A price has at most 12 places, and fits in 64 bits of its smallest unit.
        "price": lambda: library.decimal128(38, 12),
        # A hundredth of it, where prices are per cents.
        "amount": lambda: library.decimal128(38, 14),
        # Money and quantities are whole numbers of 64 bits.
        "units": lambda: library.decimal128(20, 0),
    }
    schema = library.schema([(name, types[kind]()) for name, kind in columns_of(table).items()])
    made: pyarrow.Table = library.Table.from_pylist(rows, schema=schema)
    return made


def _imported(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"{module} is not installed: pip install 'talea[{extra}]'") from error
