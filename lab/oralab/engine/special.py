# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions whose result depends on their arguments' types, or that do not evaluate every argument."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from oralab.engine import number_format, types
from oralab.engine.code import NULL_CODE, Code
from oralab.engine.date_format import date_text, timestamp_text
from oralab.engine.date_reader import parse_date, parse_timestamp
from oralab.engine.functions import hashing
from oralab.engine.functions.dates import round_date, trunc_date
from oralab.engine.functions.numeric import round_number, trunc_number
from oralab.engine.functions.strings import text_like_first, trim
from oralab.engine.nls import nls_argument
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.engine.expressions import Expressions

Builder = Callable[["Expressions", ast.FunctionCall], Code]
BUILDERS: Final[dict[str, Builder]] = {}
NOT_IN_12_1: Final = frozenset(("VALIDATE_CONVERSION",))
_TEXT: Final = types.of_family("S")


def special(names: str, minimum: int, maximum: int = 1000) -> Callable[[Builder], Builder]:
    """Declare a function with ``minimum`` to ``maximum`` arguments. ORA-00938, ORA-00939."""
    def declare(builder: Builder) -> Builder:
        def checked(compiler: Expressions, call: ast.FunctionCall) -> Code:
            if len(call.args) < minimum:
                raise OraError(938, "not enough arguments for function", offset=call.offset)
            if len(call.args) > maximum:
                raise OraError(939, "too many arguments for function", offset=call.offset)
            return builder(compiler, call)
        for name in names.split():
            BUILDERS[name] = checked
        return builder
    return declare


def _given(compiler: Expressions, codes: list[Code], type_: DataType) -> list[Code]:
    return [compiler.emitter.converted(code, type_) for code in codes]


# --- NULLs and choices ---

@special("NVL", 2, 2)
def _nvl(compiler: Expressions, call: ast.FunctionCall) -> Code:
    codes = [compiler.compile(argument) for argument in call.args]
    type_ = types.common([code.type for code in codes], strict=False)
    return _first_not_null(compiler, _given(compiler, codes, type_), type_)


@special("COALESCE", 2)
def _coalesce(compiler: Expressions, call: ast.FunctionCall) -> Code:
    codes = [compiler.compile(argument) for argument in call.args]
    type_ = types.common([code.type for code in codes], strict=True)
    return _first_not_null(compiler, _given(compiler, codes, type_), type_)


def _first_not_null(compiler: Expressions, codes: list[Code], type_: DataType) -> Code:
    text = codes[-1].text
    for code in reversed(codes[:-1]):
        name = compiler.emitter.temp()
        text = f"({name} if ({name} := {code.text}) is not None else {text})"
    return Code(text, type_, all(code.nullable for code in codes))


@special("NVL2", 3, 3)
def _nvl2(compiler: Expressions, call: ast.FunctionCall) -> Code:
    test, *choices = [compiler.compile(argument) for argument in call.args]
    type_ = types.common([code.type for code in choices], strict=False)
    present, absent = _given(compiler, choices, type_)
    return Code(f"({present.text} if {test.text} is not None else {absent.text})", type_, present.nullable or absent.nullable)


@special("NULLIF", 2, 2)
def _nullif(compiler: Expressions, call: ast.FunctionCall) -> Code:
    left, right = compiler.compile(call.args[0]), compiler.compile(call.args[1])
    if types.is_null(left.type):
        raise types.inconsistent("-", DataType("CHAR"))
    return Code(f"(None if {compiler.comparison('=', left, right)} else {left.text})", left.type)


@special("DECODE", 3)
def _decode(compiler: Expressions, call: ast.FunctionCall) -> Code:
    """NULL equals NULL here (documented); the first search value decides the type of the comparison, the first result that of all."""
    operand, rest = compiler.compile(call.args[0]), [compiler.compile(argument) for argument in call.args[1:]]
    pairs = [(rest[i], rest[i + 1]) for i in range(0, len(rest) - 1, 2)]
    default = rest[-1] if len(rest) % 2 else NULL_CODE
    results = [result for _, result in pairs] + [default]
    type_ = types.common([result.type for result in results], strict=False)
    if types.is_null(results[0].type):
        type_ = types.common([_TEXT, type_], strict=False) if types.family(type_) == "S" else type_
    texts = [code.text for code in _given(compiler, results, type_)]
    name = compiler.emitter.temp()
    body, first = "", f"({name} := {operand.text})"
    for (search, _), text in zip(pairs, texts):
        left = Code(name, operand.type, operand.nullable)
        if search.text == "None":
            test = f"{first} is None"
        else:
            # The operand is stored before it is tested, whichever way the comparison reads.
            comparison = compiler.comparison("=", left, search)
            both = f" or {name} is None and {search.text} is None" if search.nullable else ""
            test = f"({first}, {comparison}{both})[1]" if first != name else f"({comparison}{both})"
        body, first = body + f"{text} if {test} else ", name
    return Code(f"({body}{texts[-1]})", type_, True)


