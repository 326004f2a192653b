"""From a mixed-integer programme to a plan and a bound.

1. Form: strong rows set aside, two-way pipes split by way (:mod:`models.search.form`).
2. Root: the relaxation with violated rows (:mod:`models.search.strong_root`); of a large network apart for each of
   its pieces (:mod:`models.search.pieces`), on all threads, then at their common prices once more.
3. Plans: slope scaling, then a part over the gates that it used (:mod:`models.search.slope_scaling`); of a network
   of several pieces by annealing (:mod:`models.search.annealing`), which waits for no relaxation.
4. Proof by HiGHS and large-neighbourhood search: side by side on two threads, in turn on one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import Event, Thread
from time import perf_counter

import highspy
import numpy as np

from data.errors import SolverError
from data.plan import Status
from models.highs import PATIENCE_S, POLL_S, solve_mip
from models.mip import Floats, Mip, MipResult, OnProgress, Standing, Stop
from models.search.annealing import anneal
from models.search.few_terminals import gates_of, least_tree, tree_problem
from models.search.form import Form, make_form
from models.search.lp import Relaxation, no_rows
from models.search.neighbourhoods import Neighbourhoods
from models.search.pieces import Pieces
from models.search.plans import Plans, try_part
from models.search.proof import Proof, narrowed
from models.search.slope_scaling import scale_slopes
from models.search.standing import Race
from models.search.strong_root import Root, strengthen

_ROOT = 0.35  # share of the time limit for the root
_ROOT_BESIDE = 0.75  # the same where plans are found beside it: its cuts raise the bound faster than branching
_ROOT_ANNEALED = 0.97  # the same where these are annealed and nothing is branched on
_JOINT = 0.1  # share of that time after which a network of several pieces has prices good enough to take it apart
_APART = 0.5  # share of it until which pieces are worked on by all threads, then beside the plans
_AGAIN = 4  # joint relaxations that there must be time for, for the pieces to get new prices
_ANNEALED = 0.8  # share of the time limit by which annealing ends, where bounds go on beside it
_ANNEALED_ALONE = 0.5  # share of what is left that it has on one thread
_PLANNED = 0.6  # share by which the first plans are there
_STALLED = 1e-5  # relative progress of the bound between two joint relaxations that counts as none
_WAIT = 0.15  # share of the time limit after which plans are looked for beside an unfinished root
_PART_SHARE = 0.15  # most of the time limit for the part over the gates that slope scaling used
_PART_GATES = 1000  # with more, neither that part nor a second scaling is tried: neighbourhoods do better
_BRANCHED = 5000  # with more gates left branching proves nothing: neighbourhoods take its time
_DAMPING = (0.6, 0.15)  # quick, then thorough
_ROUNDS = 40


def search(
    mip: Mip,
    *,
    gap: float,
    time_limit_s: float,
    seed: int = 0,
    threads: int = 1,
    options: Mapping[str, str | int | float | bool] | None = None,
    start: Floats | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> MipResult:
    """Minimise a mixed-integer programme that has the shape of a fixed-charge network.

    Any programme is solved right; what is strengthened is what :mod:`models.search.structure` finds.

    Parameters
    ----------
    mip
        The programme.
    gap
        Relative gap at which to stop.
    time_limit_s
        Seconds.
    seed
        For HiGHS and the choices of the neighbourhoods.
    threads
        From 2 on, proof and neighbourhoods run side by side.
    options
        Of HiGHS, by its own names, for the proof.
    start
        A plan to begin with; dropped when it is not feasible.
    on_progress
        Called, in the calling thread, when the incumbent or the bound has improved.
    stop
        Asked often; True ends the search, which keeps its best plan.

    Returns
    -------
    MipResult
        ``gap_reached``, ``time_limit``, ``interrupted``, ``infeasible`` or ``unknown``; ``bound`` is never above
        the optimum.

    Raises
    ------
    SolverError
        HiGHS refused an option or failed.
    """
    if not mip.integer.any():
        return solve_mip(
            mip, gap=gap, time_limit_s=time_limit_s, seed=seed, threads=threads, options=options,
            on_progress=on_progress, stop=stop,
        )  # fmt: skip
    began = perf_counter()
    form = make_form(mip)
    race = Race(Plans(form), gap, began, time_limit_s)
    if start is not None:
        race.plans.offer(form.lift(start))
    work = _Work(form, race, seed, threads, dict(options or {}))
    thread = Thread(target=work.run, name="HiGHS search", daemon=True)
    thread.start()
    interrupted = _watch(thread, race, on_progress, stop)
    if work.failure is not None:
        raise SolverError(f"the search failed: {work.failure}") from work.failure
    return _result(work, race, interrupted=interrupted)


def _watch(thread: Thread, race: Race, on_progress: OnProgress | None, stop: Stop | None) -> bool:
    """Wait for the work, telling and asking the caller; return whether it was interrupted.

    HiGHS does not listen while it solves a linear programme: work that does not end soon is left to itself.
    """
    interrupted = False
    told: Standing | None = None
    leave_s = np.inf
    try:
        while thread.is_alive() and race.seconds() < leave_s:
            thread.join(POLL_S)
            if stop is not None and not interrupted and stop():
                interrupted = True
                race.over.set()
                leave_s = race.seconds() + PATIENCE_S
            now = race.standing()
            if on_progress is not None and now.is_news(told):
                on_progress(now)
                told = now
    finally:
        race.over.set()
    return interrupted


def _result(work: _Work, race: Race, *, interrupted: bool) -> MipResult:
    version = highspy.Highs().version()  # type: ignore[no-untyped-call]
    status: Status = "time_limit"
    if work.infeasible:
        return MipResult("infeasible", None, None, version)
    if race.closed():
        status = "gap_reached"
    elif interrupted:
        status = "interrupted"
    elif race.left_s() > 0:
        status = "unknown"
    standing, best = race.standing(), race.plans.best
    return MipResult(status, None if best is None else work.form.drop(best), standing.bound, version)


class _Work:
    """The search itself, in a thread of its own."""

    def __init__(
        self, form: Form, race: Race, seed: int, threads: int, options: dict[str, str | int | float | bool]
    ) -> None:
        self.form, self.race, self.seed, self.threads, self.options = form, race, seed, threads, options
        self.failure: BaseException | None = None
        self.infeasible = False
        self.rng = np.random.default_rng(seed)
        self.strengthened, self.planned = Event(), Event()
        self.pieces: Pieces | None = None
        # Set when bounds begin to take all threads, and once they leave one to plans.
        self.apart, self.shared = Event(), Event()

    def run(self) -> None:
        """Run all steps; a failure is kept for the calling thread."""
        try:
            self._steps()
        except BaseException as error:  # noqa: BLE001 - handed to the calling thread
            self.failure = error

    def _steps(self) -> None:
        race = self.race
        self._few_terminals()
        if race.ended():
            return
        root = Root(self.form)
        pieces = Pieces(self.form) if root.relaxation.is_large else None
        if pieces is not None and pieces.worth_it:
            self.pieces = pieces
        if self.threads >= 2:
            self._side_by_side(root)
        else:
            self._in_turn(root)

    def _strengthen(self, root: Root) -> bool:
        """Strengthen the relaxation; return whether to go on."""
        race, share = self.race, _ROOT_BESIDE if self.threads >= 2 else _ROOT
        if self.pieces is not None:
            self._strengthen_apart(root, self.pieces, _ROOT_ANNEALED if self.threads >= 2 else _ROOT)
            self.shared.set()
        else:
            strengthen(root, left_s=lambda: race.left_s(share), ended=race.ended, told=race.told)
        self.infeasible = root.infeasible
        return not root.infeasible

    def _strengthen_apart(self, root: Root, pieces: Pieces, share: float) -> None:
        """Strengthen all at once, then piece by piece at the prices of that, again and again."""
        race = self.race

        def left_s() -> float:
            return race.left_s(share * _JOINT if root.rounds else share)

        strengthen(root, left_s=left_s, ended=race.ended, told=race.told)
        pieces.share_out(root.relaxation.extra)
        self.apart.set()
        workers, until = self.threads, _APART
        while root.rounds and not root.infeasible:
            pieces.price(root)
            pieces.strengthen(
                workers=workers, left_s=partial(race.left_s, share * until), ended=race.ended, told=race.told
            )
            self.shared.set()
            workers, until, before = 1, 1.0, root.bound
            if race.ended() or race.left_s(share) < _AGAIN * root.seconds:
                return
            root.replace(pieces.rows())
            solved = root.solve(race.left_s(share))
            race.told(root.bound)
            if not solved or root.bound <= before + _STALLED * abs(before):
                return

    def _side_by_side(self, root: Root) -> None:
        """Bounds in this thread, plans in another; the proof waits for the first plans, but not for long.

        What is too large to branch on is left to neighbourhoods, in both threads.
        """
        race = self.race
        helper = Thread(target=self._guarded, args=(lambda: self._plans_beside(root),), name="HiGHS plans", daemon=True)
        helper.start()
        if self._strengthen(root):
            self.strengthened.set()
            while not self.planned.wait(POLL_S) and race.left_s(_PLANNED) > 0 and not race.ended():
                pass
            if not race.ended() and self._is_to_branch(root):
                self._prove(root, race.ended)
            elif not race.ended():
                Neighbourhoods(self.form, root, race, self.rng.spawn(1)[0]).run(until=race.ended)
            if not race.closed() and not self.infeasible:
                helper.join(race.left_s())
        race.over.set()
        helper.join()

    def _plans_beside(self, root: Root) -> None:
        race = self.race

        def waited() -> Relaxation:
            while not self.strengthened.wait(POLL_S) and not race.ended():
                if race.seconds() >= _WAIT * race.limit_s:
                    break
            return root.relaxation if self.strengthened.is_set() else root.copy()

        if self.pieces is not None:
            joint_s = _JOINT * _ROOT_ANNEALED * race.limit_s
            anneal(self.form, race, seed=self.seed, until_s=joint_s, ended=lambda: race.ended() or self.apart.is_set())
            while not self.shared.wait(POLL_S) and not race.ended():
                pass
        self._plan(root, waited, until_s=lambda: _ANNEALED * race.limit_s)
        self.planned.set()
        Neighbourhoods(self.form, root, race, self.rng).run(until=race.ended)

    def _in_turn(self, root: Root) -> None:
        race = self.race
        if not self._strengthen(root):
            return
        self._plan(root, lambda: root.relaxation, until_s=lambda: race.seconds() + _ANNEALED_ALONE * race.left_s())
        first = race.seconds() + 0.2 * race.left_s()
        if race.ended() or self._prove(root, lambda: race.ended() or race.seconds() > first):
            return
        half = race.seconds() + 0.5 * race.left_s()
        Neighbourhoods(self.form, root, race, self.rng).run(until=lambda: race.ended() or race.seconds() > half)
        if not race.ended():
            self._prove(root, race.ended)

    def _plan(self, root: Root, relaxation: Callable[[], Relaxation], *, until_s: Callable[[], float]) -> None:
        """Find plans: of pieces by annealing, where doing nothing is no plan after first ones of the relaxation."""
        race = self.race
        if self.pieces is not None:
            anneal(self.form, race, seed=self.seed, until_s=until_s(), ended=race.ended)
            if race.plans.best is not None:
                return
        self._first_plans(root, relaxation())
        if self.pieces is not None:
            anneal(self.form, race, seed=self.seed, until_s=until_s(), ended=race.ended)

    def _few_terminals(self) -> None:
        """Solve the tree relaxation where it is small: a bound, and a plan where its tree is one."""
        form, race = self.form, self.race
        problem = tree_problem(form)
        found = least_tree(problem) if problem is not None else None
        if problem is None or found is None:
            return
        cost, used = found
        needed = gates_of(form, problem.column[used])
        shut = form.mip.integer & (form.mip.cost > 0) & (form.mip.lower == 0) & ~needed
        upper = np.where(shut, 0.0, form.mip.upper)
        rows = no_rows(len(form.mip.cost))
        try_part(
            form, rows, race.plans, form.mip.lower, upper,
            seconds=race.left_s(0.1), gap=0.0, seed=self.seed, stop=race.ended,
        )  # fmt: skip
        race.told(cost)

    def _first_plans(self, root: Root, relaxation: Relaxation) -> None:
        race, form = self.race, self.form
        if len(root.values):
            race.plans.offer(root.values)
        if root.central:
            relaxation.keep_waiting(root.useful(race.plans.best) < form.mip.upper)
        for damping in _DAMPING:
            if race.ended():
                return
            used = scale_slopes(
                form, relaxation, race.plans, damping=damping, rounds=_ROUNDS,
                left_s=lambda: race.left_s(_PLANNED), ended=race.ended,
            )  # fmt: skip
            if race.plans.best is not None:
                used |= race.plans.best > 0.5
            paid = form.mip.integer & (form.mip.cost > 0)
            if (used & paid).sum() > _PART_GATES:
                return
            upper = np.where(paid & ~used, form.mip.lower, root.useful(race.plans.best))
            try_part(
                form, root.rows, race.plans, form.mip.lower, upper,
                seconds=min(race.left_s(_PLANNED) / 2, _PART_SHARE * race.limit_s),
                gap=max(race.gap, 1e-4), seed=self.seed, stop=race.ended,
            )  # fmt: skip

    def _is_to_branch(self, root: Root) -> bool:
        """Return whether to branch over the gates that are left: to raise the bound, or for want of any plan."""
        plans = self.race.plans
        lower, upper = narrowed(self.form, root, plans.cost)
        return plans.best is None or bool((self.form.mip.integer & (upper > lower)).sum() <= _BRANCHED)

    def _prove(self, root: Root, until: Callable[[], bool]) -> bool:
        proof = Proof(self.form, root, self.race, self.seed, self.options)
        done = proof.run(until=until)
        if done and self.race.plans.best is None:
            self.infeasible = True
        return done

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the calling thread
            self.failure = error
            self.race.over.set()
