"""Reads the manifests of one file, alone in the sandbox: sora_social/sandbox/child.py runs this by
its path, and it knows nothing of the house."""

from typing import IO, Any

import c2pa

HEAD = 1 << 20  # bytes in which a broken file is looked through for manifests
SIGNS = (b"jumb", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"))  # of there being some


def decode(source: IO[bytes], order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What the reader finds: its state and the codes of what is wrong, then the manifests as JSON;
    `problem` where there are none or they cannot be read."""
    context = c2pa.Context.from_dict(order["settings"])
    try:
        with c2pa.Reader(order["format"], source, context=context) as reader:
            said = reader.json().encode()
            results = reader.get_validation_results() or {}
            state = reader.get_validation_state()
    except c2pa.C2paError as error:
        is_absent = "ManifestNotFound" in f"{type(error).__name__} {error}"
        return {"problem": "absent" if is_absent or not _is_carried(source) else "unreadable"}, b""
    if len(said) > order["most"]:
        return {"problem": "too_many"}, b""
    failures = results.get("activeManifest", {}).get("failure", ())
    return {"state": state, "failures": [one["code"] for one in failures]}, said


def _is_carried(source: IO[bytes]) -> bool:
    """Whether what cannot be read held manifests once."""
    source.seek(0)
    head = source.read(HEAD)
    return any(sign in head for sign in SIGNS)
