"""TOML written back, and pydantic's complaints turned into faults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from data.errors import Fault


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON strings are TOML's


def _key(key: object) -> str:
    text = str(key)
    bare = bool(text) and text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if bare else json.dumps(text, ensure_ascii=False)


def dump_toml(content: Mapping[str, object]) -> str:
    """Return plain values, lists and up to one level of tables as TOML; deeper ones are inline tables."""
    plain = {key: value for key, value in content.items() if not isinstance(value, Mapping)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for name, table in content.items():
        if isinstance(table, Mapping) and table:
            lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def pydantic_faults(error: ValidationError, file: str, *, prefix: tuple[str, ...] = ()) -> list[Fault]:
    """Return each of pydantic's complaints as a fault that names the key."""
    faults = []
    for item in error.errors():
        key = ".".join(map(str, (*prefix, *item["loc"])))
        if item["type"] == "extra_forbidden":
            faults.append(Fault(file, key, "a key that is not known", "only documented keys"))
        elif item["type"] == "missing":
            faults.append(Fault(file, key, "nothing", "a value"))
        else:
            found = repr(item["input"])
            found = found if len(found) < 80 else found[:77] + "..."
            faults.append(Fault(file, key, found, item["msg"][0].lower() + item["msg"][1:]))
    return faults
