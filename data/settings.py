"""Settings of a study: frozen, unknown keys forbidden, passed on as one object.

Each class is one table of ``study.toml``. Defaults are assumptions unless the comment names a source.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from data.settings_base import (  # asked for here by whoever reads a layer
    Download,
    PositiveFloat,
    Section,
    Share,
    check_rising,
    spelled_out,
)
from data.settings_base import LayerSpec as LayerSpec
from data.siting_settings import Siting


class Lifetimes(Section):
    """Years over which an asset is paid off."""

    trench: PositiveFloat = 50.0
    pipe: PositiveFloat = 40.0
    loading_bay: PositiveFloat = 20.0
    hub: PositiveFloat = 20.0


class Finance(Section):
    """Prices and rates that turn investments into yearly costs."""

    discount_rate: Annotated[float, Field(ge=0, le=1)] = 0.04
    lifetime_years: Lifetimes = Lifetimes()
    price_year: Annotated[int, Field(ge=1990, le=2100)] = 2024
    co2_price_per_t: Annotated[float, Field(ge=0)] = 70.0
    electricity_price_per_mwh: Annotated[float, Field(ge=0)] = 90.0
    electricity_co2_t_per_mwh: Annotated[float, Field(ge=0)] = 0.12
    heat_price_per_mwh: Annotated[float, Field(ge=0)] = 40.0
    heat_co2_t_per_mwh: Annotated[float, Field(ge=0)] = 0.224  # natural gas at 0.202 t/MWh (IPCC 2006), 90 % boiler
    pipe_upkeep_share: Share = 0.009  # yearly, of the investment: 0.9 % for CO2 pipes (Danish Energy Agency)

    def annuity(self, lifetime_years: float) -> float:
        """Return the yearly payment for one unit of money invested (capital recovery factor).

        ``r / (1 - (1 + r)**-n)``, and ``1 / n`` at a rate of zero.
        """
        rate = self.discount_rate
        if rate == 0:
            return 1 / lifetime_years
        return float(rate / (1 - (1 + rate) ** -lifetime_years))


class VehicleOverride(Section):
    """Values of one vehicle class that the study sets itself."""

    cost_per_km: Annotated[float, Field(ge=0)] | None = None
    cost_per_h: Annotated[float, Field(ge=0)] | None = None
    payload_t: PositiveFloat | None = None
    volume_m3: PositiveFloat | None = None
    load_h: Annotated[float, Field(ge=0)] | None = None
    unload_h: Annotated[float, Field(ge=0)] | None = None
    empty_return: Share | None = None
    max_speed_kmh: PositiveFloat | None = None
    length_m: PositiveFloat | None = None
    width_m: PositiveFloat | None = None
    co2_laden_kg_per_km: Annotated[float, Field(ge=0)] | None = None
    co2_empty_kg_per_km: Annotated[float, Field(ge=0)] | None = None
    fixed_cost: Annotated[float, Field(ge=0)] | None = None  # one vehicle per year; cost_per_h holds its share per hour
    hours_per_year: Annotated[float, Field(gt=0, le=8784)] | None = None
    resources: tuple[str, ...] | None = None  # exactly what it may carry, instead of by body


class Trucks(Section):
    """Which vehicles haul what, and how far."""

    classes: tuple[str, ...] | None = None  # vehicle classes of the catalogue in use; all when absent
    whole_vehicles: bool = False  # vehicles are bought whole; otherwise each haul pays for the hours it takes
    max_distance_km: PositiveFloat = 1000.0
    max_snap_km: PositiveFloat = 3.0  # a plant farther from any road is unreachable by truck
    access_kmh: PositiveFloat = 20.0  # speed on the leg between a plant and the road
    # A class that may not use the road nearest to a gate leaves by another at most this much farther away.
    other_road_m: Annotated[float, Field(ge=0)] = 250.0
    speed_caps_kmh: dict[str, PositiveFloat] = {}  # highway class -> the country's cap for trucks
    toll_per_km: Annotated[float, Field(ge=0)] = 0.0  # on edges tagged toll=yes
    # A km signed hgv=designated weighs this much of another when ways are compared; what is reported is true.
    designated_factor: Annotated[float, Field(gt=0, le=1)] = 0.9
    # Where heights are known: share of cost_per_km that follows the fuel. Fuel is 50 to 70 % of the distance
    # cost of an articulated truck (assumption after Comité National Routier's yearly breakdowns).
    fuel_share: Annotated[float, Field(ge=0, lt=1)] = 0.6
    loading_bay_cost: Annotated[float, Field(ge=0)] = 60000.0  # one bay per exchange, invested
    vehicles: dict[str, VehicleOverride] = {}


class VelocityLimits(Section):
    """Greatest mean velocity in a pipe by what flows, m/s."""

    liquid: PositiveFloat = 2.0
    slurry: PositiveFloat = 1.8
    gas: PositiveFloat = 15.0
    steam: PositiveFloat = 35.0
    heat: PositiveFloat = 2.5


class Pipelines(Section):
    """How corridors are found and pipes are sized and paid."""

    cell_m: PositiveFloat = 50.0
    neighbourhood: Literal[8, 16] = 8  # moves from a cell; 16 add those of a chess knight
    margin_km: PositiveFloat = 3.0  # the surface reaches this far beyond the outermost terminal
    memory_gib: PositiveFloat = 8.0  # what surface and search may take, beside the rasters read
    max_distance_km: PositiveFloat = 30.0  # farther pairs (straight line) are not offered a pipe
    resources: tuple[str, ...] | None = None  # which may be piped; the catalogue decides when absent
    full_load_hours: Annotated[float, Field(gt=0, le=8784)] = 8000.0
    velocity_m_per_s: VelocityLimits = VelocityLimits()
    max_pressure_drop_bar_per_km: PositiveFloat = 1.5
    pump_efficiency: Annotated[float, Field(gt=0, le=1)] = 0.7
    roughness_mm: PositiveFloat = 0.05
    ground_temperature_c: float = 10.0
    sharing_discount: Annotated[float, Field(gt=0, le=1)] = 0.6  # cost of a cell that another path uses already
    fork_gain: Annotated[float, Field(ge=0, le=1)] = 0.1  # a junction of three ways must save this much (decision 0006)
    right_of_way_per_m: Annotated[float, Field(ge=0)] = 20.0
    cost_factor: PositiveFloat = 1.0  # on all pipe and trench costs: the region's price level
    landcover_factors: dict[str, PositiveFloat] = {}  # land-cover class -> factor; 0 is not allowed
    landcover_forbidden: tuple[int, ...] = ()
    slope_factor_per_percent: Annotated[float, Field(ge=0)] = 0.02
    compressor_efficiency: Annotated[float, Field(gt=0, le=1)] = 0.75  # of gases; pumps have their own
    max_detour: Annotated[float, Field(ge=1)] = 2.0  # a way this much dearer than a pair's best one is not offered
    max_options: Annotated[int, Field(ge=1)] = 5  # diameters per corridor and resource
    max_loss: Annotated[float, Field(gt=0, lt=1)] = 0.5  # a pipe that loses more of what it carries is no option
    max_access_m: PositiveFloat = 1000.0  # a plant farther (and than 5 cells) from allowed ground has no pipe
    snap_m: Annotated[float, Field(ge=0)] = 50.0  # an existing pipe that ends this near a plant is joined to it


NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class Phases(Section):
    """Periods one after the other; without them a plan is about one year that stands for all."""

    start_year: Annotated[int, Field(ge=1900, le=2200)]
    years: Annotated[tuple[Annotated[int, Field(ge=1, le=100)], ...], Field(min_length=1)]  # length of each period

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return the first and the last year of each period."""
        starts = accumulate(self.years, initial=self.start_year)
        return tuple((start, start + years - 1) for start, years in zip(starts, self.years, strict=False))

    def weights(self, discount_rate: float) -> tuple[float, ...]:
        """Return the sum of discount factors of each period's years, ``(1 + r)**-k`` in the k-th year of all.

        Paid at the end of the year, as :meth:`Finance.annuity` assumes: an asset's yearly payments over its
        lifetime are then worth what was invested.
        """
        return tuple(
            sum((1 + discount_rate) ** -(year - self.start_year + 1) for year in range(first, last + 1))
            for first, last in self.spans
        )


