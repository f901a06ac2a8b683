"""Every known word of a text replaced, the longest first, from left to right, in one pass.

That is what OpenCC does with words of the other script, in C++ and in a few microseconds; here it is given tables
of our own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from opencc import OpenCC


def replacing(table: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """A function that replaces the first of each pair with the second. None may hold a tab, a line end or a blank."""
    config = {"name": "words", "conversion_chain": [{"dict": {"type": "text", "file": "words.txt"}}]}
    with TemporaryDirectory() as folder:  # OpenCC reads its tables from files, once
        with Path(folder, "words.txt").open("w", encoding="utf-8") as words:
            words.writelines(f"{word}\t{meant}\n" for word, meant in table)
        Path(folder, "words.json").write_text(json.dumps(config), "utf-8")
        return OpenCC(str(Path(folder, "words.json"))).convert
