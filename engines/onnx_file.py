"""A look into an ONNX file before any library reads it.

An ONNX model may name other files, anywhere on the computer, to take its weights from; and a
library that does not know a model's operators says so in words of its own, or not at all. So what
matters is read here, in the Protocol Buffers format that onnx.proto lays down
(github.com/onnx/onnx), without any of the model being built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engines.errors import EngineError

INPUT, OUTPUT = "window", "restored"
# Of a model that says how far off it may be; the only one that has it.
UNCERTAINTY = "uncertainty"
# What every onnxruntime and OpenVINO that pssr-live can be installed with reads.
OPSETS = range(13, 22)
STANDARD_DOMAINS = frozenset({"", "ai.onnx"})
# Fields of a weight: where in another file it stands, and its data_location with that meaning.
ELSEWHERE, LOCATION, EXTERNAL = 13, 14, 1
DEEPEST = 40
# A library that opens a model works such loops out, however long that takes.
REPEATING = frozenset({"Loop", "Scan", "SequenceMap"})
MOST_OPERATORS = 1_000_000

Value = int | memoryview
# Domain and name, of an operator or of a function, which stands where an operator may.
Operator = tuple[str, str]
GRAPH: Operator = ("", "")

# The messages within each message, by the number of their field.
WITHIN = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 11: "input", 12: "output", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}


@dataclass(kw_only=True)
class _Found:
    """What a model is made of."""

    opsets: dict[str, int] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    # Those in the graph and in each function of the model.
    operators: dict[Operator, list[Operator]] = field(default_factory=lambda: {GRAPH: []})
    own_domains: set[str] = field(default_factory=set)
    external: bool = False

    @property
    def opset(self) -> int:
        """Version of ONNX's own operators; 0 if it is not said."""
        return max(self.opsets.get(domain, 0) for domain in STANDARD_DOMAINS)


def check_model(path: Path, outputs: Sequence[str] = (OUTPUT,)) -> None:
    """Refuse a model that an engine can't have.

    Parameters
    ----------
    path : Path
        An ONNX file.
    outputs : sequence of str
        What it must put out, in this order.

    Raises
    ------
    EngineError
        If it is not an ONNX model, takes weights from other files, has other inputs or outputs than
        an engine's, or is of an operator set, or has operators, that not every library knows.
    """
    found = _read(path)
    if found.external:
        raise _refused(path, "takes weights from another file, which an engine must not")
    if (found.inputs, found.outputs) != ([INPUT], [*outputs]):
        names = f"{_in_words(found.inputs)} to {_in_words(found.outputs)}"
        wanted = f"{INPUT} to {_in_words(outputs)}"
        raise _refused(path, f"leads from {names}; an engine's model leads from {wanted}")
    if found.opset not in OPSETS:
        known = f"{OPSETS.start} to {OPSETS.stop - 1}"
        raise _refused(path, f"is of ONNX operator set {found.opset}; pssr-live reads {known}")
    operators = {name for part in found.operators.values() for _, name in part}
    if endless := operators & REPEATING:
        raise _refused(
            path, f"repeats a part without a limit ({_in_words(sorted(endless))}), which may hang"
        )
    if _size(GRAPH, found.operators, {}) > MOST_OPERATORS:
        raise _refused(path, "has functions that call others without end")
    strange = found.domains - STANDARD_DOMAINS - found.own_domains
    if strange:
        raise _refused(path, f"has operators that are not ONNX's own: {_in_words(sorted(strange))}")


def read_opset(path: Path) -> int:
    """Read which version of ONNX's operators a model is of.

    Raises
    ------
    EngineError
        If it is not an ONNX model.
    """
    return _read(path).opset


def _read(path: Path) -> _Found:
    found = _Found()
    try:
        _look(memoryview(path.read_bytes()), "model", found, above=())
    except (ValueError, IndexError) as error:
        raise _refused(path, "is not a whole ONNX model") from error
    return found


def _size(
    function: Operator,
    operators: Mapping[Operator, Sequence[Operator]],
    known: dict[Operator, int],
    *,
    depth: int = 0,
) -> int:
    """How many operators a function, or the graph, has with the functions it calls put in."""
    if depth > DEEPEST:
        return MOST_OPERATORS + 1
    if function not in known:
        # One that calls itself has no end.
        known[function] = MOST_OPERATORS + 1
        called = [each for each in operators[function] if each in operators]
        size = sum(_size(each, operators, known, depth=depth + 1) for each in called)
        known[function] = min(size + len(operators[function]), MOST_OPERATORS + 1)
    return known[function]


def _look(
    message: memoryview,
    kind: str,
    found: _Found,
    *,
    above: tuple[str, ...],
    function: Operator = GRAPH,
) -> None:
    if len(above) > DEEPEST:
        raise ValueError("graphs within graphs without end")
    if kind == "function":
        function = _operator(message, domain=10, name=1)
        found.operators.setdefault(function, [])
    elif kind == "node":
        found.operators[function].append(_operator(message, domain=7, name=4))
    within = WITHIN.get(kind, {})
    for number, value in _fields(message):
        if kind == "tensor" and (number == ELSEWHERE or (number, value) == (LOCATION, EXTERNAL)):
            found.external = True
        elif kind == "node" and number == 7:
            found.domains.add(_text(value))
        elif kind == "function" and number == 10:
            found.own_domains.add(_text(value))
        elif number in within:
            if not isinstance(value, memoryview):
                raise ValueError("a number where a message should be")
            part = within[number]
            if part == "opset":
                entries = dict(_fields(value))
                version = entries.get(2, 0)
                found.opsets[_text(entries.get(1, memoryview(b"")))] = int(version)
            elif part in ("input", "output"):
                if above == ("model",):
                    names = found.inputs if part == "input" else found.outputs
                    names.append(_text(dict(_fields(value)).get(1, memoryview(b""))))
            else:
                _look(value, part, found, above=(*above, kind), function=function)


def _operator(message: memoryview, *, domain: int, name: int) -> Operator:
    fields, nothing = dict(_fields(message)), memoryview(b"")
    return _text(fields.get(domain, nothing)), _text(fields.get(name, nothing))


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Number and value of each field: an integer, or the bytes of what is longer."""
    place = 0
    while place < len(message):
        key, place = _integer(message, place)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, place = _integer(message, place)
            yield number, value
            continue
        if wire_type == 2:
            length, place = _integer(message, place)
        elif wire_type in (1, 5):
            length = 8 if wire_type == 1 else 4
        else:
            raise ValueError(f"no field is of type {wire_type}")
        if place + length > len(message):
            raise ValueError("cut short")
        yield number, message[place : place + length]
        place += length


def _integer(message: memoryview, place: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, and where the next field begins."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number without end")


def _text(value: Value) -> str:
    if not isinstance(value, memoryview):
        raise ValueError("a number where a text should be")
    return str(value, "utf-8")


def _in_words(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _refused(path: Path, reason: str) -> EngineError:
    return EngineError(
        f"{path} {reason}.", "Copy the whole folder again, or make it again: pssr-live export"
    )