class Hubs(Section):
    """Which technologies may stand where. Without this table and without technologies of its own a study has none."""

    enabled: bool = True
    technologies: tuple[str, ...] | None = None  # which of the catalogue and the study's own; all when absent
    at: Literal["sites", "plants", "both"] = "sites"
    places: tuple[str, ...] | None = None  # only these sites or plants; all when absent
    max_modules: Annotated[int, Field(ge=1)] | None = None  # of each at one place, instead of the technology's own
    between_places: bool = False  # what one hub makes may go to a hub elsewhere, not only to one beside it
    max_pipe_km: PositiveFloat | None = None  # straight line to a hub beyond which no pipe is offered, only trucks
    buy: bool = True  # beside its first resource a hub may buy what it eats at the virgin price
    dispose: bool = True  # what a hub makes may be disposed of at its disposal cost
    cost_factor: PositiveFloat = 1.0  # on the investment: the region's price level


class Limits(Section):
    """What a plan must respect whatever it costs."""

    co2_cap_t_per_year: float | None = None  # in each period
    landfill_cap_t_per_year: NotNegative | None = None  # in each period: mass of what is disposed of
    max_partners: Count | None = None  # plants that give or take anything in any period
    investment_budget: NotNegative | tuple[NotNegative, ...] | None = None  # in each period, or one per period
    max_new_partners: Count | tuple[Count, ...] | None = None  # in each period, or one per period
    max_hub_sites: Count | tuple[Count, ...] | None = None  # places where hubs stand by then; or one per period
    # (from, to) or (from, to, resource): plants, or sites of hubs; the resource as given or as received.
    forced_exchanges: tuple[tuple[str, str] | tuple[str, str, str], ...] = ()
    forbidden_exchanges: tuple[tuple[str, str] | tuple[str, str, str], ...] = ()
    # A forced exchange carries at least this share of the smaller of what is given and wanted (assumption).
    forced_share: Annotated[float, Field(gt=0, le=1)] = 0.01
    forced_corridors: tuple[str, ...] = ()  # dug and paid for, whether or not anything flows
    forbidden_corridors: tuple[str, ...] = ()
    forced_hubs: tuple[str, ...] = ()  # at least one module stands
    forbidden_hubs: tuple[str, ...] = ()


