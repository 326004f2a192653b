"""What is being done, said on stderr while it is done."""

from __future__ import annotations

import sys

from models.progress import Progress, silent

__all__ = ["Progress", "silent", "to_stderr"]


def to_stderr(sentence: str) -> None:
    """Say one sentence on stderr at once."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
