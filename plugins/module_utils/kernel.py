# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reconcile kernel: observe, plan, apply, observe again, and fail unless nothing is left to do.

A module is data and two functions: ``observe(session, want) -> State`` and ``plan(state, want) -> [Step]``. Check mode,
diff, masking, the journal, timing and the result are written here once, never in a module.

A :data:`State` maps resources to attributes: ``{"TABLESPACE USERS": {"status": "ONLINE"}, "DIRECTORY DUMP": None}`` (None: it
is absent). A resource's first word is its kind. Attributes that begin with an underscore serve ``plan`` and are not
shown. What a step does to resources is its ``effects``; in check mode they are laid
under what later steps of the same run observe, so that a whole workflow can be planned on an untouched database.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import json
import threading
import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CLEANED, RESOURCE as JOURNAL_RESOURCE, Journal
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.planned import COPY, FACTS, as_planned
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type

Attributes = t.Dict[str, t.Any]
State = t.Dict[str, t.Optional[Attributes]]
Want = t.Dict[str, t.Any]

#: How long the state may take to show what was done (seconds), for what is asynchronous.
SETTLE = 10.0

#: How long a call waits for work that goes on in the database by itself (seconds), so that what ends soon needs no second call, which would
#: sleep first. Commands on servers have the same patience there (server_job.PATIENCE).
PATIENCE = 2.0

#: Between two looks of one call (seconds).
BETWEEN_LOOKS = 0.2

#: Fields of a result that a plan alone has.
ONLY_PLANNED = ("assumed", "effects", "effects_at_peer", "obstacle")

#: How long one call goes on beginning concurrent steps (seconds): no task is silent for longer.
SLICE = 20.0


#: How long the instance has been up, and less than a second more: V$INSTANCE has the second only, and what fails right after a start is told.
UPTIME = "SELECT (SYSDATE - startup_time) * 86400 + TO_NUMBER(TO_CHAR(SYSTIMESTAMP, 'FF3')) / 1000 seconds FROM v$instance"


class ServerJob:
    """A command for the database server, run as its owner, detached under a name: started once, then joined.

    :arg name: unique for the migration and the step; a second call with the same name joins the first.
    :arg argv: program below ORACLE_HOME/bin and its arguments (no secrets).
    :arg script: what the program reads from its standard input.
    :arg space: directory -> bytes that must be free there before it is started.
    """

    def __init__(self, name: str, argv: t.List[str], script: Statement, space: t.Optional[t.Dict[str, int]] = None) -> None:
        self.name = name
        self.argv = argv
        self.script = script
        self.space = dict(space or {})


class Step:
    """One thing to do.

    :arg statement: what the database (or with ``job`` the server's tool) gets; None when the journal is all that is written.
    :arg effects: what the resources are like afterwards. Of a database that becomes another one: what :mod:`planned` reads.
    :arg effects_at_peer: the same of the other database of the pair.
    :arg remember: journal items (name -> value) written *before* the statement: values that Oracle forgets.
    :arg record: journal items written *after* the statement: what is finished.
    :arg job: the statement is a script for this command on the server.
    :arg conclude: reads a finished job's output ``(text, rc) -> journal items``, which take the place of those in ``record``; raises
        DbferryError when it failed, with ``record`` among its details for what was finished nevertheless.
    :arg watch: reads what a job that still runs has printed so far ``(text) -> fields of the result``, for the progress of what no
        view shows.
    :arg pending: not done here; says what the state waits for (a restart).
    :arg at_peer: the statement is for the other database of the pair.
    :arg answer: the statement is a query, and this makes journal items of its rows. They are written to this database, wherever was asked: a
        database that is open read only keeps nothing.
    :arg failure: raised when the step is done: it clears away what failed, and says why that failed.
    :arg on_server: the statement is issued by SQL*Plus on the database server, ``/ AS SYSDBA``, whatever the session is: for what needs SYSDBA or
        ends the instance, in a module that observes through its session.
    :arg inside: the container in which the statement is issued, from the root.
    :arg already: the code by which Oracle says that this is done, where nothing shows it: a call before was killed right behind it.
    :arg ends_session: the statement may end the instance that it is sent to. When the connection is lost, the call ends there, unfinished, and
        the next one sees what has become of it.
    """

    def __init__(self, statement: t.Optional[Statement], effects: t.Optional[State] = None, remember: t.Optional[Attributes] = None,
                 record: t.Optional[Attributes] = None, job: t.Optional[ServerJob] = None,
                 conclude: t.Optional[t.Callable[[str, t.Optional[int]], Attributes]] = None,
                 pending: t.Optional[str] = None, at_peer: bool = False,
                 watch: t.Optional[t.Callable[[str], Attributes]] = None, failure: t.Optional[DbferryError] = None,
                 answer: t.Optional[t.Callable[[t.List[Attributes]], Attributes]] = None, ends_session: bool = False, inside: t.Optional[str] = None,
                 on_server: bool = False, effects_at_peer: t.Optional[State] = None, already: t.Optional[str] = None) -> None:
        self.statement = statement
        self.effects_at_peer = dict(effects_at_peer or {})
        self.inside = inside
        self.already = already
        self.on_server = on_server
        self.effects = dict(effects or {})
        self.remember = dict(remember or {})
        self.record = dict(record or {})
        self.job = job
        self.conclude = conclude
        self.pending = pending
        self.at_peer = at_peer
        self.watch = watch
        self.failure = failure
        self.answer = answer
        self.ends_session = ends_session


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