LIMITS_BY_PERIOD = ("investment_budget", "max_new_partners", "max_hub_sites")  # one number, or one for each


class Solver(Section):
    """How hard the optimiser tries."""

    gap: Annotated[float, Field(ge=0, lt=1)] = 1e-4
    time_limit_s: PositiveFloat = 300.0
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    threads: Annotated[int, Field(ge=1)] = 1
    method: Literal["auto", "exact", "heuristic"] = "auto"
    options: dict[str, str | int | float | bool] = {}  # passed to HiGHS as they are, and recorded


class World(Section):
    """Coarse highways of the world for hauls beyond the study's own roads; needs the extra ``world``."""

    margin_km: PositiveFloat = 100.0  # kept around the plants and the study's own roads
    join_km: PositiveFloat = 5.0  # a world road that enters the study's roads meets a main road this near
    speed_kmh: PositiveFloat = 65.0  # of a truck on any of them, stops left out: assumption
    links: tuple[tuple[float, float, float, float], ...] = ()  # lon, lat to lon, lat: bridges that the world lacks


class Distance(Section):
    """A factor around features or cells that fades with the distance to them."""

    within_m: PositiveFloat
    factor: PositiveFloat | Literal["forbidden"]  # at the features themselves
    decay: Literal["linear", "exponential", "step"] = "linear"  # to 1 at within_m; a step does not fade


