# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a migration: one HTML file that needs nothing else."""

from __future__ import annotations

import html
import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.plugin_utils import way_back
from ansible_collections.dbferry.oracle.plugins.plugin_utils.lag_chart import chart, samples

__metaclass__ = type

STYLE = """
:root { --ink: #1d2733; --faint: #6b7785; --line: #dde3ea; --paper: #fff; --band: #f5f7fa; --good: #1f8a53; --bad: #c43d3d; --plan: #2f6fb3; --down: #d98a1f; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.4rem 0 .8rem; } p.lead { color: var(--faint); margin: .2rem 0 1.6rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; } .card b { display: block; font-size: 1.35rem; font-weight: 600; }
.card span { color: var(--faint); font-size: .85rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 500; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tr:nth-child(even) td { background: var(--band); }
.good { color: var(--good); } .bad { color: var(--bad); } .plan { color: var(--plan); } .faint { color: var(--faint); }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; } summary { cursor: pointer; } summary code { font-weight: 600; }
pre { background: var(--band); padding: .8rem; border-radius: 6px; overflow-x: auto; font-size: .8rem; white-space: pre-wrap; }
p.way { border-left: 4px solid var(--plan); background: var(--band); padding: .6rem 1rem; margin: 1.2rem 0 0; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
"""

CLASSES = {"changed": "good", "unchanged": "good", "does not apply": "faint", "failed": "bad", "planned": "plan", "running": "plan", "interrupted": "bad",
           "wants to be confirmed": "plan"}
