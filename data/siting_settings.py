"""Settings of ``[siting]``: where a hub or a newcomer may stand, what makes a place good, which places are tried."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from data.settings_base import Download, LayerSpec, PositiveFloat, Section, Share, check_rising, spelled_out

NotNegative = Annotated[float, Field(ge=0)]
Origin = Literal["parcel", "osm", "hexagon", "area"]
OSM = "osm"  # the layer of OpenStreetMap's areas
FUNCTIONS = ("linear", "points", "steps", "classes", "gaussian")


class Rule(Section):
    """What part of which layer a rule looks at."""

    on: str  # a layer of [layers], a [[terrain]] layer, one of [siting.layers], or "osm"
    column: str | None = None  # attribute of a vector layer; "kind" (of roads: "highway") when values are given
    values: tuple[float | str, ...] | None = None  # only features or cells with one of these values


class Exclusion(Rule):
    """Land where nothing may stand.

    Of features (or of cells with one of ``values``) what lies in or ``within_m`` of them, or what lies
    ``beyond_m`` of them; of a raster or a numeric attribute what is ``above`` or ``below`` a limit.
    """

    name: str = ""  # made from the layer when blank
    within_m: NotNegative | None = None
    beyond_m: NotNegative | None = None
    above: float | None = None
    below: float | None = None
    of: Literal["value", "slope"] = "value"  # slope: in percent, of a raster of elevations

    @property
    def has_limits(self) -> bool:
        """Return whether the rule is about values rather than about features."""
        return self.above is not None or self.below is not None

    @model_validator(mode="after")
    def _one_kind(self) -> Exclusion:
        near = self.within_m is not None or self.beyond_m is not None
        if self.has_limits and near:
            msg = "either above and below, or within_m and beyond_m"
            raise ValueError(msg)
        if self.has_limits and self.values is not None:
            msg = "values without above and below"
            raise ValueError(msg)
        if self.of == "slope" and not self.has_limits:
            msg = "above or below with a slope"
            raise ValueError(msg)
        return self


class Linear(Section):
    """From 0 at ``worst`` to 1 at ``best`` in a straight line, level outside; either may be the larger."""

    worst: float
    best: float

    @model_validator(mode="after")
    def _apart(self) -> Linear:
        if self.worst == self.best:
            msg = "a best that differs from the worst"
            raise ValueError(msg)
        return self


class Gaussian(Section):
    """1 at ``best``, falling off to either side as ``exp(-(x - best)^2 / (2 spread^2))``."""

    best: float
    spread: PositiveFloat  # standard deviation


class Criterion(Rule):
    """One thing that makes a place better or worse: a value of each cell, and what it is worth from 0 to 1.

    Exactly one of ``linear``, ``points``, ``steps``, ``classes`` and ``gaussian``.
    """

    name: Annotated[str, Field(min_length=1)]
    weight: NotNegative | None = None  # relative to the others'; 1 when no criterion has one
    of: Literal["distance", "value", "slope"] | None = None  # distance (m) of features, value of rasters and classes
    linear: Linear | None = None
    points: tuple[tuple[float, Share], ...] | None = None  # straight lines between the points, level outside
    steps: tuple[tuple[float, Share], ...] | None = None  # up to the value, its worth; the last one beyond
    classes: dict[str, Share] | None = None  # worth of each class; one that is not named has `missing`
    gaussian: Gaussian | None = None
    missing: Share = 0.0  # worth where the layer says nothing
    unit: str = ""  # of the value, for people; m of a distance and % of a slope

    @model_validator(mode="after")
    def _one_function(self) -> Criterion:
        given = [name for name in FUNCTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"exactly one of {', '.join(FUNCTIONS)}, not {given or 'nothing'}"
            raise ValueError(msg)
        for name in ("points", "steps"):
            check_rising(getattr(self, name), name, "worth")
        if self.classes is not None and self.of not in (None, "value"):
            msg = f"the value of classes, not their {self.of}"
            raise ValueError(msg)
        return self


class Sensitivity(Section):
    """How far the ranking is tried with other weights."""

    vary: Share = 0.2  # each weight by this share up and down, one at a time, the others in proportion
    samples: Annotated[int, Field(ge=1, le=100_000)] = 1000  # of all weights at once
    # Dirichlet distribution with this times the weights: at 50 a weight of 0.3 has a standard deviation of 0.064.
    concentration: PositiveFloat = 50.0
    top: Annotated[int, Field(ge=1)] = 5  # how often a site is among so many best
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class Siting(Section):
    """``[siting]``: exclusions, criteria, weights and candidate sites."""

    cell_m: PositiveFloat = 50.0
    margin_km: NotNegative = 2.0  # around plants and parcels, where neither bbox nor region says
    bbox: tuple[float, float, float, float] | None = None  # west, south, east, north in degrees
    region: str | None = None  # a layer of polygons: nothing outside them
    layers: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")], LayerSpec] = {}
    download: Download | None = None  # OpenStreetMap's land use where no extract has it; [download] when absent
    exclude_forbidden_zones: bool = True  # land that no pipe may enter is no place for a hub either
    exclude: tuple[Exclusion, ...] = ()
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    judgements: tuple[tuple[str, str, PositiveFloat], ...] = ()  # the first matters so many times as much as the second
    # Of judgements that contradict each other more than this nothing should be concluded (Saaty 1980).
    max_inconsistency: PositiveFloat = 0.1
    candidates: tuple[Origin, ...] | None = None  # parcels where the study has some, hexagons otherwise
    osm_kinds: tuple[str, ...] = ("industrial", "brownfield")
    hexagon_m: PositiveFloat = 400.0  # from side to opposite side
    spacing_m: NotNegative = 500.0  # between sites that are found; parcels of the study stay
    max_sites: Annotated[int, Field(ge=1)] = 30  # that are found; parcels of the study come on top
    min_area_ha: NotNegative = 1.0
    min_score: Share = 0.5  # hexagons and areas cover cells at least this suitable
    sensitivity: Sensitivity = Sensitivity()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return exclusions and criteria."""
        return (*self.exclude, *self.criteria)

    @model_validator(mode="before")
    @classmethod
    def _bare_paths(cls, values: object) -> object:
        return spelled_out(values, "layers") if isinstance(values, dict) else values

    @field_validator("exclude")
    @classmethod
    def _named(cls, rules: tuple[Exclusion, ...]) -> tuple[Exclusion, ...]:
        """Give each exclusion without a name that of its layer, numbered where there are several."""
        wanted = [rule.name or rule.on for rule in rules]
        count, seen = Counter(wanted), Counter[str]()
        named = []
        for rule, name in zip(rules, wanted, strict=True):
            seen[name] += 1
            named.append(rule.model_copy(update={"name": f"{name} {seen[name]}" if count[name] > 1 else name}))
        return tuple(named)

    @model_validator(mode="after")
    def _weighed_once(self) -> Siting:
        names = [criterion.name for criterion in self.criteria]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"criteria: a name of its own for each, not {', '.join(twice)} twice"
            raise ValueError(msg)
        weights = [criterion.weight for criterion in self.criteria]
        some = [weight for weight in weights if weight is not None]
        if self.judgements and some:
            msg = "either judgements or weights of the criteria"
            raise ValueError(msg)
        if some and (len(some) < len(weights) or sum(some) == 0):
            msg = "a weight for every criterion or for none, and one at least above 0"
            raise ValueError(msg)
        if self.judgements:
            _complete([(first, second) for first, second, _ in self.judgements], names)
        return self


def _complete(pairs: list[tuple[str, str]], names: list[str]) -> None:
    """Raise unless every two criteria are compared exactly once."""
    unknown = sorted({name for pair in pairs for name in pair} - set(names))
    if unknown:
        msg = f"judgements: names of criteria ({', '.join(names)}), not {', '.join(unknown)}"
        raise ValueError(msg)
    compared = Counter(frozenset(pair) for pair in pairs)
    lost = [f"{a} and {b}" for a, b in combinations(names, 2) if frozenset((a, b)) not in compared]
    again = [" and ".join(sorted(pair)) for pair, count in compared.items() if count > 1 or len(pair) == 1]
    if lost or again:
        said = "; ".join(f"{what}: {', '.join(of)}" for what, of in (("missing", lost), ("again", sorted(again))) if of)
        msg = f"judgements: each two criteria once; {said}"
        raise ValueError(msg)
