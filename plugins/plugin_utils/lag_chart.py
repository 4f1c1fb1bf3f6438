# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lag of a standby over time, drawn. What was unknown is a gap in the line."""

from __future__ import annotations

import html
import time
import typing as t

__metaclass__ = type

Sample = t.Dict[str, t.Any]

COLOURS = {"transport": "#2f6fb3", "apply": "#d98a1f"}
LEFT, WIDTH, TOP, HEIGHT = 60, 930, 24, 150


def samples(runs: t.List[t.Dict[str, t.Any]]) -> t.List[Sample]:
    """What was seen of the lag of the first standby, from the first look that knew it to the last that did; plans are no looks. Once it has taken over,
    another one may be the standby, whose lag says nothing of the migration."""
    found = [sample for run in runs if not run["check_mode"] for entry in run["phases"] for sample in entry["lag"]]
    known = [number for number, sample in enumerate(found) if any(sample[name] is not None for name in COLOURS)]
    last = [number for number in known if found[number]["standby"] == found[known[0]]["standby"]]
    return found[known[0]:last[-1] + 1] if known else []


def lines(found: t.List[Sample], name: str) -> t.List[t.List[Sample]]:
    """Stretches of looks that knew this lag."""
    stretches: t.List[t.List[Sample]] = [[]]
    for sample in found:
        if sample[name] is None:
            stretches.append([])
        else:
            stretches[-1].append(sample)
    return [stretch for stretch in stretches if stretch]


def chart(found: t.List[Sample], window: t.Optional[t.Dict[str, t.Any]]) -> str:
    """The chart with its heading; empty without looks."""
    if not found:
        return ""
    first: float = found[0]["at"]
    last: float = found[-1]["at"]
    highest: float = max([1.0] + [sample[name] for sample in found for name in COLOURS if sample[name] is not None])
    bottom = TOP + HEIGHT

    def across(moment: float) -> float:
        return LEFT + WIDTH * (moment - first) / max(last - first, 0.001)

    def up(seconds: float) -> float:
        return bottom - HEIGHT * seconds / highest

    drawn = []
    if window and window["began"] < last and (window["ended"] or last) > first:
        begin, end = across(max(window["began"], first)), across(min(window["ended"] or last, last))
        drawn.append("<rect x='{0:.1f}' y='{1}' width='{2:.1f}' height='{3}' fill='#d98a1f' opacity='.14'/>".format(begin, TOP, max(end - begin, 1), HEIGHT))
    for seconds in (0.0, highest / 2, highest):
        drawn.append("<path d='M{0} {1:.1f}H{2}' stroke='#dde3ea'/><text x='{3}' y='{4:.1f}' text-anchor='end'>{5:g} s</text>".format(
            LEFT, up(seconds), LEFT + WIDTH, LEFT - 8, up(seconds) + 4, round(seconds, 1)))
    for name, colour in COLOURS.items():
        for stretch in lines(found, name):
            drawn.append("<path d='M{0}' fill='none' stroke='{1}' stroke-width='2'/>".format(
                "L".join("{0:.1f} {1:.1f}".format(across(sample["at"]), up(sample[name])) for sample in stretch), colour))
            drawn += ["<circle cx='{0:.1f}' cy='{1:.1f}' r='3' fill='{2}'><title>{3}</title></circle>".format(
                across(sample["at"]), up(sample[name]), colour, html.escape(_told(sample))) for sample in stretch]
    for place, (name, colour) in zip((LEFT, LEFT + 120), COLOURS.items()):
        drawn.append("<circle cx='{0}' cy='10' r='4' fill='{1}'/><text x='{2}' y='14'>{3} lag</text>".format(place + 4, colour, place + 14, name))
    drawn.append("<text x='{0}' y='{1}'>{2}</text><text x='{3}' y='{1}' text-anchor='end'>{4}</text>".format(
        LEFT, bottom + 16, _clock(first), LEFT + WIDTH, _clock(last)))
    return ("<h2>Lag of {0}</h2><svg viewBox='0 0 1000 {1}' role='img' aria-label='Transport and apply lag over time'>{2}</svg>"
            "<p class='faint'>{3} look{4}. Where the lag was unknown, or what it was computed from too old, the line has a gap.</p>").format(
        html.escape(str(found[0]["standby"])), bottom + 22, "".join(drawn), len(found), "" if len(found) == 1 else "s")


def _told(sample: Sample) -> str:
    words = ["{0} {1}".format(name, "unknown" if sample[name] is None else "{0:g} s".format(sample[name])) for name in COLOURS]
    return "{0}: {1}{2}".format(_clock(sample["at"]), ", ".join(words), "" if sample["age"] is None else ", heard {0:g} s before".format(sample["age"]))


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))
