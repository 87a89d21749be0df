"""What clients send: JSON or a form, its fields typed, with the refusals that they know."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from sora_social import bodies
from sora_social.text import is_plain
from sora_social.wire.errors import WireError, missing

MOST_JSON = 24 << 20  # bytes: a data URL of 20,971,520 characters, and the rest
OF_A_LIST = re.compile(r"(\w{1,40})\[\](?:\[(\w{1,40})\])?")
OF_A_THING = re.compile(r"(\w{1,40})\[(\w{1,40})\]")
KINDS = {str: "a string", bool: "a boolean", int: "an integer", float: "a number", list: "an array",
         dict: "an object", type(None): "null", UploadedFile: "a file"}  # fmt: skip


class JSONBody(BaseParser):
    """A bounded JSON object."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = stream.read(MOST_JSON + 1)
        if len(raw) > MOST_JSON:
            raise too_large()
        try:
            said = json.loads(raw) if raw else {}
        except (ValueError, RecursionError) as error:
            raise WireError("invalid_json", "The body is not valid JSON.") from error
        if not isinstance(said, dict):
            raise WireError("invalid_type", "The body has to be a JSON object.")
        return said


PARSERS = (JSONBody, MultiPartParser)


def bound(request: Request) -> None:
    """Turn a body away by its length, before a byte of it is read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > bodies.MOST:
        raise too_large()


def too_large() -> WireError:
    return WireError(bodies.CODE, bodies.SAID, status=413)


class Body:
    """The fields of a request, by name; in a form every plain value is text."""

    def __init__(self, said: Mapping[str, Any], is_form: bool) -> None:
        self.said, self.is_form = said, is_form

    @classmethod
    def of(cls, request: Request) -> Body:
        sent = request.data
        if isinstance(sent, QueryDict):
            return cls(unbracketed(sent), True)
        return cls(sent, False)

    def get(self, name: str) -> Any:
        """What was sent under a name; null counts as nothing."""
        return self.said.get(name)

    def text(self, name: str, most: int, usual: str | None = None, *, blank: bool = False) -> str:
        """Plain text of at most so many characters; required where nothing is usual."""
        found = self.get(name)
        if found is None:
            if usual is None:
                raise missing(name)
            return usual
        if not isinstance(found, str):
            raise wrong_type(name, "a string", found)
        if not found.strip() and not blank:
            raise WireError("empty_string", f"'{name}' must not be empty.", name)
        if len(found) > most:
            said = f"'{name}' has {len(found)} characters; at most {most} are possible."
            raise WireError("string_above_max_length", said, name)
        if not is_plain(found):
            raise WireError("invalid_value", f"'{name}' has control characters in it.", name)
        return found

    def choice(self, name: str, among: Sequence[str], usual: str | None = None) -> str:
        """One of the given words; required where none is usual."""
        found = self.get(name)
        listed = ", ".join(f"'{one}'" for one in among)
        if found is None:
            if usual is None:
                raise missing(name)
            return usual
        if not isinstance(found, str):
            raise wrong_type(name, f"one of {listed}", found)
        if found not in among:
            said = f"Invalid value for '{name}': '{found[:80]}'. Supported values: {listed}."
            raise WireError("invalid_value", said, name)
        return found

    def flag(self, name: str) -> bool:
        found = self.get(name)
        if self.is_form and found in ("true", "false"):
            return bool(found == "true")
        if found is None or isinstance(found, bool):
            return bool(found)
        raise wrong_type(name, "a boolean", found)

    def whole(self, name: str, most: int, usual: int | None = None) -> int | None:
        """A whole number from 0 on."""
        found = self.get(name)
        if self.is_form and isinstance(found, str) and re.fullmatch(r"\d{1,18}", found):
            found = int(found)
        if found is None:
            return usual
        if isinstance(found, float) and math.isfinite(found) and found.is_integer():
            found = int(found)
        if not isinstance(found, int) or isinstance(found, bool):
            raise wrong_type(name, "an integer", found)
        return bounded(name, found, most)

    def fields(self, name: str) -> dict[str, Any] | None:
        """An object; in a form also as a part of JSON."""
        found = self.get(name)
        if self.is_form and isinstance(found, str):
            with suppress(ValueError, RecursionError):
                found = json.loads(found)
        if found is not None and not isinstance(found, dict):
            raise wrong_type(name, "an object", found)
        return found

    def file(self, name: str) -> UploadedFile:
        """An upload; required."""
        found = self.get(name)
        if found is None:
            raise missing(name)
        if not isinstance(found, UploadedFile):
            raise wrong_type(name, "a file", found)
        return found

    def ids(self, name: str, most: int) -> list[str]:
        """The ids of a list of them, or of a list of objects with an `id`."""
        found = self.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            raise wrong_type(name, "an array", found)
        if len(found) > most:
            said = f"'{name}' has {len(found)} entries; at most {most} are possible."
            raise WireError("array_above_max_length", said, name)
        named = [one.get("id") if isinstance(one, dict) else one for one in found]
        for one in named:
            if not isinstance(one, str):
                raise wrong_type(f"{name}[].id", "a string", one)
        return named


def path_of(upload: UploadedFile) -> Path:
    """Uploads are files already, however small (FILE_UPLOAD_HANDLERS)."""
    return Path(upload.temporary_file_path())  # type: ignore[attr-defined]


def bounded(name: str, found: int, most: int, least: int = 0) -> int:
    """Raises WireError where it is not between the two."""
    if found < least:
        said = f"'{name}' must be at least {least}."
        raise WireError("integer_below_min_value", said, name)
    if found > most:
        said = f"'{name}' must be at most {most}."
        raise WireError("integer_above_max_value", said, name)
    return found


def wrong_type(name: str, wanted: str, found: Any) -> WireError:
    kind = next((said for kind, said in KINDS.items() if isinstance(found, kind)), "something else")
    said = f"Invalid type for '{name}': expected {wanted}, but got {kind} instead."
    return WireError("invalid_type", said, name)


def unbracketed(sent: QueryDict) -> dict[str, Any]:
    """A form as the nested object it stands for: `video[id]`, `characters[][id]`, `cameos[]`."""
    out: dict[str, Any] = {}
    for name, values in sent.lists():
        if found := OF_A_LIST.fullmatch(name):
            more = [{found[2]: value} for value in values] if found[2] else list(values)
            _under(out, found[1], []).extend(more)
        elif found := OF_A_THING.fullmatch(name):
            _under(out, found[1], {})[found[2]] = values[-1]
        else:
            out[name] = values[-1]
    return out


def _under(out: dict[str, Any], name: str, kind: Any) -> Any:
    """What stands under a name, of a kind. Raises WireError when it is of two kinds."""
    found = out.setdefault(name, kind)
    if type(found) is not type(kind):
        raise WireError("invalid_value", f"'{name}' is given in two ways.", name)
    return found
