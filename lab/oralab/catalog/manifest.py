# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML file that describes a database that is to be plugged in, and in what it differs from a container database.

Elements are named as in manifests of real databases (known to DBAs); ``bigfile``, ``omf``, ``createtime`` and ``encryption`` are our own, and character
sets stand in it by their names. The files are not in it, but what their headers have to say when they are plugged in.
"""
from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.errors import OraError, not_simulated
from oralab.storage.control_file import Datafile, Tablespace
from oralab.tools import inventory

if TYPE_CHECKING:
    from oralab.catalog.database import Database

CONTENTS = ("PERMANENT", "TEMPORARY", "UNDO")
"""By <type> of a tablespace."""
NON_CDB = "Non-CDB to PDB"
"""CAUSE of the violation that a database has whose dictionary is not that of a pluggable database yet (transcripts)."""
CONVERTED = 2
"""Steps of noncdb_to_pdb.sql."""


@dataclasses.dataclass(slots=True)
class Manifest:
    """``converted``: its dictionary is that of a pluggable database."""

    name: str
    version: str
    compatible: str
    dbid: int
    guid: str
    converted: bool
    big_endian: bool
    block_size: int
    resetlogs_scn: int
    created: float
    character_set: str
    national_character_set: str
    timezone_file: int
    components: dict[str, str]
    patches: list[tuple[str, str]]
    """Type and description of what DBA_REGISTRY_SQLPATCH has."""
    tablespaces: list[Tablespace] = dataclasses.field(default_factory=list)
    datafiles: list[Datafile] = dataclasses.field(default_factory=list)


def of_database(database: Database) -> Manifest:
    """What DBMS_PDB.DESCRIBE finds. Files that came by a transport are not simulated."""
    store, spec = database.store, database.spec
    spaces, files = store.tablespaces(), store.datafiles()
    if any(file.object_map for file in files):
        raise not_simulated("DBMS_PDB.DESCRIBE of a database with transported tablespaces")
    return Manifest(
        name=spec.name.upper(), version=spec.version, compatible=spec.compatible, dbid=store.dbid, guid=database.attributes.guid,
        converted=spec.is_cdb and (not database.con_id or database.attributes.converted == CONVERTED),
        big_endian=store.platform.order == ">", block_size=store.block_size, resetlogs_scn=store.resetlogs_scn, created=store.control.created,
        character_set=spec.character_set, national_character_set=spec.national_character_set, timezone_file=database.timezone_file,
        components=dict.fromkeys(spec.components, spec.version),
        patches=[(patch.patch_type, patch.description) for patch in _last(database.patches(spec.pdb))], tablespaces=spaces, datafiles=files)


def _last(patches: Iterable[Any]) -> list[Any]:
    """What is applied now."""
    found: dict[object, Any] = {}
    for patch in patches:
        found["RU" if patch.patch_type == "RU" else patch.patch_id] = patch
    return [patch for patch in found.values() if patch.action == "APPLY" and patch.status == "SUCCESS"]


def write(found: Manifest) -> str:
    """Its text."""
    root = ElementTree.Element("PDB")

    def add(parent: ElementTree.Element, **values: object) -> None:
        for tag, value in values.items():
            ElementTree.SubElement(parent, tag).text = str(value)

    add(root, xmlversion=1, pdbname=found.name, cid=0, byteorder=0 if found.big_endian else 1)
    add(ElementTree.SubElement(root, "vsns"), vsnnum=found.version, cdbcompt=found.compatible, pdbcompt=found.compatible)
    add(root, dbid=found.dbid, ncdb2pdb=0 if found.converted else 1, cdbid=found.dbid, guid=found.guid)
    for space in found.tablespaces:
        element = ElementTree.SubElement(root, "tablespace")
        add(element, name=space.name, type=CONTENTS.index(space.contents), tsn=space.number, status=space.status, bigfile=int(space.bigfile),
            omf=int(space.omf), bmunitsize=space.block_size)
        if space.encryption is not None:
            algorithm, master, key = space.encryption
            add(element, encryption=f"{algorithm} {master} {key.hex()}")
        for file in found.datafiles:
            if file.tablespace == space.name:
                add(ElementTree.SubElement(element, "file"), path=file.path, afn=file.number, rfn=file.relative, createscnbas=file.creation_scn,
                    createtime=file.creation_time, status=file.status, fileblocks=file.blocks(space.block_size), blocksize=space.block_size,
                    fdbid=found.dbid, fcpsb=file.checkpoint_scn, frlsb=found.resetlogs_scn, autoext=int(file.auto_extend), maxsize=file.max_bytes,
                    incsize=file.increment, omf=int(file.omf))
    add(root, csid=found.character_set, ncsid=found.national_character_set, blocksize=found.block_size, frlsb=found.resetlogs_scn,
        createtime=found.created)
    options = ElementTree.SubElement(root, "options")
    for name, version in found.components.items():
        add(options, option=f"{name}={version}")
    patches = ElementTree.SubElement(root, "sqlpatches")
    for kind, description in found.patches:
        add(patches, sqlpatch=f"{kind}: {description}")
    add(ElementTree.SubElement(root, "tzvers"), tzver=f"primary version:{found.timezone_file}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def read(path: str) -> Manifest:
    """ORA-65026 when there is none, or it is something else."""
    try:
        with open(path, encoding="utf-8") as file:
            root = ElementTree.fromstring(file.read())
    except OSError:
        raise OraError(65026, f'XML metadata file error : LPX-00202: could not open "{path}" (error 200)') from None
    except (ElementTree.ParseError, UnicodeDecodeError):
        raise OraError(65026, "XML metadata file error : LPX-00210: expected '<' instead of 'n'") from None
    if root.tag != "PDB" or root.find("dbid") is None:
        raise OraError(65026, "XML metadata file error : LPX-00104: element \"PDB\" is not valid")

    def text(element: ElementTree.Element, tag: str) -> str:
        return element.findtext(tag) or ""

    found = Manifest(
        name=text(root, "pdbname"), version=text(root, "vsns/vsnnum"), compatible=text(root, "vsns/pdbcompt"), dbid=int(text(root, "dbid")),
        guid=text(root, "guid"), converted=text(root, "ncdb2pdb") == "0", big_endian=text(root, "byteorder") == "0",
        block_size=int(text(root, "blocksize")), resetlogs_scn=int(text(root, "frlsb")), created=float(text(root, "createtime")),
        character_set=text(root, "csid"), national_character_set=text(root, "ncsid"),
        timezone_file=int(text(root, "tzvers/tzver").rpartition(":")[2]),
        components=dict((one.text or "").split("=", 1) for one in root.iterfind("options/option")),
        patches=[(kind, description) for kind, _, description in ((one.text or "").partition(": ") for one in root.iterfind("sqlpatches/sqlpatch"))])
    for element in root.iterfind("tablespace"):
        name, contents, size = text(element, "name"), CONTENTS[int(text(element, "type"))], int(text(element, "bmunitsize"))
        found.tablespaces.append(Tablespace(int(text(element, "tsn")), name, contents, size, text(element, "status"), text(element, "bigfile") == "1",
                                            text(element, "omf") == "1", _encryption(text(element, "encryption"))))
        for entry in element.iterfind("file"):
            number = {tag: int(text(entry, tag)) for tag in ("afn", "rfn", "createscnbas", "fileblocks", "fcpsb", "maxsize", "incsize")}
            created = float(text(entry, "createtime"))
            found.datafiles.append(Datafile(
                number["afn"], number["rfn"], name, contents, text(entry, "path"), number["fileblocks"] * size, text(entry, "autoext") == "1",
                number["maxsize"], number["incsize"], number["createscnbas"], created, number["fcpsb"], created, text(entry, "status"),
                text(entry, "omf") == "1"))
    return found


def _encryption(told: str) -> tuple[str, str, bytes] | None:
    if not told:
        return None
    algorithm, master, key = told.split()
    return algorithm, master, bytes.fromhex(key)


# --- compatible? ---

def violations(root: Database, found: Manifest, name: str, *, plugged: bool) -> list[model.PlugInViolation]:
    """In what a database does not fit into a container database; ``plugged``: it is in it.

    Causes and messages are from transcripts, those of character sets and time zone files and the type of each are assumed.
    """
    counted: dict[str, int] = {}

    def rows() -> Iterator[model.PlugInViolation]:
        for cause, kind, message, action in _differences(root, found, plugged):
            counted[cause] = counted.get(cause, 0) + 1
            yield model.PlugInViolation(name, cause, kind, counted[cause], message, action, root.now())
    return list(rows())


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _differences(root: Database, found: Manifest, plugged: bool) -> Iterator[tuple[str, str, str, str]]:
    spec = root.spec
    if not found.converted:
        yield (NON_CDB, "ERROR" if plugged else "WARNING", "PDB plugged in is a non-CDB, requires noncdb_to_pdb.sql be run.", "Run noncdb_to_pdb.sql.")
    if _numbers(found.version)[:2] != _numbers(spec.version)[:2] and (spec.release == "12.1" or _numbers(found.version)[0] != _numbers(spec.version)[0]):
        yield ("VSN not match", "ERROR", f"PDB's version does not match CDB's version: PDB's version {found.version}. CDB's version {spec.version}.",
               "Either upgrade the PDB or reload the components in the PDB.")
    for code, pdb, cdb, what in ((65116, found.character_set, spec.character_set, "character set"),
                                 (65119, found.national_character_set, spec.national_character_set, "national character set")):
        if not fits(code, pdb, cdb, spec.release):
            yield ("PDB's character set", "ERROR", f"{what.capitalize()} mismatch: PDB {what} {pdb}. CDB {what} {cdb}.", f"Convert the {what} of the PDB.")
    for component, version in found.components.items():
        if component not in spec.components:
            yield ("OPTION", "ERROR", f"Database option {component} mismatch: PDB installed version {version}. CDB installed version NULL.",
                   "Fix the database option in the PDB or the CDB")
    for component in spec.components:
        if component not in found.components:
            yield ("OPTION", "WARNING", f"Database option {component} mismatch: PDB installed version NULL. CDB installed version {spec.version}.",
                   "Fix the database option in the PDB or the CDB")
    here = [(patch.patch_type, patch.description) for patch in _last(root.patches("CDB$ROOT"))]
    for held, lacking, where, other in ((here, found.patches, "CDB", "PDB"), (found.patches, here, "PDB", "CDB")):
        for kind, description in held:
            if (kind, description) not in lacking:
                yield ("SQL Patch", "ERROR", f"{'Release update' if kind == 'RU' else 'Interim patch'} {description} is installed in the {where} but not "
                       f"in the {other}", f"Call datapatch to install in the {other} or the {where}")
    keys = root.keystore.opened()
    if plugged and any(space.encryption is not None and (keys is None or space.encryption[1] not in keys.keys) for space in found.tablespaces):
        yield ("Wallet Key Needed", "ERROR", "PDB needs to import keys from source.", "Import keys from source.")
    newest = inventory.newest_timezone_file(spec.oracle_home) or max(spec.home_timezone_file, spec.timezone_file)
    if found.timezone_file > newest:
        yield ("Timezone", "ERROR", f"PDB's time zone file version {found.timezone_file} is not in the home, whose newest is {newest}.",
               "Install the time zone file in the ORACLE_HOME of the CDB.")


def fits(code: int, pdb: str, cdb: str, release: str) -> bool:
    """A root in AL32UTF8 takes pluggable databases of any character set since 12.2; national character sets are equal (documented)."""
    return pdb == cdb or code == 65116 and cdb == "AL32UTF8" and release != "12.1"


def told(known: Iterable[model.PlugInViolation], name: str, found: Iterable[model.PlugInViolation]) -> list[model.PlugInViolation]:
    """PDB_PLUG_IN_VIOLATIONS after a look at a pluggable database: what is there no more is resolved."""
    fresh = {(one.cause, one.type, one.message): one for one in found}
    kept = []
    for one in known:
        key = (one.cause, one.type, one.message)
        if one.name == name:
            one = dataclasses.replace(one, status="PENDING" if fresh.pop(key, None) is not None else "RESOLVED")
        kept.append(one)
    return [*kept, *fresh.values()]


