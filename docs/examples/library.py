"""symbioplan as a library: read a study, change a price, plan twice, and say what differs.

    python docs/examples/library.py

The same steps work in a notebook.
"""

from __future__ import annotations

import symbioplan

study = symbioplan.read_study("kalundborg")
print(f"{study.name}: {len(study.plants)} plants, {len(study.streams)} streams")

# What could be built: truck routes, pipeline corridors, and the Problem they make.
candidates = symbioplan.find_candidates(study)
problem = candidates.problem
print(f"{len(problem.routes)} truck routes, {len(problem.corridors)} corridors, {len(problem.pipes)} pipe options")

# What should be built. A Problem is plain tables, so a change is ordinary pandas.
today = symbioplan.solve(problem)
print(f"today: {today.status}, {today.objective:,.0f} {today.currency}/year, checker: {today.checker or 'ok'}")

dear_roads = problem.routes.assign(unit_cost=problem.routes["unit_cost"] * 5)
tomorrow = symbioplan.solve(problem.replace(routes=dear_roads))
print(f"hauling five times dearer: {tomorrow.objective:,.0f} {tomorrow.currency}/year")

differences = symbioplan.compare_plans(today, tomorrow)
print(differences.to_string(index=False))
