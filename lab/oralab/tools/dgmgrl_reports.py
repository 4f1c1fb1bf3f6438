# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SHOW and VALIDATE print (lines and words from transcripts)."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oralab.catalog.broker_members import ERRORS, OF_THE_CONFIGURATION, Configuration, Member, span

_ROLES = {"PRIMARY": "Primary database", "PHYSICAL STANDBY": "Physical standby database", "SNAPSHOT STANDBY": "Snapshot standby database"}


def _told(member: Member) -> str:
    code, text = member.status
    kind = "" if member.reinstate else "Error: " if member.serious else "Warning: "
    return f"{kind}ORA-{code:05d}: {text}"


def configuration(found: Configuration, age: int, release: str, verbose: bool) -> Iterator[str]:
    yield from ("", f"Configuration - {found.name}", "", f"  Protection Mode: {found.mode}", "  Members:")
    width = max(len(member.name) for member in found.members)
    worst = "SUCCESS"

    def lines(member: Member, depth: int) -> Iterator[str]:
        nonlocal worst
        remark = " (disabled)" if found.enabled and not member.enabled else ""
        yield f"{'  ' * depth}{member.name:<{width}} - {_ROLES[member.role]}{remark}"
        if found.enabled and member.status[0]:
            yield "  " * (depth + 1) + _told(member)
            yield ""
            if not member.reinstate:
                worst = "ERROR" if member.serious or worst == "ERROR" else "WARNING"
        for other in found.members:
            if other is not member and other.role != "PRIMARY" and found.source(other) is member:
                yield from lines(other, depth + 1)

    yield from lines(found.primary, 1)
    if verbose:
        yield from ("", "  Properties:")
        yield from _properties({**OF_THE_CONFIGURATION, **found.properties})
    yield from ("", f"Fast-Start Failover: {'DISABLED' if release == '12.1' else ' Disabled'}", "", "Configuration Status:")
    yield f"{worst}   (status updated {age} second{'' if age == 1 else 's'} ago)" if found.enabled else "DISABLED"
    yield ""


def _properties(found: Mapping[str, str]) -> Iterator[str]:
    for name, value in found.items():
        yield f"    {name:<31} = '{value}'"


def _lag(known: Mapping[str, Any], name: str) -> str:
    value, age = known.get("lags", {}).get(name, (None, None))
    if value is None:
        return "(unknown)"
    seconds, late = span(value), int(float(age or 0))
    parts = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in (
        (seconds // 86400, "day"), (seconds // 3600 % 24, "hour"), (seconds // 60 % 60, "minute"), (seconds % 60, "second")) if number]
    return f"{' '.join(parts) or '0 seconds'} (computed {late} second{'' if late == 1 else 's'} ago)"


def database(member: Member, known: Mapping[str, Any], properties: Mapping[str, str] | None) -> Iterator[str]:
    yield from ("", f"Database - {member.name}", "", f"  Role:               {member.role}",
                f"  Intended State:     {member.state if member.enabled else 'OFFLINE'}")
    if member.role == "PHYSICAL STANDBY":
        yield f"  Transport Lag:      {_lag(known, 'transport lag')}"
        yield f"  Apply Lag:          {_lag(known, 'apply lag')}"
        yield "  Average Apply Rate: (unknown)" if not known.get("recovering") else "  Average Apply Rate: 2.00 KByte/s"
        yield f"  Real Time Query:    {'ON' if known.get('recovering') and known.get('state') == 'OPEN' else 'OFF'}"
    yield from ("  Instance(s):", f"    {member.instance}", "")
    status = "SUCCESS" if member.enabled else "DISABLED"
    for kind, serious in (("Error", True), ("Warning", False)):
        found = [(code, text) for code, text in member.found if member.enabled and (code in ERRORS or code < 16000) == serious]
        if found:
            yield f"  Database {kind}(s):"
            yield from (f"    ORA-{code:05d}: {text}" for code, text in found)
            yield ""
            status = kind.upper() if status == "SUCCESS" else status
    if properties is not None:
        yield "  Properties:"
        yield from _properties(properties)
        yield ""
    yield from ("Database Status:", status, "")


def validation(found: Configuration, member: Member, known: Mapping[str, Mapping[str, Any]], ready: bool, reached: Mapping[str, bool]) -> Iterator[str]:
    standby = member.role != "PRIMARY"
    primary = found.primary
    yield from ("", f"  Database Role:     {_ROLES[member.role]}")
    if standby:
        yield f"  Primary Database:  {primary.name}"
    yield from ("", f"  Ready for Switchover:  {'Yes' if ready else 'No'}")
    if standby:
        running = bool(known.get(primary.name))
        able = bool(known.get(member.name))
        yield f"  Ready for Failover:    {'Yes' if able else 'No'} ({'Primary Running' if running else 'Primary Not Running'})"
    pair = [primary] + ([member] if standby else [])
    width = max(len(one.name) for one in pair)
    flashback = {one.name: bool(known.get(one.name, {}).get("flashback")) for one in pair}
    if standby and not all(flashback.values()):
        yield from ("", "  Flashback Database Status:")
        yield from (f"    {name:<{width}}:  {'On' if on else 'Off'}" for name, on in flashback.items())
    yield from ("", "  Managed by Clusterware:")
    yield from (f"    {one.name:<{width}}:  NO             " for one in pair)
    yield f"    Validating static connect identifier for the primary database {primary.name}..."
    yield (f'    The static connect identifier allows for a connection to database "{primary.name}".' if reached[primary.name] else
           "    Warning: Ensure primary database's StaticConnectIdentifier property is configured properly so that the primary database can be "
           "restarted by DGMGRL after switchover")
    few = [one.name for one in pair if known.get(one.name) and known[one.name]["logs"] < 2]
    if few:
        yield from ("", "  Current Configuration Log Files:")
        yield from (f"    {name}: standby redo logs configured incorrectly" for name in few)
    yield ""
