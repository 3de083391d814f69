"""Where a transcript comes from: a file, or bytes at hand."""

from __future__ import annotations

import os
from typing import Union

from talea import _native

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview]
"""A path, or the bytes themselves."""


def record(source: Source) -> _native.Record:
    """The transcript, verified."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _native.Record.of_bytes(bytes(source))
    return _native.Record.of_file(os.fspath(source))
