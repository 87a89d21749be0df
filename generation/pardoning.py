"""What an overturned appeal changes: the same wish of the same person passes, by the rule and the
layers it was about, for that version of the policy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from generation import inputs, orders
from generation.models import Job, Pardon
from generation.prompting import Asked
from generation.screening import POLICY
from generation.screening import Pardon as Pardoned


def pardoned(job: Job, asked: Asked, paths: Mapping[str, Sequence[Path]]) -> Asked:
    """The words of a job with what has been pardoned of them."""
    uploads = {name: paths[orders.input_of(name)][0] for name in job.uploads}
    known = fingerprint(asked, inputs.hashes(uploads))
    rows = Pardon.objects.filter(
        person=job.author_id, fingerprint=known, policy=POLICY.version
    ).values_list("rule", "layers")
    pardons = tuple(Pardoned(rule, frozenset(layers.split())) for rule, layers in rows)
    return replace(asked, fingerprint=known, pardons=pardons)


def fingerprint(asked: Asked, uploads: Mapping[str, str]) -> str:
    """Of what is said and sent, by whomever it is read then: the seed and the size do not count."""
    said = (asked.prompt, asked.shots, asked.handles, asked.characters, asked.instructions)
    whole = json.dumps([*said, asked.earlier, sorted(uploads.items())])
    return hashlib.sha256(whole.encode()).hexdigest()
