import pytest

from data.plan import Plan
from maps import layers
from maps.headline import headline
from maps.parties import GETS, GIVES, Parties, balances, users
from maps.scene import Scene
from tests.maps.conftest import with_hub, with_market


def entry(scene: Scene, party: int, side: int, name: str) -> dict[str, object]:
    found = [e for e in balances(scene, Parties.of(scene)) if (e["party"], e["side"], e["name"]) == (party, side, name)]
    assert len(found) == 1
    return found[0]


def test_a_supply_goes_to_several_and_some_is_left(study, plan):
    scene = Scene(study, plan)
    plants = Parties.of(scene).plants
    steam = entry(scene, plants["power"], GIVES, "Process steam")
    sent = (215_000 + 140_000) * 1.01
    assert steam["lines"] == [
        [plants["pharma"], "217,150 t/year", "pipeline"], [plants["refinery"], "141,400 t/year", "pipeline"],
    ]  # fmt: skip
    assert steam["total"] == f"{sent + 45_000:,.0f} t/year"
    assert steam["left"] == f"45,000 t/year ({100 * 45_000 / (sent + 45_000):.1f} %)"
    assert steam["colour"] == scene.colours["steam"]


def test_a_demand_comes_from_a_partner_and_some_is_bought(study, plan):
    scene = Scene(study, plan)
    plants = Parties.of(scene).plants
    steam = entry(scene, plants["pharma"], GETS, "Process steam")
    assert steam["lines"] == [[plants["power"], "215,000 t/year", "pipeline"]]
    assert steam["total"] == "220,000 t/year"
    assert steam["left"].startswith("5,000 t/year")


def test_without_a_plan_everything_is_left(study):
    scene = Scene(study, Plan(problem="x", status="infeasible"))
    steam = entry(scene, 0, GIVES, "Process steam")
    assert (steam["lines"], steam["total"], steam["left"]) == ([], "400,000 t/year", "400,000 t/year (100 %)")


def test_a_hub_takes_and_gives_in_its_own_name(study, plan):
    scene = Scene(study, with_hub(plan))
    parties = Parties.of(scene)
    hub = parties.hubs["ash_wash"]
    assert hub == len(study.plants)
    assert entry(scene, hub, GETS, "Fly ash")["lines"] == [[parties.plants["power"], "15,000 t/year", "truck"]]
    given = entry(scene, hub, GIVES, "FGD gypsum")
    assert given["lines"] == [[parties.plants["cement"], "12,120 t/year", "truck"]]
    assert not [
        e for e in balances(scene, parties) if e["party"] == parties.plants["gypsum"] and e["name"] == "Fly ash"
    ]


def test_what_a_hub_buys_and_disposes_of_is_nobodys(study, plan):
    scene = Scene(study, with_market(plan))
    parties = Parties.of(scene)
    assert list(parties.hubs) == ["ash_wash"]
    bought = entry(scene, parties.hubs["ash_wash"], GETS, "Surface water")
    assert (bought["lines"], bought["left"]) == ([], "400 m3/year (100 %)")
    assert entry(scene, parties.hubs["ash_wash"], GIVES, "Sludge")["left"] == "90 t/year (100 %)"
    assert len(layers.hubs(scene)) == 1
    assert len(layers.exchanges(scene)) == len(with_hub(plan).exchanges)
    assert "10 exchanges" in headline(scene).counts


@pytest.mark.parametrize(
    ("key", "resource", "names"),
    [("c1", "steam", ["power", "refinery", "pharma"]), ("c2", "refinery_gas", ["refinery", "gypsum"]),
     ("t2", "fly_ash", ["power", "cement"])],
)  # fmt: skip
def test_users_of_a_pipe_or_route(study, plan, key, resource, names):
    scene = Scene(study, plan)
    parties = Parties.of(scene)
    assert users(scene, parties)[key, resource] == sorted(parties.plants[name] for name in names)
