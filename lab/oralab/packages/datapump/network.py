# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports through a database link (documented: NETWORK_LINK): no dump file is seen on either side.

The source unloads what the job's mode, schemas and tablespaces cover, as the user of the link; the import then chooses from that. On
the way the records are those of a dump file that nobody sees (ours).
"""
from __future__ import annotations

import json
import os
import tempfile
from typing import Any, Final

from oralab.engine import links
from oralab.errors import OraError, not_simulated
from oralab.packages import file_transfer
from oralab.packages.datapump import dumpfile, filters, unload
from oralab.packages.datapump.job import DumpSpec, Job
from oralab.packages.datapump.scope import Scope
from oralab.packages.registry import signature

ROLES: Final = {"DATAPUMP_EXP_FULL_DATABASE", "EXP_FULL_DATABASE"}
FILTERS: Final = {"schemas": "SCHEMA_EXPR", "tablespaces": "TABLESPACE_EXPR"}


def check(session: Any, operation: str, link: str, privileged: bool) -> None:
    """What OPEN says of a link. ORA-39001 over ORA-39200 when it leads nowhere; ORA-31631 over ORA-39149 when a privileged user
    meets one who is not (documented; that OPEN says so is assumed)."""
    if operation != "IMPORT":
        raise not_simulated("exports through a database link")
    try:
        there = links.remote(session, link)
        found = there.call("lab$link.privileged", {}, {"privileged": int})
    except OraError as error:
        if error.code == 3001:
            raise
        raise OraError(39001, "invalid argument value", stack=[f"ORA-39200: Link name \"{link}\" is invalid.", *error.text.split("\n")]) from error
    if privileged and not found["privileged"]:
        raise OraError(31631, "privileges are required", stack=["ORA-39149: cannot link privileged user to non-privileged user"])


def fetch(job: Job, session: Any) -> str:
    """Have the source unload, and take the records over; the path of what came."""
    there = links.remote(session, job.link)
    expressions = {kind: [condition.text for condition in getattr(job.scope, kind)] for kind in FILTERS}
    found = there.call("lab$link.unload", {"job_mode": job.mode, "expressions": json.dumps(expressions), "include_rows": int(job.rows)},
                       {"handle": int, "bytes": int})
    descriptor, path = tempfile.mkstemp(prefix="network-", dir=job.database.directory)
    with open(descriptor, "wb") as file:
        for offset, piece in file_transfer.received(there, found["handle"], _Silent(found["bytes"])):
            job.check()
            file.seek(offset)
            file.write(piece)
        file.truncate(found["bytes"])
    job.reader = dumpfile.Reader([path])
    return path


class _Silent:
    """Progress of an import is that of its objects."""

    def __init__(self, total: int) -> None:
        self.total = total

    def __call__(self, done: int) -> None:
        return


@file_transfer.LAB_LINK.routine("PRIVILEGED", signature("privileged OUT NUMBER"))
def privileged(session: Any, **outs: None) -> dict[str, int]:
    return {"privileged": int(bool(ROLES & set(session.roles)))}


@file_transfer.LAB_LINK.routine("UNLOAD", signature("job_mode, expressions, include_rows NUMBER, handle OUT NUMBER, bytes OUT NUMBER"))
def unload_for_import(session: Any, job_mode: str, expressions: str, include_rows: int, **outs: None) -> dict[str, int]:
    """Unload as an export of the session's user would, into a file that is gone once it is read."""
    descriptor, path = tempfile.mkstemp(prefix="network-", dir=session.database.directory)
    os.close(descriptor)
    job = Job(session.database, session.user, "SYS_IMPORT", "EXPORT", job_mode, "COMPATIBLE",
              Scope(job_mode, session.user, bool(ROLES & set(session.roles))), rows=bool(include_rows))
    for kind, texts in json.loads(expressions).items():
        getattr(job.scope, kind).extend(filters.condition(FILTERS[kind], text) for text in texts)
    job.dumps.append(DumpSpec(path, None, True))
    try:
        unload.prepare(job, session)
        unload.run(job, session)
        file = open(path, "rb")  # noqa: SIM115  read, and closed, by later calls
    finally:
        for worker in job.sessions:
            worker.close()
        os.unlink(path)
    return {"handle": file_transfer.files(session).open(path, file), "bytes": os.fstat(file.fileno()).st_size}
