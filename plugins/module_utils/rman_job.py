# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RMAN on the database server: detached under a name of the migration, so that it outlives connections and control nodes."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.names import server_job
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import OK, WARNING
from ansible_collections.dbferry.oracle.plugins.module_utils.rman_output import RmanOutcome, parse
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import ServerJob, State, Step, Want

__metaclass__ = type

#: Datafiles of a tablespace with the SCN up to which they are current. File numbers are those of the control file.
DATAFILES = """
SELECT f.file_id, f.tablespace_name tablespace, f.file_name name, f.bytes, d.checkpoint_change# checkpoint_scn
  FROM dba_data_files f JOIN v$datafile d ON d.file# = f.file_id ORDER BY f.file_id
"""
#: Image copies that RMAN made under a tag and still knows to be there.
COPIES = """
SELECT file# file_id, name, checkpoint_change# checkpoint_scn FROM v$datafile_copy
 WHERE tag = :tag AND status = 'A' AND deleted = 'NO' ORDER BY recid
"""
PROGRESS = """
SELECT opname, SUM(sofar) sofar, SUM(totalwork) totalwork FROM v$session_longops
 WHERE opname LIKE 'RMAN: aggregate%' AND totalwork > 0 AND sofar < totalwork GROUP BY opname
"""


def step(want: Want, verb: str, commands: t.Sequence[rman.Command], effects: State, remember: t.Optional[t.Dict[str, t.Any]] = None,
         record: t.Optional[t.Dict[str, t.Any]] = None,
         finished: t.Optional[t.Callable[[RmanOutcome], t.Dict[str, t.Any]]] = None,
         space: t.Optional[t.Dict[str, int]] = None, at_peer: bool = False, **how: t.Any) -> Step:
    """One RMAN run as a step.

    :arg verb: tells the runs of one purpose apart: COPY, CONVERT, BACKUP, VALIDATE, RESTORE, RECOVER, DUPLICATE.
    :arg finished: journal items of what RMAN finished, asked for also when it failed in the end.
    :arg space: directory -> bytes that must be free there before RMAN is started.
    :arg at_peer: the journal items are the other database's; RMAN runs here.
    :arg how: what :func:`rman.script` takes beside the commands: channels and how RMAN logs on.
    """
    script = rman.script(commands, **how)

    def conclude(text: str, rc: t.Optional[int]) -> t.Dict[str, t.Any]:
        outcome = parse(text, rc)
        done = finished(outcome) if finished else {}
        try:
            if (rc is None or rc < 0) and not outcome.serious and outcome.verdict not in (OK, WARNING):
                raise DbferryError("RMAN {0} was killed before it came to its end.".format(verb), code="DBF-0772", statement=str(script),
                                   hint="Run the task again: it goes on with what is missing.", details={"verdict": outcome.verdict, "errors": []})
            outcome.require("RMAN {0}".format(verb), str(script))
        except DbferryError as error:
            error.details["record"] = done
            raise
        return done

    return Step(script, effects=effects, remember=remember, record=record, conclude=conclude, at_peer=at_peer,
                job=ServerJob(server_job(want["migration_id"], want["migration_run"], "{0}_{1}".format(verb, want["purpose"])), ["rman"], script, space))


def percent(session: t.Any) -> t.Optional[float]:
    """How far RMAN is, of what it is doing now."""
    row = session.one(PROGRESS)
    return round(100.0 * row["sofar"] / row["totalwork"], 1) if row and row["totalwork"] else None
