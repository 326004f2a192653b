"""What is being done, said on stderr while it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable

Progress = Callable[[str], None]


def silent(_sentence: str) -> None:
    """Say nothing."""


def to_stderr(sentence: str) -> None:
    """Say one sentence on stderr at once."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
