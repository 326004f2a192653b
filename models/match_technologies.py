"""Which resource technologies can turn into which: what is eaten, made, and made again."""

from __future__ import annotations

from collections.abc import Iterable

from data.study import Study

_MOST_STEPS = 2  # technologies one after the other


def technology_ways(study: Study, resources: Iterable[str], serves: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return for each given resource and each that can be made of it the technologies on the way, in words.

    Of a technology only the resource that its throughput is counted in is given, or the first that it eats when the
    throughput is counted in what it makes; what else it eats are aids. Better grades count as lesser ones before and
    after each technology.

    Parameters
    ----------
    study
        Its technologies and recipes.
    resources
        What is supplied.
    serves
        Pairs (better, lesser) of grades, in any number of steps.
    """
    eats, makes = _recipes(study)
    lesser: dict[str, list[str]] = {}
    for better, other in sorted(serves):
        lesser.setdefault(better, []).append(other)
    ways: dict[tuple[str, str], str] = {}
    for start in resources:
        reached = {start: ""}
        for _ in range(_MOST_STEPS):
            here = {name: way for base, way in reached.items() for name in (base, *lesser.get(base, ()))}
            made = {
                product: f"{here[eaten]} then {technology}" if here[eaten] else technology
                for technology, eaten in eats.items() if eaten in here
                for product in makes.get(technology, ())
            }  # fmt: skip
            reached = {**made, **reached}
        for base, way in reached.items():
            if way:
                for name in (base, *lesser.get(base, ())):
                    ways.setdefault((start, name), way)
    return ways


def _recipes(study: Study) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return what each technology eats, and all that it makes."""
    technologies, recipes = study.technologies, study.recipes
    if not len(technologies) or not len(recipes):
        return {}, {}
    eaten = recipes[recipes["quantity"] < 0].groupby("technology")["resource"].agg(list)
    counted = dict(zip(technologies["technology"], technologies["throughput_resource"], strict=True))
    eats = {name: counted[name] if counted[name] in given else given[0] for name, given in eaten.items()}
    made = recipes[recipes["quantity"] > 0].groupby("technology")["resource"].agg(list)
    return eats, made.to_dict()