def _extreme(word: str) -> Builder:
    def build(compiler: Expressions, call: ast.FunctionCall) -> Code:
        codes = [compiler.compile(argument) for argument in call.args]
        type_ = types.common([code.type for code in codes], strict=False)
        codes = _given(compiler, codes, type_)
        if types.family(type_) == "Z":
            holes = ", ".join(f"{{{index}}}" for index in range(len(codes)))
            return Code(compiler.emitter.strict(f"{word}({holes}, key=instant)", *codes), type_)
        holes = ", ".join(f"{{{index}}}" for index in range(len(codes)))
        return Code(compiler.emitter.strict(f"{word}({holes})" if len(codes) > 1 else "{0}", *codes), type_,
                    any(code.nullable for code in codes))
    return build


special("GREATEST", 1)(_extreme("max"))
special("LEAST", 1)(_extreme("min"))


# --- conversions ---

def _national(compiler: Expressions, code: Code) -> Code:
    return Code(code.text, DataType("NVARCHAR2", min(types.text_length(code.type), 2000) or 1, char_used="C"), code.nullable)


def _nls(compiler: Expressions, call: ast.FunctionCall) -> str:
    """Source of the NLS settings of a conversion: the session's, or those of the third argument, which must be constant here."""
    if len(call.args) < 3:
        return "x.nls"
    given = compiler.convert(call.args[2], _TEXT)
    if not isinstance(given.constant, str):
        raise not_simulated("NLS parameters that are not constant")
    return compiler.emitter.constant(nls_argument(given.constant))


