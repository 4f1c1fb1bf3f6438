# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on a database server that outlive whoever started them: started once under a name, then joined.

A job is a directory (mode 0700) with the script, the output, a lock that lives as long as the job, and at the end the exit code. Standard library
only, Python 3.8: this runs on the server.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import time
import typing as t

__metaclass__ = type

#: How long a call waits for a job that may be short, so that short ones need no second call (seconds).
PATIENCE = 2.0

#: How long a job may take to come to life (seconds).
BEGINNING = 10.0

#: Holds a lock on a file of the job as long as it lives: a process id alone may have been given away, and tells nothing about
#: a process that is just being replaced by its program.
_RUNNER = """
import fcntl, os, subprocess, sys
directory, argv = sys.argv[1], sys.argv[2:]
os.chdir(directory)
lock = open("lock", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
with open("pid.new", "w") as own:
    own.write(str(os.getpid()))
os.rename("pid.new", "pid")
with open("output", "wb") as output, open("script", "rb") as script:
    rc = subprocess.call(argv, stdin=script, stdout=output, stderr=subprocess.STDOUT)
os.remove("script")
with open("rc.new", "w") as result:
    result.write(str(rc))
os.rename("rc.new", "rc")
"""


def _read(path: str) -> t.Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read()
    except FileNotFoundError:
        return None


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)


def _alive(directory: str) -> bool:
    """Whether the runner lives, or is just coming to life."""
    if _read(os.path.join(directory, "pid")) is None:
        return time.time() - os.path.getmtime(directory) < BEGINNING
    with open(os.path.join(directory, "lock"), encoding="utf-8") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def status(directory: str) -> t.Dict[str, t.Any]:
    """``known``, ``finished``, ``rc``, ``output`` and ``age`` (seconds since it printed something or ended) of a job.

    One whose process vanished without an exit code has rc None.
    """
    if not os.path.isdir(directory):
        return {"known": False, "finished": False, "rc": None, "output": "", "age": 0.0}
    rc = _read(os.path.join(directory, "rc"))
    finished = rc is not None or not _alive(directory)
    if finished and rc is None:
        rc = _read(os.path.join(directory, "rc"))  # it may have ended between the two looks
    return {"known": True, "finished": finished, "rc": None if rc is None else int(rc),
            "output": _read(os.path.join(directory, "output")) or "", "age": time.time() - _latest(directory)}


def _latest(directory: str) -> float:
    """When something of a job was last written."""
    times = [os.path.getmtime(directory)]
    for name in ("output", "rc"):
        with contextlib.suppress(FileNotFoundError):
            times.append(os.path.getmtime(os.path.join(directory, name)))
    return max(times)


def start(directory: str, argv: t.List[str], script: str, environment: t.Dict[str, str]) -> None:
    """Run ``argv`` detached, with ``script`` on its standard input."""
    os.makedirs(os.path.dirname(directory), mode=0o700, exist_ok=True)
    os.mkdir(directory, 0o700)
    _write(os.path.join(directory, "script"), script)
    process = subprocess.Popen([sys.executable, "-c", _RUNNER, directory] + argv, stdin=subprocess.DEVNULL,  # pylint: disable=consider-using-with
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                               env=dict(os.environ, **environment))
    deadline = time.monotonic() + BEGINNING
    while _read(os.path.join(directory, "pid")) is None and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def lacking(space: t.Dict[str, t.Any]) -> t.List[str]:
    """Which directories have less room (bytes that this user may take) than is needed, each in words. What goes to one file system adds up."""
    findings: t.List[str] = []
    rooms: t.Dict[int, t.Dict[str, t.Any]] = {}
    for path, needed in sorted(space.items()):
        try:
            found, device = os.statvfs(path), os.stat(path).st_dev
        except OSError as error:
            findings.append("{0} cannot be used: {1}".format(path, error.strerror))
            continue
        if not writable(path):
            findings.append("{0} may not be written by this user".format(path))
        room = rooms.setdefault(device, {"paths": [], "free": found.f_bavail * found.f_frsize, "needed": 0})
        room["paths"].append(path)
        room["needed"] += int(needed)
    return findings + ["{0} {1} {2} bytes free, {3} are needed".format(
        " and ".join(room["paths"]), "has" if len(room["paths"]) == 1 else "together have", room["free"], room["needed"])
        for room in rooms.values() if room["free"] < room["needed"]]


def writable(directory: str) -> bool:
    """Whether a directory may be written, or made where it is not there yet."""
    while not os.path.lexists(directory) and os.path.dirname(directory) != directory:
        directory = os.path.dirname(directory)
    return os.path.isdir(directory) and os.access(directory, os.W_OK | os.X_OK)


def forget(directory: str) -> None:
    """Set a finished job aside (its output is kept beside it with a number), so that the name is free again."""
    number = 1
    while os.path.exists("{0}.{1}".format(directory, number)):
        number += 1
    os.rename(directory, "{0}.{1}".format(directory, number))


def start_or_join(directory: str, argv: t.List[str], script: str, environment: t.Dict[str, str]) -> t.Dict[str, t.Any]:
    """Start the job unless it is known, wait a little, and give its status with ``started``.

    A job that has finished is given once and then set aside: asking again means that its work is wanted anew.
    """
    started = not status(directory)["known"]
    if started:
        try:
            start(directory, argv, script, environment)
        except FileExistsError:
            # Somebody else was quicker; the job is joined.
            started = False
    return dict(join(directory), started=started)


def join(directory: str) -> t.Dict[str, t.Any]:
    """Wait a little for the job if there is one, give its status, and set it aside if it has finished."""
    deadline = time.monotonic() + PATIENCE
    found = status(directory)
    while found["known"] and not found["finished"] and time.monotonic() < deadline:
        time.sleep(0.05)
        found = status(directory)
    if found["finished"]:
        forget(directory)
    return dict(found, started=False)
