"""TOML written back, and pydantic's complaints turned into faults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from data.errors import Fault


def toml_value(value: object) -> str:
    """Return a value as TOML spells it; tables are inline tables."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON strings are TOML's


def toml_key(key: object) -> str:
    """Return one name of a key as TOML spells it, quoted where it must be."""
    text = str(key)
    bare = bool(text) and text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if bare else json.dumps(text, ensure_ascii=False)


def dump_toml(content: Mapping[str, object]) -> str:
    """Return plain values, lists and up to one level of tables as TOML; deeper ones are inline tables."""
    plain = {key: value for key, value in content.items() if not isinstance(value, Mapping)}
    lines = [f"{toml_key(key)} = {toml_value(value)}" for key, value in plain.items()]
    for name, table in content.items():
        if isinstance(table, Mapping) and table:
            lines += [
                "",
                f"[{toml_key(name)}]",
                *(f"{toml_key(key)} = {toml_value(value)}" for key, value in table.items()),
            ]
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
