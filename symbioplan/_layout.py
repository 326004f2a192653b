"""Our packages have everyday names; say so clearly when a file of the user's hides one of them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("data", "siting", "routing", "models", "maps")


def check_layout() -> None:
    """Raise if one of our packages is hidden by something else of the same name.

    Raises
    ------
    ImportError
        Naming the file that hides the package, and the remedy.
    """
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = find_spec(name)
        found = spec.origin if spec is not None else None
        if found is None or Path(found).resolve() != home / name / "__init__.py":
            where = f"{found} hides" if found else "nothing was found for"
            msg = f"{where} symbioplan's package {name!r}: rename that file or folder, or run from another folder"
            raise ImportError(msg, name=name, path=found)