class Host:
    """Runs commands on the database server."""

    def run(self, job: ServerJob, join_only: bool = False) -> t.Dict[str, t.Any]:
        """Start or join; gives ``known``, ``started``, ``finished``, ``rc``, ``output``."""
        raise NotImplementedError


def kind_of(resource: str) -> str:
    return resource.split(" ", 1)[0]


def lay_under(state: State, assumed: State, kinds: t.Sequence[str]) -> t.List[str]:
    """Lay what earlier phases of a plan would have made under an observation; gives the resources that were touched."""
    touched = []
    for resource, attributes in assumed.items():
        if resource not in state and kind_of(resource) not in kinds:
            continue
        touched.append(resource)
        if attributes is None:
            state[resource] = None
        else:
            state[resource] = dict(state.get(resource) or {}, **attributes)
    return touched


def after_steps(state: State, steps: t.Sequence[Step]) -> State:
    """The state as the steps' effects would leave it."""
    after = {resource: None if attributes is None else dict(attributes) for resource, attributes in state.items()}
    for step in steps:
        for resource, attributes in step.effects.items():
            after[resource] = None if attributes is None else dict(after.get(resource) or {}, **attributes)
    return after


def digest(steps: t.Sequence[Step]) -> str:
    """Names a plan: equal when the statements are."""
    return hashlib.sha256("\n".join(str(step.statement or "") for step in steps).encode("utf-8")).hexdigest()[:16]


def _effects(steps: t.Sequence[Step], at_peer: bool = False) -> State:
    """Everything that the steps change in this database or in its peer, journal items included."""
    effects: State = {}
    for step in steps:
        if step.at_peer != at_peer:
            continue
        for item, value in list(step.remember.items()) + list(step.record.items()):
            effects["JOURNAL " + item] = {"value": value}
            effects[JOURNAL_RESOURCE] = {}
    return after_steps(effects, [Step(None, effects=step.effects_at_peer) for step in steps] if at_peer else steps)


class _Running(Exception):
    """Work goes on, on the server or in the next call; ``fields`` of the result say how far it is."""

    def __init__(self, fields: t.Optional[Attributes] = None) -> None:
        super().__init__()
        self.fields = dict(fields or {})


class _Earlier(DbferryError):
    """A command on the server failed before the instance was started: that tells nothing about now, and it is begun anew."""


def _apply(step: Step, session: t.Any, host: t.Optional[Host]) -> None:
    """Do one step: journal, statement or job, journal."""
    where = session.peer if step.at_peer else session
    # What is remembered belongs to the beginning of a command, so a running one is looked for first.
    joined = host.run(step.job, join_only=True) if step.job is not None and step.remember and host is not None else {}
    if not joined.get("known"):
        for statement in where.journal.writing(step.remember):
            where.execute(statement)
    record = dict(step.record)
    try:
        if step.job is not None:
            record.update(_run_job(step, session, host, joined))
        elif step.statement is not None:
            _issue(step, session, where, contextlib.nullcontext())
    except DbferryError as error:
        if step.ends_session and isinstance(error, Lost):
            raise _Running()
        for statement in where.journal.writing(error.details.pop("record", {})):
            where.execute(statement)
        if isinstance(error, _Earlier):
            raise _Running()
        raise
    for statement in where.journal.writing(record):
        where.execute(statement)
    if step.failure is not None:
        raise step.failure


