# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of resources, and the steps from one to another.

A :data:`State` maps resources to attributes: ``{"TABLESPACE USERS": {"status": "ONLINE"}, "DIRECTORY DUMP": None}`` (None: it
is absent). A resource's first word is its kind. Attributes that begin with an underscore serve ``plan`` and are not
shown. What a step does to resources is its ``effects``; in check mode they are laid
under what later steps of the same run observe, so that a whole workflow can be planned on an untouched database.
"""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import RESOURCE as JOURNAL_RESOURCE
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type

Attributes = t.Dict[str, t.Any]
State = t.Dict[str, t.Optional[Attributes]]
Want = t.Dict[str, t.Any]


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
    :arg instead: a code by which Oracle says that this way is barred, where nothing shows it, and the statements that lead there then.
    :arg ends_session: the statement may end the instance that it is sent to. When the connection is lost, the call ends there, unfinished, and
        the next one sees what has become of it.
    """

    def __init__(self, statement: t.Optional[Statement], effects: t.Optional[State] = None, remember: t.Optional[Attributes] = None,
                 record: t.Optional[Attributes] = None, job: t.Optional[ServerJob] = None,
                 conclude: t.Optional[t.Callable[[str, t.Optional[int]], Attributes]] = None,
                 pending: t.Optional[str] = None, at_peer: bool = False,
                 watch: t.Optional[t.Callable[[str], Attributes]] = None, failure: t.Optional[DbferryError] = None,
                 answer: t.Optional[t.Callable[[t.List[Attributes]], Attributes]] = None, ends_session: bool = False, inside: t.Optional[str] = None,
                 on_server: bool = False, effects_at_peer: t.Optional[State] = None, already: t.Optional[str] = None,
                 instead: t.Optional[t.Tuple[str, t.Sequence[Statement]]] = None) -> None:
        self.statement = statement
        self.effects_at_peer = dict(effects_at_peer or {})
        self.inside = inside
        self.already = already
        self.instead = instead
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


def into_container(container: str) -> Statement:
    """What a session says to work in another container from then on."""
    return Statement("ALTER SESSION SET CONTAINER = ", identifier(container))


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


def effects_of(steps: t.Sequence[Step], at_peer: bool = False) -> State:
    """Everything that the steps change in this database or in its peer, journal items included."""
    effects: State = {}
    for step in steps:
        if step.at_peer != at_peer:
            continue
        for item, value in list(step.remember.items()) + list(step.record.items()):
            effects["JOURNAL " + item] = {"value": value}
            effects[JOURNAL_RESOURCE] = {}
    return after_steps(effects, [Step(None, effects=step.effects_at_peer) for step in steps] if at_peer else steps)