@special("TO_CHAR", 1, 3)
def _to_char(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    if len(call.args) == 1:
        if code.family == "S":
            return Code(code.text, DataType("VARCHAR2", code.type.length or 1, char_used=code.type.char_used), code.nullable, code.constant)
        if code.family == "R":
            raise types.inconsistent("NUMBER", code.type)
        return Code(compiler.emitter.converted(code, _TEXT).text, types.varchar(types.text_length(code.type)),
                    code.nullable or code.family == "L")
    format_ = compiler.convert(call.args[1], _TEXT)
    nls = _nls(compiler, call)
    if code.family == "S":
        code = compiler.emitter.converted(code, types.NUMBER)
    if code.family == "N" and format_.constant in ("TM9", "TM"):
        return Code(compiler.emitter.strict(f"number_text({{0}}, {nls}.point)", code), types.varchar(64), code.nullable)
    if code.family in "NF":
        function = compiler.emitter.constant(number_format.to_text)
        return Code(compiler.emitter.strict(f"{function}({{0}}, {{1}}, {nls})", code, format_), types.varchar(64),
                    code.nullable or format_.nullable)
    if code.family == "C":
        code = compiler.emitter.converted(code, types.TIMESTAMP_TZ)
    if code.family in "DTZ":
        function = compiler.emitter.constant(date_text if code.family == "D" else timestamp_text)
        length = max(len(format_.constant) * 2, 20) if isinstance(format_.constant, str) else 256
        more = "" if code.family == "D" else f", {6 if code.type.scale is None else code.type.scale}"
        text = compiler.emitter.strict(f"({function}({{0}}, {{1}}{more}) or None)", code, format_)
        return Code(text, types.varchar(length), code.nullable or format_.nullable)
    if code.family in "IY":
        return Code(compiler.emitter.converted(code, _TEXT).text, types.varchar(30), code.nullable)
    raise types.inconsistent("CHAR", code.type)


@special("TO_NCHAR", 1, 3)
def _to_nchar(compiler: Expressions, call: ast.FunctionCall) -> Code:
    return _national(compiler, _to_char(compiler, call))


@special("TO_NUMBER", 1, 3)
def _to_number(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    if len(call.args) == 1 or code.family in "NF":
        return compiler.emitter.converted(code, types.NUMBER)
    text, format_ = compiler.emitter.converted(code, _TEXT), compiler.convert(call.args[1], _TEXT)
    if isinstance(format_.constant, str) and format_.constant.upper().strip("X") == "":
        function = compiler.emitter.constant(number_format.hexadecimal)
        return Code(compiler.emitter.strict(f"{function}({{0}}, {len(format_.constant)})", text), types.NUMBER, text.nullable)
    function = compiler.emitter.constant(number_format.to_number)
    return Code(compiler.emitter.strict(f"{function}({{0}}, {{1}}, {_nls(compiler, call)})", text, format_), types.NUMBER)


@special("TO_DATE", 1, 3)
def _to_date(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    if len(call.args) == 1:
        return compiler.emitter.converted(compiler.emitter.converted(code, _TEXT) if code.family == "N" else code, types.DATE)
    _nls(compiler, call)
    function = compiler.emitter.constant(parse_date)
    text = compiler.emitter.converted(code, _TEXT)
    return Code(compiler.emitter.strict(f"{function}({{0}}, {{1}})", text, compiler.convert(call.args[1], _TEXT)), types.DATE)


@special("SYS_EXTRACT_UTC", 1, 1)
def _sys_extract_utc(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    if code.family != "C":
        code = compiler.emitter.converted(compiler.emitter.converted(code, types.TIMESTAMP_TZ), types.TIMESTAMP_LTZ)
    # TIMESTAMP WITH LOCAL TIME ZONE is kept in UTC: nothing is left to do.
    return Code(code.text, types.TIMESTAMP, code.nullable)


def _timestamp(zoned: bool) -> Builder:
    target = types.TIMESTAMP_TZ if zoned else types.TIMESTAMP

    def build(compiler: Expressions, call: ast.FunctionCall) -> Code:
        code = compiler.compile(call.args[0])
        if len(call.args) == 1:
            return compiler.emitter.converted(code, target)
        function = compiler.emitter.constant(parse_timestamp)
        more = ", zoned=True, default_zone=x.zone" if zoned else ""
        text = compiler.emitter.converted(code, _TEXT)
        return Code(compiler.emitter.strict(f"{function}({{0}}, {{1}}{more})", text, compiler.convert(call.args[1], _TEXT)), target)
    return build


special("TO_TIMESTAMP", 1, 3)(_timestamp(False))
special("TO_TIMESTAMP_TZ", 1, 3)(_timestamp(True))


@special("TO_CLOB", 1, 1)
def _to_clob(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    text = code if code.family in "SL" else compiler.emitter.converted(code, _TEXT)
    return Code(text.text, types.CLOB, text.nullable)


@special("TO_NCLOB", 1, 1)
def _to_nclob(compiler: Expressions, call: ast.FunctionCall) -> Code:
    return Code(_to_clob(compiler, call).text, DataType("NCLOB"))


@special("TO_LOB", 1, 1)
def _to_lob(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    target = {"LONG": types.CLOB, "LONG RAW": types.BLOB}.get(code.type.name)
    if target is None:
        raise types.inconsistent("LONG", code.type)
    return Code(code.text, target, code.nullable)


@special("TO_BLOB", 1, 2)
def _to_blob(compiler: Expressions, call: ast.FunctionCall) -> Code:
    return Code(compiler.convert(call.args[0], types.BLOB).text, types.BLOB)


# --- by type ---

@special("TRIM", 1, 2)
def _trim(compiler: Expressions, call: ast.FunctionCall) -> Code:
    source = compiler.argument("S", call.args[-1])
    character = compiler.argument("S", call.args[0]) if len(call.args) > 1 else Code("' '", types.varchar(1), False)
    function = compiler.emitter.constant(trim)
    text = compiler.emitter.strict(f"{function}({{0}}, {{1}}, {call.option or 'BOTH'!r})", source, character)
    return Code(text, text_like_first([source.type]))


def _rounding(of_number: Callable[..., Any], of_date: Callable[..., Any]) -> Builder:
    def build(compiler: Expressions, call: ast.FunctionCall) -> Code:
        code = compiler.compile(call.args[0])
        if code.family in types.DATETIMES:
            code = compiler.emitter.converted(code, types.DATE)
            arguments = [code, *(compiler.convert(argument, _TEXT) for argument in call.args[1:])]
            function, type_ = of_date, types.DATE
        else:
            code = code if code.family == "F" else compiler.emitter.converted(code, types.NUMBER)
            arguments = [code, *(compiler.convert(argument, types.NUMBER) for argument in call.args[1:])]
            function, type_ = of_number, code.type if code.family == "F" else types.NUMBER
        holes = ", ".join(f"{{{index}}}" for index in range(len(arguments)))
        text = compiler.emitter.strict(f"{compiler.emitter.constant(function)}({holes})", *arguments)
        return Code(text, type_, any(argument.nullable for argument in arguments))
    return build


special("ROUND", 1, 2)(_rounding(round_number, round_date))
special("TRUNC", 1, 2)(_rounding(trunc_number, trunc_date))


@special("STANDARD_HASH", 1, 2)
def _standard_hash(compiler: Expressions, call: ast.FunctionCall) -> Code:
    """Of NULL the hash of no bytes (assumed from practice)."""
    code = compiler.compile(call.args[0])
    method = compiler.convert(call.args[1], _TEXT) if len(call.args) > 1 else Code("'SHA1'", _TEXT, False, "SHA1")
    data = _bytes(compiler, code)
    if isinstance(method.constant, str) and method.constant.upper() in hashing.METHODS:
        digest, length = hashing.METHODS[method.constant.upper()]
        return Code(f"{compiler.emitter.constant(digest)}({data}).digest()", DataType("RAW", length), False)
    function = compiler.emitter.constant(hashing.standard_hash)
    return Code(f"{function}({data}, {method.text})", DataType("RAW", 64), False)


def _bytes(compiler: Expressions, code: Code) -> str:
    """Source of the internal bytes of a value, none for NULL."""
    if code.text == "None":
        return "b''"
    encode = compiler.emitter.constant(hashing.bytes_function(code.type))
    if not code.nullable:
        return f"{encode}({code.text})"
    name = compiler.emitter.temp()
    return f"(b'' if ({name} := {code.text}) is None else {encode}({name}))"


@special("ORA_HASH", 1, 3)
def _ora_hash(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    if code.family in "LBPXK" or code.type.name.startswith("LONG"):
        raise types.inconsistent("-", code.type)
    rest = [compiler.convert(argument, types.NUMBER) for argument in call.args[1:]]
    function = compiler.emitter.constant(hashing.ora_hash)
    holes = "".join(f", {{{index}}}" for index in range(len(rest)))
    return Code(compiler.emitter.strict(f"{function}({_bytes(compiler, code)}{holes})", *rest), types.NUMBER,
                any(argument.nullable for argument in rest))


@special("DUMP", 1, 4)
def _dump(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.compile(call.args[0])
    rest = [compiler.convert(argument, types.NUMBER).text for argument in call.args[1:]]
    function, type_ = compiler.emitter.constant(hashing.dump), compiler.emitter.constant(code.type)
    name = compiler.emitter.temp()
    more = "".join(f", {text}" for text in rest)
    return Code(f"('NULL' if ({name} := {code.text}) is None else {function}({_bytes(compiler, Code(name, code.type, False))}, "
                f"{type_}{more}))",
                types.varchar(4000), False)


@special("XMLTYPE", 1, 1)
def _xmltype(compiler: Expressions, call: ast.FunctionCall) -> Code:
    code = compiler.convert(call.args[0], types.CLOB)
    return Code(code.text, DataType("XMLTYPE"), code.nullable)


# --- of hierarchical and grouped queries ---

@special("SYS_CONNECT_BY_PATH", 2, 2)
def _sys_connect_by_path(compiler: Expressions, call: ast.FunctionCall) -> Code:
    if "PATH" not in compiler.scope.extra:
        raise OraError(30002, "SYS_CONNECT_BY_PATH function is not allowed here")
    step = compiler.emitter.constant(compiler.emitter.function(compiler.convert(call.args[0], _TEXT).text))
    separator = compiler.convert(call.args[1], _TEXT).text
    function = compiler.emitter.constant(_path)
    return Code(f"{function}(r[{compiler.scope.extra['PATH']}], {step}, {separator}, x)", types.varchar(4000))


def _path(node: Any, step: Callable[..., Any], separator: str, x: Any) -> str:
    parts = []
    while node is not None:
        row, node = node
        parts.append(separator + (step(row, x) or ""))
    return "".join(reversed(parts))


@special("GROUPING", 1, 1)
def _grouping(compiler: Expressions, call: ast.FunctionCall) -> Code:
    return _grouping_id(compiler, call)


@special("GROUPING_ID", 1)
def _grouping_id(compiler: Expressions, call: ast.FunctionCall) -> Code:
    grouped = compiler.scope.grouped
    if grouped is None or grouped.single:
        raise OraError(30481, "GROUPING function only supported with GROUP BY CUBE or ROLLUP")
    indexes = []
    for argument in call.args:
        key = compiler.canonical(argument)
        if key not in grouped.keys:
            raise OraError(979, "not a GROUP BY expression")
        indexes.append(grouped.keys.index(key))
    if grouped.sets is None:
        return Code("0", types.NUMBER, False)
    bits = " + ".join(f"r[{grouped.sets}][{index}] * {2 ** (len(indexes) - place - 1)}" for place, index in enumerate(indexes))
    return Code(f"({bits})", types.NUMBER, False)
