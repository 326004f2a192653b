"""Every key of the settings with its kind, and values as people write them into one cell."""

from __future__ import annotations

import csv
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from data.settings import Settings
from data.sheets import plain_number
from data.tomlfile import toml_key, toml_value

SHEET_LISTS = ("criteria", "exclude", "judgements")  # lists of [siting] that have sheets of their own in a workbook
Kind = Literal["text", "number", "flag", "choice", "any", "list", "pairs"]


@dataclass(frozen=True)
class SettingKey:
    """One key; ``*`` stands for a name that the study chooses."""

    key: str
    kind: Kind
    default: object
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    between: str  # what separates the parts of one pair
    single: bool  # a list that may also be one value
    unit: str
    meaning: str


@cache
def setting_keys() -> Mapping[str, SettingKey]:
    """Return every key in the order of the settings, but those of lists that have sheets of their own."""
    return {key: item for key, item in _every_key().items() if not in_sheet(key.split("."))}


def in_sheet(path: Sequence[str]) -> bool:
    """Return whether a key belongs to a list that has a sheet of its own."""
    return len(path) > 1 and path[0] == "siting" and path[1] in SHEET_LISTS


def rule_key(rules: str, name: str) -> SettingKey:
    """Return the key of a column of the rules of siting: ``criteria`` or ``exclude``."""
    return _every_key()[f"siting.{rules}.*.{name}"]


@cache
def _every_key() -> Mapping[str, SettingKey]:
    with files("data").joinpath("contracts", "settings.csv").open(encoding="utf-8") as text:
        said = {row["key"]: row for row in csv.DictReader(text)}
    return {key: _key(key, field, said.get(key, {})) for key, field in _leaves(Settings, "")}


@cache
def sections() -> Mapping[str, str]:
    """Return what each table of settings is about, by its name."""
    out = {}
    for name, field in Settings.model_fields.items():
        model = _model(field.annotation)
        if model is not None:
            out[name] = (model.__doc__ or "").split("\n")[0]
    return out


def known(path: Sequence[str]) -> SettingKey | None:
    """Return the key that a path of names is, if it is one."""
    for key, item in setting_keys().items():
        parts = key.split(".")
        if len(parts) == len(path) and all(part in ("*", name) for part, name in zip(parts, path, strict=True)):
            return item
    return None


def parse_path(text: str) -> tuple[str, ...]:
    """Return the names of a dotted key, as TOML reads them.

    Raises
    ------
    ValueError
        When it is no key.
    """
    content: object = tomllib.loads(f"{text} = 0")
    path = []
    while isinstance(content, dict):
        if len(content) != 1:
            raise ValueError(text)
        name, content = next(iter(content.items()))
        path.append(name)
    return tuple(path)


def dotted(path: Sequence[str]) -> str:
    """Return a path of names as a dotted key."""
    return ".".join(map(toml_key, path))


def parse_value(cell: object, key: SettingKey | None) -> object:
    """Return what a cell says for a key; what cannot be understood is left for the settings to refuse.

    Raises
    ------
    ValueError
        When it starts like TOML and is none.
    """
    kind = key.kind if key is not None else "any"
    if not isinstance(cell, str):
        if kind in ("text", "choice") and not isinstance(cell, bool):
            return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
        return [cell] if kind in ("list", "pairs") and key is not None and not key.single else cell
    if kind in ("text", "choice"):
        return cell
    if cell.startswith(("[", "{")):
        return tomllib.loads(f"value = {cell}")["value"]
    if kind in ("list", "pairs") and key is not None:
        items = [part.strip() for part in (cell.splitlines() if "\n" in cell else cell.split(";"))]
        parts: list[object] = [_item(item, key) for item in items if item]
        return parts[0] if key.single and len(parts) == 1 else parts
    return _scalar(cell) if kind in ("number", "any") else cell


def write_value(value: object, key: SettingKey | None) -> object:
    """Return a value as a cell that :func:`parse_value` reads back."""
    if isinstance(value, str | bool | int | float):
        return value
    text = toml_value(value)
    if key is None or key.kind not in ("list", "pairs") or not isinstance(value, Sequence):
        return text
    items = [f" {key.between} ".join(map(str, item)) if key.kind == "pairs" else _plain(item) for item in value]
    for joined in ("; ".join(items), "\n".join(items)):
        if joined and parse_value(joined, key) == [list(i) if isinstance(i, tuple | list) else i for i in value]:
            return joined
    return text