def _issue(step: Step, session: t.Any, where: t.Any, alone: t.ContextManager[t.Any]) -> None:
    """Execute a step's statement ``where`` it belongs, or ask it and write down the answer in ``session``'s database.

    :arg alone: held while the session writes, which one worker may do at a time.
    """
    statement = t.cast(Statement, step.statement)
    if step.answer is None:
        where = where.at_server() if step.on_server else where
        if step.inside is not None:
            where.note(into_container(step.inside))
        with where.inside(step.inside) if step.inside is not None else contextlib.nullcontext(where) as container:
            try:
                container.execute(statement)
            except DbferryError as error:
                if step.already is None or error.code != step.already:
                    raise
        return
    session.note(statement)
    items = step.answer(where.query(statement.text(), **statement.values()))
    with alone:
        for writing in session.journal.writing(items):
            session.execute(writing)


def into_container(container: str) -> Statement:
    """What a session says to work in another container from then on."""
    return Statement("ALTER SESSION SET CONTAINER = ", identifier(container))


def _keepers(steps: t.Sequence[Step], session: t.Any) -> t.List[t.Any]:
    """The sessions whose journals concurrent steps write to."""
    sides = {step.at_peer and step.answer is None for step in steps}
    return [where for where, here in ((session, False in sides), (session.peer, True in sides)) if here]


def _run_job(step: Step, session: t.Any, host: t.Optional[Host], joined: Attributes) -> Attributes:
    if host is None:
        raise DbferryError("This step runs a command on the database server, and no way there is open.", code="DBF-0003",
                           statement=str(step.statement), hint="Run the module through its action plugin, on the server's inventory entry.")
    answer = joined if joined.get("known") else host.run(t.cast(ServerJob, step.job))
    if answer.get("started"):
        session.note(step.statement)
    if not answer.get("finished"):
        raise _Running(step.watch(answer.get("output") or "") if step.watch is not None else {})
    try:
        return step.conclude(answer.get("output") or "", answer.get("rc")) if step.conclude is not None else {}
    except DbferryError as error:
        if not answer.get("started") and answer["age"] > session.one(UPTIME)["seconds"]:
            raise _Earlier(error.message, details=error.details) from error
        raise


def _apply_concurrently(steps: t.Sequence[Step], session: t.Any, number: int) -> None:
    """Independent steps side by side, each worker with connections of its own. They write no journal items but those of an ``answer``."""
    for where in _keepers(steps, session):
        for statement in where.journal.preparing():
            where.execute(statement)
    waiting = collections.deque(steps)
    alone = threading.Lock()
    failures: t.List[Exception] = []
    deadline = time.monotonic() + SLICE

    def work() -> None:
        mine: t.Dict[bool, t.Any] = {}
        try:
            while waiting and not failures and time.monotonic() < deadline:
                try:
                    step = waiting.popleft()
                except IndexError:
                    break
                if step.at_peer not in mine:
                    mine[step.at_peer] = (session.peer if step.at_peer else session).another()
                _issue(step, session, mine[step.at_peer], alone)
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Whatever it is, it is raised again where somebody can see it.
            failures.append(error)
        finally:
            for connection in mine.values():
                connection.close()

    workers = [threading.Thread(target=work, daemon=True) for dummy in range(min(number, len(steps)))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for where in filter(None, (session, session.peer)):
        where.journal.forget()
    if failures:
        raise failures[0]
    if waiting:
        raise _Running()


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
    finished = True
    watched: Attributes = {}
    if check_mode:
        if module.obstacle:
            result["obstacle"] = obstacle.message if obstacle else None
        _foresee(_remaining(steps), session, bool(module.concurrency))
        after = after_steps(before, steps)
        left = _remaining(steps)
        result.update(assumed=list(assumed), effects=_effects(left), effects_at_peer=_effects(left, at_peer=True))
    elif obstacle:
        raise obstacle
    else:
        after = before
        try:
            if module.concurrency is not None and any(step.statement is not None for step in _remaining(steps)):
                _apply_concurrently(_remaining(steps), session, module.concurrency(want))
            else:
                for step in _remaining(steps):
                    _apply(step, session, host)
        except _Running as running:
            finished, watched = False, running.fields
        except DbferryError as error:
            error.details.setdefault("statements", list(session.statements))
            error.details.setdefault("changed", bool(session.statements))
            raise
        if not cleaned:
            after = patiently(look() if steps else before)
        if module.under_way is not None and not cleaned and module.under_way(after, want):
            finished = False
        if steps and finished:
            again = module.plan(after, want)
            if all(step.statement is None for step in _remaining(again)):
                # Only what was found out by then tells what is to be written down.
                for step in _remaining(again):
                    _apply(step, session, host)
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
        for where in _keepers(steps, session):
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
