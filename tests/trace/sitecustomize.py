# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down what goes through python-oracledb: every call with its text, its time and the module that made it; and what is planned.

Python imports ``sitecustomize`` when it starts, so this folder on PYTHONPATH and a directory in DBFERRY_TRACE suffice, for
ansible-playbook and for every process it forks or starts. The collection does not know. Each process writes a file of its own, a
JSON object a line: ``began`` and ``ended`` (seconds, time.time()), ``module`` (None outside the kernel), ``method`` and ``text``
(None for calls without one). Planned steps have the method ``plan``, or ``script`` when they are for a tool on the server. Bind values are
never written, and in the place of each secret stands an example.
"""
from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import json
import os
import sys
import threading
import time
import types
import typing as t

CALLS = {"Cursor": ("execute", "executemany", "fetchall", "fetchmany", "fetchone", "callproc"), "Connection": ("commit", "rollback")}
PACKAGE = "ansible_collections.dbferry.oracle.plugins.modules."


def frames() -> t.Iterator[types.FrameType]:
    """This thread's stack, and under it that of the main thread, which waits for its workers."""
    beginnings = [sys._getframe(1)]
    if threading.current_thread() is not threading.main_thread():
        beginnings.append(sys._current_frames()[threading.main_thread().ident or 0])
    for beginning in beginnings:
        frame: t.Optional[types.FrameType] = beginning
        while frame is not None:
            yield frame
            frame = frame.f_back


def module_at_work() -> t.Optional[str]:
    """The module whose kernel run is on the stack."""
    for frame in frames():
        if frame.f_code.co_name == "run" and frame.f_code.co_filename.endswith("module_utils/kernel.py"):
            return str(frame.f_locals["module"].observe.__module__).rsplit(".", 1)[-1]
    return None


def planner() -> t.Optional[str]:
    """The module that makes a step, or what of module_utils makes it for modules."""
    for folder in ("/plugins/modules/", "/plugins/module_utils/"):
        for frame in frames():
            name = frame.f_code.co_filename
            if folder in name and not name.endswith("kernel.py"):
                return os.path.basename(name)[:-3]
    return None


def shown(statement: t.Any) -> str:
    """The text of a statement with examples for its secrets, quoted as they were."""
    return "".join(part if isinstance(part, str) else {'"': '"Example1"', "'": "'Example1'"}.get(part.value[:1], "Example1") for part in statement.parts)


def issued(text: t.Any) -> t.Optional[str]:
    """What of a call's text may be written: that of the statement which the session was given, where there is one."""
    for frame in frames():
        if frame.f_code.co_name in ("execute", "call") and hasattr(frame.f_locals.get("statement"), "parts"):
            return shown(frame.f_locals["statement"])
    return text if isinstance(text, str) else None


def write(entry: t.Dict[str, t.Any]) -> None:
    """Add to this process's file; whole lines, so that a killed process leaves no half of one."""
    path = os.path.join(os.environ["DBFERRY_TRACE"], f"{os.getpid()}.jsonl")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, (json.dumps(entry) + "\n").encode())
    finally:
        os.close(handle)


def traced(name: str, call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    @functools.wraps(call)
    def around(self: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        began = time.time()
        try:
            return call(self, *arguments, **options)
        finally:
            ended = time.time()
            text = issued(arguments[0]) if arguments else None
            write({"began": began, "ended": ended, "module": module_at_work(), "method": name, "text": text})
    return around


def trace_steps(steps: t.Any) -> None:
    made = steps.Step.__init__

    @functools.wraps(made)
    def init(self: t.Any, *arguments: t.Any, **options: t.Any) -> None:
        made(self, *arguments, **options)
        if hasattr(self.statement, "parts"):
            now = time.time()
            write({"began": now, "ended": now, "module": planner(), "method": "script" if self.job else "plan", "text": shown(self.statement)})
    steps.Step.__init__ = init


def trace(oracledb: t.Any) -> None:
    for kind, names in CALLS.items():
        owner = getattr(oracledb, kind)
        for name in names:
            setattr(owner, name, traced(name, getattr(owner, name)))


#: Module -> what is done to it once it is imported. The kernel is found so by the tests; under Ansible its own loader is first.
TRACED = {"oracledb": trace, "ansible_collections.dbferry.oracle.plugins.module_utils.steps": trace_steps}


class Loader(importlib.abc.Loader):
    """A module's own loader, and the tracing once it is done: nobody pays for an import who would not have made it."""

    def __init__(self, loader: t.Any) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> t.Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        self._loader.exec_module(module)
        TRACED[module.__name__](module)


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: t.Any, target: t.Any = None) -> t.Optional[importlib.machinery.ModuleSpec]:
        if name not in TRACED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = Loader(spec.loader)
        return spec


if os.environ.get("DBFERRY_TRACE"):
    os.makedirs(os.environ["DBFERRY_TRACE"], mode=0o700, exist_ok=True)
    sys.meta_path.insert(0, Finder())
