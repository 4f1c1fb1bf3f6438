# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms and their byte order (V$TRANSPORTABLE_PLATFORM of 19c; ids seen in transcripts and documented)."""
from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Platform:
    id: int
    name: str
    endian: str

    @property
    def order(self) -> str:
        """Byte order as ``struct`` writes it."""
        return ">" if self.endian == "Big" else "<"


PLATFORMS: dict[int, Platform] = {platform.id: platform for platform in (
    Platform(1, "Solaris[tm] OE (32-bit)", "Big"), Platform(2, "Solaris[tm] OE (64-bit)", "Big"),
    Platform(3, "HP-UX (64-bit)", "Big"), Platform(4, "HP-UX IA (64-bit)", "Big"), Platform(5, "HP Tru64 UNIX", "Little"),
    Platform(6, "AIX-Based Systems (64-bit)", "Big"), Platform(7, "Microsoft Windows IA (32-bit)", "Little"),
    Platform(8, "Microsoft Windows IA (64-bit)", "Little"), Platform(9, "IBM zSeries Based Linux", "Big"),
    Platform(10, "Linux IA (32-bit)", "Little"), Platform(11, "Linux IA (64-bit)", "Little"),
    Platform(12, "Microsoft Windows x86 64-bit", "Little"), Platform(13, "Linux x86 64-bit", "Little"),
    Platform(15, "HP Open VMS", "Little"), Platform(16, "Apple Mac OS", "Big"), Platform(17, "Solaris Operating System (x86)", "Little"),
    Platform(18, "IBM Power Based Linux", "Big"), Platform(19, "HP IA Open VMS", "Little"),
    Platform(20, "Solaris Operating System (x86-64)", "Little"), Platform(21, "Apple Mac OS (x86-64)", "Little"),
    Platform(22, "Linux OS (S64)", "Big"), Platform(23, "Linux OS (AARCH64)", "Little"))}


def by_name(name: str) -> Platform | None:
    """The platform of that name, as V$TRANSPORTABLE_PLATFORM spells it."""
    return next((platform for platform in PLATFORMS.values() if platform.name == name), None)
