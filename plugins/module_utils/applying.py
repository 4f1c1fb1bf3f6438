# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How steps are done: statements, commands on the server that outlive whoever started them, and what is written down about them."""

from __future__ import annotations

import collections
import contextlib
import threading
import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, ServerJob, Step, into_container

__metaclass__ = type

#: How long one call goes on beginning concurrent steps (seconds): no task is silent for longer.
SLICE = 20.0

#: After how many seconds a command that ended well was not waited for any more: what it did may have been undone since.
UNWATCHED = 600.0

#: How long the instance has been up, and less than a second more: V$INSTANCE has the second only, and what fails right after a start is told.
UPTIME = "SELECT (SYSDATE - startup_time) * 86400 + TO_NUMBER(TO_CHAR(SYSTIMESTAMP, 'FF3')) / 1000 seconds FROM v$instance"


class Host:
    """Runs commands on the database server."""

    def run(self, job: ServerJob, join_only: bool = False) -> t.Dict[str, t.Any]:
        """Start or join; gives ``known``, ``started``, ``finished``, ``rc``, ``output``."""
        raise NotImplementedError


class Running(Exception):
    """Work goes on, on the server or in the next call; ``fields`` of the result say how far it is."""

    def __init__(self, fields: t.Optional[Attributes] = None) -> None:
        super().__init__()
        self.fields = dict(fields or {})


class Unwatched(Running):
    """A command ended well while nobody looked. Whether its work is still there, the database tells; the next call does what is left."""


class Earlier(DbferryError):
    """A command on the server failed before the instance was started: that tells nothing about now, and it is begun anew."""


def apply(step: Step, session: t.Any, host: t.Optional[Host]) -> None:
    """Do one step: journal, statement or job, journal."""
    where = session.peer if step.at_peer else session
    # What is remembered belongs to the beginning of a command, so a running one is looked for first.
    joined = host.run(step.job, join_only=True) if step.job is not None and step.remember and host is not None else {}
    if not joined.get("known"):
        for statement in where.journal.writing(step.remember):
            where.execute(statement)
    record = dict(step.record)
    unwatched = False
    try:
        if step.job is not None:
            answer = joined if joined.get("known") else _answer(step, host)
            unwatched = not answer.get("started") and answer.get("age", 0.0) > UNWATCHED
            record.update(_conclude(step, session, answer))
        elif step.statement is not None:
            _issue(step, session, where, contextlib.nullcontext())
    except DbferryError as error:
        if step.ends_session and isinstance(error, Lost):
            raise Running()
        for statement in where.journal.writing(error.details.pop("record", {})):
            where.execute(statement)
        if isinstance(error, Earlier):
            raise Running()
        raise
    for statement in where.journal.writing(record):
        where.execute(statement)
    if step.failure is not None:
        raise step.failure
    if unwatched:
        raise Unwatched()


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
                for other in _otherwise(step, error):
                    container.execute(other)
        return
    session.note(statement)
    items = step.answer(where.query(statement.text(), **statement.values()))
    with alone:
        for writing in session.journal.writing(items):
            session.execute(writing)


def _otherwise(step: Step, error: DbferryError) -> t.Sequence[Statement]:
    """What is to be executed where a statement was refused: nothing when it was done already, or another way."""
    if step.already is not None and error.code == step.already:
        return ()
    if step.instead is not None and error.code == step.instead[0]:
        return step.instead[1]
    raise error


def keepers(steps: t.Sequence[Step], session: t.Any) -> t.List[t.Any]:
    """The sessions whose journals concurrent steps write to."""
    sides = {step.at_peer and step.answer is None for step in steps}
    return [where for where, here in ((session, False in sides), (session.peer, True in sides)) if here]


def _answer(step: Step, host: t.Optional[Host]) -> Attributes:
    """What the server says of a step's command, which is started unless it is known."""
    if host is None:
        raise DbferryError("This step runs a command on the database server, and no way there is open.", code="DBF-0003",
                           statement=str(step.statement), hint="Run the module through its action plugin, on the server's inventory entry.")
    return host.run(t.cast(ServerJob, step.job))


def _conclude(step: Step, session: t.Any, answer: Attributes) -> Attributes:
    """The journal items of a command that has ended."""
    if answer.get("started"):
        session.note(step.statement)
    if not answer.get("finished"):
        raise Running(step.watch(answer.get("output") or "") if step.watch is not None else {})
    try:
        return step.conclude(answer.get("output") or "", answer.get("rc")) if step.conclude is not None else {}
    except DbferryError as error:
        if not answer.get("started") and answer["age"] > session.one(UPTIME)["seconds"]:
            raise Earlier(error.message, details=error.details) from error
        raise


def apply_concurrently(steps: t.Sequence[Step], session: t.Any, number: int) -> None:
    """Independent steps side by side, each worker with connections of its own. They write no journal items but those of an ``answer``."""
    for where in keepers(steps, session):
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
        raise Running()
