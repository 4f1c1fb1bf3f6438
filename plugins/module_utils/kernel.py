# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reconcile kernel: observe, plan, apply, observe again, and fail unless nothing is left to do.

A module is data and two functions: ``observe(session, want) -> State`` and ``plan(state, want) -> [Step]``. Check mode,
diff, masking, the journal, timing and the result are written here once, never in a module.
"""

from __future__ import annotations

import json
import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.applying import Host, Running, Unwatched, apply, apply_concurrently, keepers
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CLEANED, Journal
from ansible_collections.dbferry.oracle.plugins.module_utils.planned import COPY, FACTS, as_planned
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import (
    Attributes, State, Step, Want, after_steps, digest, effects_of, into_container, lay_under)

__metaclass__ = type

#: How long the state may take to show what was done (seconds), for what is asynchronous.
SETTLE = 10.0

#: How long a call waits for work that goes on in the database by itself (seconds), so that what ends soon needs no second call, which would
#: sleep first. Commands on servers have the same patience there (server_job.PATIENCE).
PATIENCE = 2.0

#: Between two looks of one call (seconds).
BETWEEN_LOOKS = 0.2

#: Fields of a result that a plan alone has.
ONLY_PLANNED = ("assumed", "effects", "effects_at_peer", "obstacle")


class Module:
    """What makes a module: its arguments and its functions.

    :arg observe: ``(session, want) -> State``; only reads.
    :arg plan: ``(state, want) -> [Step]``; pure. None for an info module.
    :arg report: ``(state, want) -> fields`` of the result beside the common ones; pure.
    :arg unsettled: ``(state, want) -> DbferryError``: a better explanation than the kernel's own for steps that were accepted and
        yet left something to do (a job that failed at once).
    :arg obstacle: ``(state, want) -> DbferryError`` or None: what stands in the way just now and may be gone later (open transactions). It is
        raised before anything is done; a plan only tells it.
    :arg under_way: ``(state, want) -> bool``: work goes on in the database by itself. The call looks again for :data:`PATIENCE`; then the
        result says that it is not finished, and the next call sees further.
    :arg kinds: kinds of resources that observe gives completely, so that ones which a plan would add belong there too.
    :arg server: steps of this module run commands on the database server.
    :arg ephemeral: ``(want) -> bool``: what is made serves the migration only and goes at clean-up, so after that it is not made again
        for the same run.
    :arg concurrency: ``(want) -> number`` of steps that run at once, for independent long ones; what is not begun within
        :data:`SLICE` is left to the next call, and the result says that it is not finished.
    :arg local: ``(want) -> bool``: the session is SQL*Plus on the server as the Oracle owner, ``/ AS SYSDBA``, whatever the option
        ``session`` says: for what stops or starts the instance.
    :arg afar: of a ``local`` one: any SYSDBA sees whether something is to be done, so the server is reached only when it is, or when nobody can log on.
    :arg reopen: sessions are opened when they are first used, and anew after they were lost: for what ends instances, and for a peer that may be
        down, which ``observe`` finds out then.
    """

    def __init__(self, argument_spec: t.Dict[str, t.Any], observe: t.Callable[[t.Any, Want], State],
                 plan: t.Optional[t.Callable[[State, Want], t.List[Step]]] = None,
                 report: t.Optional[t.Callable[[State, Want], Attributes]] = None,
                 unsettled: t.Optional[t.Callable[[State, Want], t.Optional[DbferryError]]] = None,
                 under_way: t.Optional[t.Callable[[State, Want], bool]] = None,
                 obstacle: t.Optional[t.Callable[[State, Want], t.Optional[DbferryError]]] = None,
                 kinds: t.Sequence[str] = (), server: bool = False, ephemeral: t.Optional[t.Callable[[Want], bool]] = None,
                 concurrency: t.Optional[t.Callable[[Want], int]] = None, local: t.Optional[t.Callable[[Want], bool]] = None,
                 reopen: bool = False, afar: bool = False, **rules: t.Any) -> None:
        self.argument_spec = argument_spec
        self.observe = observe
        self.plan = plan
        self.report = report
        self.unsettled = unsettled
        self.under_way = under_way
        self.obstacle = obstacle
        self.kinds = tuple(kinds)
        self.server = server
        self.ephemeral = ephemeral
        self.concurrency = concurrency
        self.local = local or (lambda want: False)
        self.reopen = reopen
        self.afar = afar
        self.rules = rules


def seen_from_afar(module: Module, want: Want, session: t.Any, assume: t.Optional[t.Dict[str, t.Any]], check_mode: bool) -> t.Optional[t.Dict[str, t.Any]]:
    """What the module has to say without the server: its plan, or that there is nothing to do; None when the server is to do something."""
    found = run(module, want, session, check_mode=True, assume=assume)
    if check_mode:
        return found
    return None if found["changed"] else {name: value for name, value in found.items() if name not in ONLY_PLANNED}


def _remaining(steps: t.Sequence[Step]) -> t.List[Step]:
    return [step for step in steps if not step.pending]


def run(module: Module, want: Want, session: t.Any, check_mode: bool = False, host: t.Optional[Host] = None,
        assume: t.Optional[t.Dict[str, t.Any]] = None) -> t.Dict[str, t.Any]:
    """Bring the database to what is wanted and tell what was done.

    ``session.assumed`` gives it to modules that compare rather than reconcile.

    :arg assume: in check mode, resource -> ``{"phase": name, "attributes": {...} or None}``: what earlier phases of the
        same plan would have made.
    :raises DbferryError: what was tried, what was answered, what to do next.
    """
    started = time.monotonic()
    assumed: t.List[t.Dict[str, str]] = []
    session.assumed = dict(assume or {}) if check_mode else {}
    if session.peer is not None:
        session.peer.assumed = (want["peer"].get("assume") or {}) if check_mode else {}
        session.peer = as_planned(session.peer)
    session = as_planned(session)
    beneath = {resource: entry.get("attributes") for resource, entry in (assume or {}).items()} if check_mode else {}
    session.journal = Journal(session, want.get("migration_id"), want.get("migration_run") or 1, beneath, want.get("journal_owner"))
    if session.peer is not None:
        session.peer.statements = session.statements
        session.peer.journal = Journal(session.peer, want.get("migration_id"), want.get("migration_run") or 1,
                                       {name: entry.get("attributes") for name, entry in session.peer.assumed.items()},
                                       want.get("journal_owner"))

    def look() -> State:
        state = module.observe(session, want)
        del assumed[:]
        for resource in [name for name in (COPY, FACTS) if name in beneath] + lay_under(state, beneath, module.kinds):
            assumed.append({"resource": resource, "phase": (assume or {})[resource].get("phase") or ""})
        return state

    def patiently(state: State) -> State:
        deadline = time.monotonic() + PATIENCE
        while module.under_way is not None and module.under_way(state, want) and time.monotonic() < deadline:
            time.sleep(BETWEEN_LOOKS)
            state = look()
        return state

    before = look()
    result: t.Dict[str, t.Any] = {"changed": False}
    if want.get("migration_id"):
        result["migration"] = {"id": want["migration_id"], "run": want.get("migration_run") or 1}
    if module.plan is None:
        before = before if check_mode else patiently(before)
        if module.report is not None:
            result.update(module.report(before, want))
        result.update(statements=session.statements, elapsed=round(time.monotonic() - started, 3))
        if check_mode:
            result["assumed"] = assumed
            if "finished" in result:
                # What has not begun is not waited for.
                result["finished"] = True
        return result

    cleaned = module.ephemeral is not None and module.ephemeral(want) and session.journal.get(CLEANED)
    steps = [] if cleaned else module.plan(before, want)
    obstacle = module.obstacle(before, want) if module.obstacle and not cleaned else None
    finished, unwatched = True, False
    watched: Attributes = {}
    if check_mode:
        if module.obstacle:
            result["obstacle"] = obstacle.message if obstacle else None
        _foresee(_remaining(steps), session, bool(module.concurrency))
        after = after_steps(before, steps)
        left = _remaining(steps)
        result.update(assumed=list(assumed), effects=effects_of(left), effects_at_peer=effects_of(left, at_peer=True))
    elif obstacle:
        raise obstacle
    else:
        after = before
        try:
            if module.concurrency is not None and any(step.statement is not None for step in _remaining(steps)):
                apply_concurrently(_remaining(steps), session, module.concurrency(want))
            else:
                for step in _remaining(steps):
                    apply(step, session, host)
        except Running as running:
            finished, unwatched, watched = False, isinstance(running, Unwatched), running.fields
        except DbferryError as error:
            error.details.setdefault("statements", list(session.statements))
            error.details.setdefault("changed", bool(session.statements))
            raise
        if not cleaned:
            after = patiently(look() if steps else before)
        if unwatched:
            finished = not _remaining(module.plan(after, want))
        if module.under_way is not None and not cleaned and module.under_way(after, want):
            finished = False
        if steps and finished:
            again = module.plan(after, want)
            if all(step.statement is None for step in _remaining(again)):
                # Only what was found out by then tells what is to be written down.
                for step in _remaining(again):
                    apply(step, session, host)
                after = look() if _remaining(again) else after
                again = module.plan(after, want)
            deadline = time.monotonic() + SETTLE
            while finished and _remaining(again) and time.monotonic() < deadline and not (module.unsettled and module.unsettled(after, want)):
                time.sleep(BETWEEN_LOOKS)
                after = look()
                again = module.plan(after, want)
            if finished and _remaining(again):
                failure = module.unsettled(after, want) if module.unsettled else None
                if failure is None:
                    failure = DbferryError("The database accepted every statement, yet it is not in the wanted state.", code="DBF-0004",
                                           statement=str(_remaining(again)[0].statement),
                                           hint="Look at before, after and statements; if nothing explains it, run the task again with -vvv.")
                failure.details.update(changed=True, before=_shown(before), after=_shown(after), statements=session.statements)
                raise failure
    pending = [step.pending for step in steps if step.pending]
    told = module.report(after, want) if module.report is not None else {}
    before, after = _shown(before), _shown(after)
    result.update(changed=bool(_remaining(steps)), before=before, after=after, statements=session.statements, pending=pending,
                  finished=finished, plan_digest=digest(steps), diff=_diff(before, after, session.statements),
                  elapsed=round(time.monotonic() - started, 3))
    result.update(told)
    result.update(watched)
    return result


def _shown(state: State) -> State:
    return {name: None if attributes is None else {key: value for key, value in attributes.items() if not key.startswith("_")}
            for name, attributes in state.items()}


def _foresee(steps: t.Sequence[Step], session: t.Any, concurrent: bool) -> None:
    """Note what the steps would issue, in the order in which they would."""
    if concurrent and steps:
        for where in keepers(steps, session):
            for statement in where.journal.preparing():
                session.note(statement)
    for step in steps:
        journal = (session.peer if step.at_peer else session).journal
        switch = [into_container(step.inside)] if step.inside is not None else []
        issued = switch + [step.statement] if step.statement is not None else []
        for statement in journal.writing(step.remember) + issued + journal.writing(step.record):
            session.note(statement)


def _diff(before: State, after: State, statements: t.Sequence[str]) -> t.List[t.Dict[str, str]]:
    """What changes, and the statements that change it, in the form that --diff prints."""
    def shown(state: State, other: State) -> str:
        different = {name: value for name, value in state.items() if other.get(name) != value}
        return json.dumps(different, indent=2, sort_keys=True, default=str) + "\n" if different else ""

    diff = [{"before_header": "before", "after_header": "after", "before": shown(before, after), "after": shown(after, before)}]
    if statements:
        diff.append({"prepared": "".join("{0}\n".format(statement) for statement in statements)})
    return diff
