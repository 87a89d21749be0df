"""Pictures that a video begins or ends with: uploaded with it, before it, or as a data URL."""

from __future__ import annotations

import binascii
import re
import tempfile
from base64 import b64decode
from contextlib import ExitStack
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from generation.openai.files import named
from sora_social import storage
from sora_social.users.models import User
from sora_social.wire.bodies import Body, path_of, wrong_type
from sora_social.wire.errors import WireError

LONGEST_URL = 20_971_520  # characters
DATA_URL = re.compile(r"data:image/[\w.+-]{1,40}(?:;[\w=-]{1,40})*;base64,")
WAYS = {"image_url", "file_id"}


def picture(author: User, body: Body, name: str, opened: ExitStack) -> Path | None:
    """The picture under a name as a file, for as long as `opened` is. Raises WireError."""
    found = body.get(name)
    if found is None:
        return None
    if isinstance(found, UploadedFile):
        return path_of(found)
    if not isinstance(found, dict):
        raise wrong_type(name, "a file", found)
    given = {way: said for way, said in found.items() if way in WAYS and said is not None}
    if len(given) != 1:
        said = f"'{name}' takes exactly one of image_url and file_id."
        raise WireError("invalid_value", said, name)
    way, said = next(iter(given.items()))
    if not isinstance(said, str):
        raise wrong_type(f"{name}.{way}", "a string", said)
    if way == "file_id":
        return opened.enter_context(storage.local(named(author, said, f"{name}.{way}").key))
    return _written(_decoded(said, f"{name}.{way}"), opened)


def _decoded(url: str, param: str) -> bytes:
    if len(url) > LONGEST_URL:
        said = f"'{param}' has {len(url)} characters; at most {LONGEST_URL} are possible."
        raise WireError("string_above_max_length", said, param)
    if not (head := DATA_URL.match(url)):
        said = f"'{param}' has to be a base64 data URL of an image; nothing is fetched from afar."
        raise WireError("invalid_value", said, param)
    try:
        return b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("invalid_value", f"'{param}' is not valid base64.", param) from error


def _written(content: bytes, opened: ExitStack) -> Path:
    path = Path(opened.enter_context(tempfile.TemporaryDirectory()), "picture")
    path.write_bytes(content)
    return path
