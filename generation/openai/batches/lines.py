"""The requests of a batch, read from its file and checked one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any, NamedTuple, TypeVar

from sora_social.text import is_plain
from sora_social.wire.bodies import MOST_JSON

ENDPOINT = "/v1/videos"
MOST_LINES, MOST_FAULTS = 50_000, 100
LONGEST_ID = 512
Row = TypeVar("Row")


class Line(NamedTuple):
    number: int  # from 1
    custom_id: str
    body: str  # JSON in ASCII: a database's text


class Fault(NamedTuple):
    """What is wrong with a line, or with the file (then `line` is None)."""

    code: str
    message: str
    param: str | None = None
    line: int | None = None


NO_JSON = Fault("invalid_json_line", "This line is not valid JSON.")


class Misshapen(ValueError):
    """A line that cannot be asked; its argument is the Fault."""


def lines_of(file: IO[bytes]) -> Iterator[Line | Fault]:
    """Every request of the file in order, blank lines left out, a Fault where there should be one.

    It ends after the first line too many, and after MOST_FAULTS.
    """
    known: set[str] = set()
    number = faults = 0
    while faults < MOST_FAULTS and (raw := file.readline(MOST_JSON + 1)):
        number += 1
        if number > MOST_LINES:
            yield Fault("too_many_lines", f"A batch has at most {MOST_LINES} lines.")
            return
        if raw.strip():
            found = _read(raw, number, known)
            faults += isinstance(found, Fault)
            yield found
    if not known and not faults:
        yield Fault("empty_file", "There is no request in the file.")


def _read(raw: bytes, number: int, known: set[str]) -> Line | Fault:
    try:
        asked = _parsed(raw)
        custom_id = _custom_id(asked, known)
        _check_where(asked)
        return Line(number, custom_id, _body(asked))
    except Misshapen as no:
        fault: Fault = no.args[0]
        return fault._replace(line=number)
    except RecursionError:  # nested too deeply to be read, or to be written
        return NO_JSON._replace(line=number)


def _parsed(raw: bytes) -> dict[str, Any]:
    if len(raw) > MOST_JSON:
        raise Misshapen(Fault("line_too_long", f"A line has at most {MOST_JSON} bytes."))
    try:
        asked = json.loads(raw)
    except ValueError:
        raise Misshapen(NO_JSON) from None
    if not isinstance(asked, dict):
        raise Misshapen(Fault("invalid_json_line", "This line is not a JSON object."))
    return asked


def _custom_id(asked: dict[str, Any], known: set[str]) -> str:
    found = asked.get("custom_id")
    if not isinstance(found, str) or not 1 <= len(found) <= LONGEST_ID or not is_plain(found):
        said = f"'custom_id' has to be 1 to {LONGEST_ID} plain characters."
        raise Misshapen(Fault("invalid_custom_id", said, "custom_id"))
    if found in known:
        said = "An earlier line has this custom_id."
        raise Misshapen(Fault("duplicate_custom_id", said, "custom_id"))
    known.add(found)
    return found


def _check_where(asked: dict[str, Any]) -> None:
    if asked.get("method") != "POST":
        raise Misshapen(Fault("invalid_method", "'method' has to be POST.", "method"))
    if asked.get("url") != ENDPOINT:
        said = f"'url' has to be that of the batch, {ENDPOINT}."
        raise Misshapen(Fault("mismatched_endpoint", said, "url"))


def _body(asked: dict[str, Any]) -> str:
    if not isinstance(asked.get("body"), dict):
        raise Misshapen(Fault("invalid_body", "'body' has to be an object.", "body"))
    return json.dumps(asked["body"])


def in_parts(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """So many at a time, the rest at last."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part