RULES = ("classes", "steps", "points", "distance", "discount", "crossing_cost", "forbidden_above", "forbidden_below")


class TerrainSpec(LayerSpec):
    """One ``[[terrain]]`` table: a raster or vector layer and what it means for laying pipe.

    Exactly one of ``classes``, ``steps``, ``points``, ``distance``, ``discount`` and ``crossing_cost``,
    or ``forbidden_above`` and ``forbidden_below``, which ``steps`` and ``points`` may have with them.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    column: str | None = None  # of a vector layer: which attribute is the value
    values: tuple[float | str, ...] | None = None  # distance, discount, crossing_cost: only these values count
    of: Literal["value", "slope"] = "value"  # slope: in percent, of a raster of elevations
    classes: dict[str, PositiveFloat | Literal["forbidden"]] | None = None
    steps: tuple[tuple[float, PositiveFloat], ...] | None = None  # up to the value, the factor; the last one beyond
    points: tuple[tuple[float, PositiveFloat], ...] | None = None  # straight lines in between, level outside
    distance: Distance | None = None
    discount: Annotated[float, Field(gt=0, le=1)] | None = None  # factor along rights of way; the deepest counts
    crossing_cost: Annotated[float, Field(ge=0)] | None = None  # of one trench crossing a line once
    forbidden_above: float | None = None
    forbidden_below: float | None = None

    @property
    def rule(self) -> str:
        """Return the rule's name; ``forbidden`` where only limits are set."""
        return next((name for name in RULES[:6] if getattr(self, name) is not None), "forbidden")

    @model_validator(mode="after")
    def _one_rule(self) -> TerrainSpec:
        given = [name for name in RULES if getattr(self, name) is not None]
        main = [name for name in given if name in RULES[:6]]
        if not given or len(main) > 1 or (given != main and main and main[0] not in ("steps", "points")):
            msg = f"exactly one of {', '.join(RULES[:6])}, or forbidden_above or _below, not {given or 'nothing'}"
            raise ValueError(msg)
        for name in ("steps", "points"):
            check_rising(getattr(self, name), name, "factor")
        return self


LAYERS = (
    "plants", "streams", "resources", "technologies", "recipes", "roads", "zones", "crossings",
    "pipelines", "sites", "gates", "elevation", "landcover", "site_scores", "suitability",
)  # fmt: skip


class Settings(Section):
    """A whole ``study.toml``."""

    name: Annotated[str, Field(min_length=1)]
    crs: str
    currency: str = "EUR"
    description: str = ""
    sources: tuple[str, ...] = ()
    layers: dict[str, LayerSpec]
    download: Download | None = None
    world: World | None = None
    finance: Finance = Finance()
    trucks: Trucks = Trucks()
    pipelines: Pipelines = Pipelines()
    terrain: tuple[TerrainSpec, ...] = ()
    hubs: Hubs | None = None
    phases: Phases | None = None
    limits: Limits = Limits()
    siting: Siting | None = None
    solver: Solver = Solver()

    @field_validator("terrain")
    @classmethod
    def _own_names(cls, terrain: tuple[TerrainSpec, ...]) -> tuple[TerrainSpec, ...]:
        names = [spec.name.lower() for spec in terrain]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"a name of its own for each terrain layer, not {', '.join(twice)} twice"
            raise ValueError(msg)
        return terrain

    @model_validator(mode="after")
    def _one_limit_per_phase(self) -> Settings:
        count = len(self.phases.years) if self.phases is not None else 1
        for name in LIMITS_BY_PERIOD:
            values = getattr(self.limits, name)
            if isinstance(values, tuple) and len(values) != count:
                msg = f"limits.{name}: one number, or one for each of {count} phases, not {len(values)}"
                raise ValueError(msg)
        return self

    @model_validator(mode="before")
    @classmethod
    def _bare_paths(cls, values: dict[str, object]) -> object:
        return spelled_out(values, "layers")