def flat(content: Mapping[str, object], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield every leaf of nested settings; tables of an array go by their ``name``."""
    for name, value in content.items():
        here = (*path, name)
        if name == "terrain" and not path and isinstance(value, Sequence):
            for table in value:
                yield from flat({k: v for k, v in table.items() if k != "name"}, (*here, str(table.get("name"))))
        elif isinstance(value, Mapping) and known(here) is None:
            if not value and here == ("world",):
                yield here, True
            yield from flat(value, here)
        else:
            yield here, value


def _item(text: str, key: SettingKey) -> object:
    if key.kind == "pairs":
        return [_scalar(part.strip()) if key.between == "," else part.strip() for part in text.split(key.between)]
    return _scalar(text) if key.between == "number" else text


def _plain(item: object) -> str:
    return item if isinstance(item, str) else repr(item)


def _scalar(text: str) -> object:
    number = plain_number(text)
    if number is None:
        return text
    for make in (int, float):
        try:
            return make(number)
        except ValueError:
            continue
    return text


def _leaves(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        key, inner = f"{prefix}{name}", _model(field.annotation)
        if inner is None:
            yield (f"{key}.*" if _origin(field.annotation) is dict else key), field
            continue
        many = _origin(field.annotation) in (dict, tuple)
        for leaf, found in _leaves(inner, f"{key}.*." if many else f"{key}."):
            if not (_origin(field.annotation) is tuple and leaf == f"{key}.*.name"):
                yield leaf, found


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - annotations are what they are
    """Return an annotation without ``None`` and ``Annotated``."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return _bare(rest[0])
    return annotation


def _origin(annotation: Any) -> Any:  # noqa: ANN401
    return get_origin(_bare(annotation))


def _model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401
    """Return the table of settings that an annotation holds, one or many of."""
    bare = _bare(annotation)
    if get_origin(bare) in (dict, tuple):
        bare = _bare(next(part for part in reversed(get_args(bare)) if part is not Ellipsis))
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def _key(key: str, field: FieldInfo, said: Mapping[str, str]) -> SettingKey:
    bare = _bare(field.annotation)
    if get_origin(bare) is dict:
        bare = _bare(get_args(bare)[1])
    options = [_bare(part) for part in get_args(bare)] if get_origin(bare) in (Union, types.UnionType) else [bare]
    listed = next((part for part in options if get_origin(part) is tuple), None)
    kind, between = _kind(options, listed)
    limits = _limits(field)
    return SettingKey(
        key=key,
        kind=kind,
        default=None if field.is_required() or key.endswith("*") else field.default,
        choices=tuple(map(str, get_args(bare))) if get_origin(bare) is Literal else (),
        minimum=limits[0],
        maximum=limits[1],
        between=between,
        single=listed is not None and len(options) > 1,
        unit=said.get("unit", ""),
        meaning=said.get("meaning", ""),
    )


def _kind(options: list[Any], listed: Any) -> tuple[Kind, str]:  # noqa: ANN401
    if listed is not None:
        inner = [_bare(part) for part in get_args(listed) if part is not Ellipsis]
        rows = [_bare(part) for part in (get_args(inner[0]) or inner)]
        if any(get_origin(part) is tuple for part in (*inner, *rows)):
            texts = any(_bare(cell) is str for row in (*inner, *rows) for cell in get_args(row))
            return "pairs", ">" if texts else ","
        return "list", "text" if str in inner else "number"
    if any(get_origin(part) is Literal for part in options) and len(options) == 1:
        whole = all(isinstance(value, int) for value in get_args(options[0]))
        return ("number" if whole else "choice"), ""
    if options == [str]:
        return "text", ""
    if options == [bool]:
        return "flag", ""
    return ("number" if set(options) <= {int, float} else "any"), ""


def _limits(field: FieldInfo) -> tuple[float | None, float | None]:
    """Return the least and greatest value of a number, as far as the settings say."""
    found: list[Any] = list(field.metadata)
    annotation = field.annotation
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) is Annotated:
            found += [item for extra in get_args(part)[1:] for item in getattr(extra, "metadata", [])]

    def limit(*names: str) -> float | None:
        values = [getattr(item, name, None) for item in found for name in names]
        return next((float(value) for value in values if value is not None), None)

    return limit("ge", "gt"), limit("le", "lt")


__all__ = [
    "SHEET_LISTS",
    "SettingKey",
    "dotted",
    "flat",
    "in_sheet",
    "known",
    "parse_path",
    "parse_value",
    "rule_key",
    "sections",
    "setting_keys",
    "write_value",
]
