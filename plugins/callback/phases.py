# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
name: phases
type: notification
short_description: Shows the phases of a migration live, and writes its job record and report
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Prints one line when a phase begins, when its long work gets on, and when it ends, with the downtime clock; as readable in a log file as on a terminal.
  - Writes a job record (JSON) and a report (HTML, in one file) for each target.
requirements:
  - Enable it with C(callbacks_enabled = dbferry.oracle.phases) in C(ansible.cfg).
options:
  directory:
    description: Where job records and reports are written.
    type: path
    default: dbferry-records
    env:
      - name: DBFERRY_RECORDS
    ini:
      - section: callback_dbferry_phases
        key: directory
  interval:
    description: Least number of seconds between two progress lines of the same phase.
    type: float
    default: 5
    env:
      - name: DBFERRY_PROGRESS_INTERVAL
    ini:
      - section: callback_dbferry_phases
        key: interval
"""

import json
import os
import time
import typing as t

from ansible.plugins.callback import CallbackBase

from ansible_collections.dbferry.oracle.plugins.plugin_utils.record import Record, phase_of
from ansible_collections.dbferry.oracle.plugins.plugin_utils.report import clock, render

MARKS = {"changed": ("+", "yellow"), "unchanged": ("=", "green"), "does not apply": ("-", "cyan"), "failed": ("!", "red"), "planned": ("?", "blue"),
         "interrupted": ("!", "red"), "wants to be confirmed": ("?", "yellow")}
#: How the task is called that tells what is to be decided (roles/migration/tasks/confirm.yml).
QUESTION = "Ask for the confirmation of "


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core declares no types
    """One writer for all hosts, in the parent process."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "dbferry.oracle.phases"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, display: t.Any = None) -> None:
        super().__init__(display)
        self._records: t.Dict[str, Record] = {}
        self._current: t.Dict[str, str] = {}
        self._shown: t.Dict[str, float] = {}
        self._looks: t.Dict[t.Tuple[str, str], int] = {}
        self._announced: t.Set[str] = set()
        self._applies: t.Set[str] = set()
        self._playbook = ""
        self._check_mode = False

    # -- what Ansible tells

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        self._playbook = os.path.basename(playbook._file_name)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._check_mode = bool(play.check_mode)

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        phase = phase_of(task.tags)
        if phase is None:
            return
        name = host.get_name()
        if name not in self._records:
            self._records[name] = Record(name, self.get_option("directory"), self._check_mode, self._playbook)
        if self._current.get(name) != phase:
            self._finish(name)
            self._current[name] = phase
            self._records[name].begin(phase)
        self._records[name].task_began = time.time()
        # Of a phase of which nothing may apply, that it begins is told when something did. Tasks of a phase begin with its name; others are
        # what goes around it. A condition that every task of it has is none of its own.
        words = task.get_name().split(" : ")[-1]
        if words.startswith(phase) and not words.endswith("does not apply") and (name in self._applies or not (task.get_ds() or {}).get("when")):
            self._announce(name, phase)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        found, host = self._take(result), self._host(result)
        if found is None:
            return
        name = self._task(result).get_name().split(" : ")[-1]
        if name.startswith(QUESTION):
            self._records[host].asks(self._current[host], str(found.get("msg") or ""))
        elif name.endswith("does not apply"):
            self._records[host].begin(self._current[host])["reason"] = str(found.get("msg") or "")
        else:
            self._applies.add(host)

    def v2_runner_retry(self, result: t.Any) -> None:
        host = self._host(result)
        phase = phase_of(self._task(result).tags)
        if host not in self._records or phase is None:
            return
        # A look that has to be repeated may be the one that began the work: its statements stand nowhere else.
        self._take(result)
        self._announce(host, phase)
        # Counted here: what Ansible counts differs by one between its releases.
        self._looks[host, phase] = self._looks.get((host, phase), 0) + 1
        if time.monotonic() - self._shown.get(host, 0) >= float(self.get_option("interval")):
            self._line(host, ".", phase, self._look_text(self._result(result), self._looks[host, phase]), "normal")
            self._shown[host] = time.monotonic()

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._take(result)
        host, phase = self._host(result), phase_of(self._task(result).tags)
        if ignore_errors or host not in self._records or phase is None:
            return
        found = self._result(result)
        entry = self._records[host].begin(phase)
        entry["error"] = {name: found[name] for name in ("msg", "code", "statement", "hint") if found.get(name)}
        self._records[host].finish(phase)["status"] = "failed"

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self.v2_runner_on_failed(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        for host in list(self._records):
            self._finish(host)
            record = self._records[host]
            record.run["ended"] = time.time()
            if not record.migration:
                continue
            record.save("json", json.dumps(record.contents(), indent=1, default=str))
            path = record.save("html", render(record.contents()))
            window = record.downtime()
            if window:
                self._display.display("{0}: downtime {1}{2}".format(host, clock(window["seconds"]), "" if window["ended"] else " and running"))
            self._display.display("{0}: report {1}".format(host, os.path.abspath(path)))

    # -- what is made of it

    @staticmethod
    def _result(result: t.Any) -> t.Dict[str, t.Any]:
        fields: t.Dict[str, t.Any] = result.result if hasattr(result, "result") else result._result
        return fields

    @staticmethod
    def _task(result: t.Any) -> t.Any:
        return result.task if hasattr(result, "task") else result._task

    @staticmethod
    def _host(result: t.Any) -> str:
        host = result.host if hasattr(result, "host") else result._host
        return str(host.get_name())

    def _take(self, result: t.Any) -> t.Optional[t.Dict[str, t.Any]]:
        host, phase = self._host(result), phase_of(self._task(result).tags)
        if host not in self._records or phase is None:
            return None
        found = self._result(result)
        # Of a task with a loop each item has a result of its own.
        for one in found.get("results") or [found] if self._task(result).loop else [found]:
            self._records[host].belongs_to(one.get("migration") or {})
            self._records[host].add(phase, one, self._task(result).get_name())
        return found

    def _announce(self, host: str, phase: str) -> None:
        if host not in self._announced:
            self._announced.add(host)
            self._line(host, ">", phase, "begins", "blue", self._records[host].begin(phase)["started"])

    def _finish(self, host: str) -> None:
        phase = self._current.pop(host, None)
        if phase is None:
            return
        self._announced.discard(host)
        self._applies.discard(host)
        record = self._records[host]
        entry = record.finish(phase)
        if self._check_mode and entry["status"] == "changed":
            entry["status"] = "planned"
        mark, colour = MARKS[entry["status"]]
        words = [entry["status"], "{0:.1f} s".format(entry["ended"] - entry["started"])]
        if entry["statements"]:
            words.append("{0} statement{1}".format(len(entry["statements"]), "" if len(entry["statements"]) == 1 else "s"))
        words += [entry[name] for name in ("reason", "question") if entry.get(name)]
        if entry.get("verdict"):
            words.append("{0} of {1} tables equal, {2:,} rows".format(
                len([row for row in entry.get("tables", []) if row["equal"]]), len(entry.get("tables", [])),
                sum(row["target_rows"] or 0 for row in entry.get("tables", []))))
        self._line(host, mark, phase, ", ".join(words), colour)
        if record.migration:
            record.save("json", json.dumps(record.contents(), indent=1, default=str))

    @staticmethod
    def _look_text(found: t.Dict[str, t.Any], look: int) -> str:
        """How far long work is, or how far behind a standby is."""
        progress = found.get("progress") or found.get("job") or {}
        words = ["{0} lag {1}".format(name, "unknown" if found[name + "_lag"] is None else "{0:g} s".format(found[name + "_lag"]))
                 for name in ("transport", "apply") if name + "_lag" in found]
        if progress.get("percent") is not None:
            words.append("{0:.0f} %".format(float(progress["percent"])))
        if progress.get("of"):
            words.append("{0} of {1}".format(progress["done"], progress["of"]))
        if progress.get("message"):
            words.append(str(progress["message"]))
        return ", ".join(words) or "at work (look {0})".format(look)

    def _line(self, host: str, mark: str, phase: str, text: str, colour: str, at: t.Optional[float] = None) -> None:
        window = self._records[host].downtime()
        down = "  downtime {0}".format(clock(window["seconds"])) if window and not window["ended"] else ""
        self._display.display("{0} {1} {2:<12} {3:<31} {4}{5}".format(time.strftime("%H:%M:%S", time.localtime(at)), mark, host, phase, text, down),
                              color=None if colour == "normal" else colour)