DONE = ("changed", "unchanged", "does not apply")
COLOURS = {"good": "#1f8a53", "bad": "#c43d3d", "plan": "#2f6fb3", "faint": "#b5bec8"}
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def clock(seconds: float) -> str:
    """Seconds as HH:MM:SS."""
    whole = int(seconds)
    return "{0:02d}:{1:02d}:{2:02d}".format(whole // 3600, whole // 60 % 60, whole % 60)


def volume(count: float) -> str:
    """Bytes in the unit that people would choose."""
    unit = 0
    while count >= 1024 and unit < len(UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return "{0:.{1}f} {2}".format(count, 1 if unit else 0, UNITS[unit])


def _text(value: t.Any) -> str:
    return html.escape(str(value))


def latest(contents: t.Dict[str, t.Any]) -> t.List[t.Dict[str, t.Any]]:
    """The phases in their order, each as its last run left it; a plan counts only where nothing was done."""
    phases: t.Dict[str, t.Dict[str, t.Any]] = {}
    for run in contents["runs"]:
        for entry in run["phases"]:
            known = phases.get(entry["name"])
            if known is not None and run["check_mode"]:
                continue
            if known is not None and known["status"] in DONE and entry["status"] in DONE and not entry["statements"]:
                # A later run found it done: what was done, and when, is in the earlier one. What it proves is newer, and what was left may be done.
                known.update({name: entry[name] for name in ("tables", "verdict", "differences", "not_compared") if name in entry})
                known.update({name: entry.get(name, []) for name in ("pending", "findings")})
                continue
            phases[entry["name"]] = dict(entry)
    return list(phases.values())


def render(contents: t.Dict[str, t.Any]) -> str:
    """The whole report."""
    phases = latest(contents)
    migration = contents["migration"]
    verification = next((entry for entry in reversed(phases) if entry.get("verdict")), None)
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>",
        "<title>Migration {0}</title><style>{1}</style></head><body>".format(_text(migration.get("id")), STYLE),
        "<h1>Migration {0}, run {1}</h1>".format(_text(migration.get("id")), _text(migration.get("run"))),
        "<p class='lead'>Target {0} &middot; {1} run{2} of {3} &middot; written {4}</p>".format(
            _text(contents["host"]), len(contents["runs"]), "" if len(contents["runs"]) == 1 else "s", _text(contents["runs"][-1]["playbook"]),
            time.strftime("%Y-%m-%d %H:%M:%S %Z")),
        _cards(contents, phases, verification), _way_back(contents), _timeline(contents, phases), chart(samples(contents["runs"]), contents.get("downtime")),
        _volumes(phases), _phase_table(phases), _findings(contents, phases), _verification(verification), _statements(phases), "</body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _cards(contents: t.Dict[str, t.Any], phases: t.List[t.Dict[str, t.Any]], verification: t.Optional[t.Dict[str, t.Any]]) -> str:
    failed = [entry for entry in phases if entry["status"] == "failed"]
    planned = any(entry["status"] == "planned" for entry in phases)
    asked = [entry for entry in phases if entry["status"] == "wants to be confirmed"]
    state, look = ("failed in " + failed[-1]["name"], "bad") if failed else (asked[-1]["name"] + " wants to be confirmed", "plan") if asked else (
        "planned", "plan") if planned else ("done", "good")
    cards = [(state, "state", look)]
    window = contents.get("downtime")
    if window:
        cards.append((clock(window["seconds"]) + ("" if window["ended"] else " …"), "downtime", ""))
    if verification:
        tables = verification.get("tables", [])
        equal = [row for row in tables if row["equal"]]
        cards.append(("{0} of {1}".format(len(equal), len(tables)), "tables equal in every row", "good" if len(equal) == len(tables) else "bad"))
        cards.append(("{0:,}".format(sum(row["target_rows"] or 0 for row in tables)), "rows compared", ""))
    cards.append((str(sum(len(entry["statements"]) for entry in phases)), "statements", ""))
    return "<div class='cards'>" + "".join("<div class='card'><b class='{0}'>{1}</b><span>{2}</span></div>".format(
        look, _text(value), _text(name)) for value, name, look in cards) + "</div>"


def _timeline(contents: t.Dict[str, t.Any], phases: t.List[t.Dict[str, t.Any]]) -> str:
    timed = [entry for entry in phases if entry["ended"] and entry["status"] != "does not apply"]
    if not timed:
        return ""
    first: float = min(entry["started"] for entry in timed)
    last: float = max(entry["ended"] for entry in timed)
    span, left, width, row = max(last - first, 0.001), 230, 770, 18
    height = row * len(timed) + 34

    def place(moment: float) -> float:
        return left + width * (moment - first) / span

    drawn = []
    window = contents.get("downtime")
    if window:
        begin, end = place(window["began"]), place(min(window["ended"] or last, last))
        drawn.append("<rect x='{0:.1f}' y='0' width='{1:.1f}' height='{2}' fill='#d98a1f' opacity='.14'/>".format(begin, max(end - begin, 1), height - 16))
        drawn.append("<text x='{0:.1f}' y='{1}' text-anchor='{2}'>downtime {3}</text>".format(
            min(max(begin + 4, left), left + width - 110), height - 20, "start", clock(window["seconds"])))
    for number, entry in enumerate(timed):
        top = number * row
        colour = COLOURS[CLASSES.get(entry["status"], "faint")]
        drawn.append("<text x='0' y='{0}'>{1}</text>".format(top + 12, _text(entry["name"])))
        drawn.append("<rect x='{0:.1f}' y='{1}' width='{2:.1f}' height='12' rx='2' fill='{3}'><title>{4}: {5:.1f} s</title></rect>".format(
            place(entry["started"]), top + 2, max(place(entry["ended"]) - place(entry["started"]), 2), colour, _text(entry["name"]),
            entry["ended"] - entry["started"]))
    drawn.append("<text x='{0}' y='{1}'>{2}</text><text x='{3}' y='{1}' text-anchor='end'>{4}</text>".format(
        left, height - 3, time.strftime("%H:%M:%S", time.localtime(first)), left + width, time.strftime("%H:%M:%S", time.localtime(last))))
    return "<h2>Timeline</h2><svg viewBox='0 0 1000 {0}' role='img' aria-label='Timeline of phases'>{1}</svg>".format(height, "".join(drawn))


def _way_back(contents: t.Dict[str, t.Any]) -> str:
    line = way_back.line(contents["runs"])
    return "<p class='way'><b>Way back.</b> {0}</p>".format(_text(line)) if line else ""


def _volumes(phases: t.List[t.Dict[str, t.Any]]) -> str:
    """Backups, restores and copies that were looked at while they were under way."""
    rows = ["<tr><td><code>{0}</code></td><td class='number'>{1}</td><td class='number'>{2:.1f}</td><td class='number'>{3}/s</td></tr>".format(
        _text(entry["name"]), volume(entry["volume"]["bytes"]), entry["volume"]["seconds"], volume(entry["volume"]["bytes"] / entry["volume"]["seconds"]))
        for entry in phases if entry.get("volume", {}).get("seconds")]
    if not rows:
        return ""
    return ("<h2>Throughput</h2><table><tr><th>Phase</th><th class='number'>Datafiles</th><th class='number'>Seconds</th>"
            "<th class='number'>Throughput</th></tr>" + "".join(rows) + "</table>")


def _phase_table(phases: t.List[t.Dict[str, t.Any]]) -> str:
    rows = ["<tr><td><code>{0}</code></td><td class='{1}'>{2}</td><td class='number'>{3}</td><td class='number'>{4}</td><td>{5}</td></tr>".format(
        _text(entry["name"]), CLASSES.get(entry["status"], ""), _text(entry["status"]),
        "{0:.1f}".format(entry["ended"] - entry["started"]) if entry["ended"] else "", len(entry["statements"]) or "", _text(_remark(entry)))
        for entry in phases if entry["status"] != "does not apply"]
    others = ["<tr><td><code>{0}</code></td><td>{1}</td></tr>".format(_text(entry["name"]), _text(entry.get("reason") or ""))
              for entry in phases if entry["status"] == "does not apply"]
    parts = ["<h2>Phases</h2><table><tr><th>Phase</th><th>State</th><th class='number'>Seconds</th><th class='number'>Statements</th><th></th></tr>",
             "".join(rows), "</table>"]
    if others:
        parts.append("<details><summary>{0} phase{1} not apply</summary><table>{2}</table></details>".format(
            len(others), " does" if len(others) == 1 else "s do", "".join(others)))
    return "".join(parts)


def _remark(entry: t.Dict[str, t.Any]) -> str:
    """What people should know of a phase beside its state: why it failed, what it left to do, what its plan rests on."""
    if entry.get("error"):
        return str(entry["error"].get("msg") or "")
    if entry.get("question"):
        return str(entry["question"])
    words = ["left to do: " + "; ".join(str(one) for one in entry["pending"])] if entry.get("pending") else []
    if entry["status"] == "planned":
        words += sorted({"assumes what {0} does".format(one["phase"]) for one in entry.get("assumed", []) if one.get("phase")})
    return ". ".join(words) or str(entry.get("reason") or "")


def _findings(contents: t.Dict[str, t.Any], phases: t.List[t.Dict[str, t.Any]]) -> str:
    """Of the phases; and of a Data Guard pair those of the last look at it, whichever phase that was in."""
    found = [one for entry in phases for one in entry.get("findings", [])] + way_back.pair(contents["runs"]).get("findings", [])
    rows = ["<tr><td class='{0}'>{1}</td><td>{2}</td><td>{3}</td><td>{4}</td></tr>".format(
        "bad" if one["severity"] == "error" else "", _text(one["severity"]), _text(one["message"]), _text(one["remedy"]),
        _text(", ".join(one["objects"][:20]) + (" and {0} more".format(len(one["objects"]) - 20) if len(one["objects"]) > 20 else "")))
        for one in found]
    if not rows:
        return ""
    return "<h2>Findings</h2><table><tr><th>Severity</th><th>Finding</th><th>Remedy</th><th>Objects</th></tr>" + "".join(rows) + "</table>"


def _verification(entry: t.Optional[t.Dict[str, t.Any]]) -> str:
    if entry is None:
        return ""
    rows = ["<tr><td>{0}</td><td class='number'>{1}</td><td class='number'>{2}</td><td class='{3}'>{4}</td></tr>".format(
        _text(row["table"]), _count(row["source_rows"]), _count(row["target_rows"]),
        "good" if row["equal"] else "bad", "equal" if row["equal"] else _text("different: " + ", ".join(row["keys"])) if row["equal"] is False else "not yet")
        for row in entry.get("tables", [])]
    parts = ["<h2>Verification: {0}</h2>".format(_text(entry["verdict"])),
             "<p>Rows by count and two sums over the hash of every row, computed inside each database.</p>",
             "<table><tr><th>Table</th><th class='number'>Source</th><th class='number'>Target</th><th>Rows</th></tr>" + "".join(rows) + "</table>"]
    if entry.get("differences"):
        parts.append("<h2>Differences of the dictionaries</h2><table><tr><th>What</th><th>Object</th><th>Source</th><th>Target</th></tr>" + "".join(
            "<tr><td>{0}</td><td>{1}</td><td>{2}</td><td>{3}</td></tr>".format(
                _text(one["section"]), _text(one["object"]), _text(one["source"]), _text(one["target"])) for one in entry["differences"]) + "</table>")
    if entry.get("not_compared"):
        parts.append("<h2>Not compared</h2><ul>" + "".join("<li>{0}</li>".format(_text(one)) for one in entry["not_compared"]) + "</ul>")
    return "".join(parts)


def _count(number: t.Optional[int]) -> str:
    return "" if number is None else "{0:,}".format(number)


def _statements(phases: t.List[t.Dict[str, t.Any]]) -> str:
    parts = ["<details><summary><code>{0}</code> <span class='faint'>{1}</span></summary><pre>{2}</pre></details>".format(
        _text(entry["name"]), len(entry["statements"]), _text("\n\n".join(entry["statements"]))) for entry in phases if entry["statements"]]
    return "<h2>Statements</h2>" + "".join(parts) if parts else ""
