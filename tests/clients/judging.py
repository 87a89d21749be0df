"""What Schemathesis sends, and what it asks of every answer beyond its own checks
(SCHEMATHESIS_HOOKS).

FUZZ_SHARE=n leaves every n-th of the cases that it derives from the schema of a call, the same ones
each time. An Idempotency-Key that may be one is made new, else all but its first request would be
refused for the key.

Its `positive_data_acceptance` and `negative_data_rejection` believe that a document says all there
is to say. Here a request that the document allows may be refused, for one of the reasons that no
document can say. null counts as nothing where a field of `/v1` may be left out; and `/api/v1/`,
which reads 0 as "0" as its framework does, may take a wrong type. A form cannot say null.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from http import HTTPStatus
from itertools import count

import schemathesis
from schemathesis.checks import CheckContext, load_all_checks
from schemathesis.specs.openapi.checks import (
    AcceptedNegativeData,
    RejectedPositiveData,
    negative_data_rejection,
    positive_data_acceptance,
)

load_all_checks()
SHARE = int(os.environ.get("FUZZ_SHARE", "1"))
KEY, MAY_BE_ONE = "Idempotency-Key", re.compile("[!-~]{1,255}")
_places, _keys = defaultdict(count), count()
OF_WHAT_THERE_IS = (  # and how it stands with it at the moment
    "No such ", "not completed: it is", "once it is completed or failed", "already",
    "character_not_ready", "No app goes by this id", "The model '.*' does not exist",
    "Not a cursor", "as many webhook endpoints as you may have", "leads to no video",
)  # fmt: skip
OF_TEXTS = (  # beyond their pattern
    "[Cc]ontrol characters", "Not plain text", "must not be empty", "may not be blank", "IANA",
    "https addresses, or http", "Not an address that a request", "The port must be",
    "leads into a private network", "A network such as", "Say what you want more of",
    "must end in the future", "A time to come", "There is no such weight", "This is no address",
    "not one of ours",
)  # fmt: skip
OF_FIELDS_TOGETHER = (
    "This cannot be asked", "The model cannot do this", "may not be null",
    "Only a `hide` has a reason", "This kind of event names a post", "Regret lies between",
    "1, 2, 3, 4 or 5", "do this to yourself", "Repeat the cameo's handle", "no challenge of yours",
    "Send a file or a link",
)  # fmt: skip
OF_FILES = (  # in JSON a file is none
    "This is not an MP4", "has to be a base64 data URL", "The file is empty", "was not a file",
    "This kind of file is not accepted",
)  # fmt: skip
# Of /api/v1/. In a query an empty value is none, and spaces around one are left out.
LENIENCE = re.compile("ncorrect type|in query - .*(smaller than minLength|not matching the)")
OF_A_FIELD = re.compile(r"in body - (\w+): Incorrect type")
UNSAYABLE = re.compile("|".join(OF_WHAT_THERE_IS + OF_TEXTS + OF_FIELDS_TOGETHER + OF_FILES))


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    is_derived = case.meta is not None and case.meta.phase.name == "coverage"
    return not is_derived or next(_places[case.operation.label]) % SHARE == 0


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """As long as it was, where that is long enough."""
    key = case.headers.get(KEY) if case.headers else None
    if isinstance(key, str) and MAY_BE_ONE.fullmatch(key):
        case.headers[KEY] = str(next(_keys)).zfill(len(key))
    return case


@schemathesis.check
def refusals_have_a_reason(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    try:
        return positive_data_acceptance(ctx, response, case)
    except RejectedPositiveData:
        is_null_in_form = _has_null(case.body) and case.media_type != "application/json"
        is_beyond_the_end = response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        if not (is_null_in_form or is_beyond_the_end or UNSAYABLE.search(response.text)):
            raise
    return None


@schemathesis.check
def nonsense_is_refused(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    try:
        return negative_data_rejection(ctx, response, case)
    except AcceptedNegativeData as accepted:
        if not _is_lenient(case, str(accepted)):
            raise
    return None


def _is_lenient(case: schemathesis.Case, why: str) -> bool:
    """Whether nonsense is taken for what somebody may have meant."""
    if case.path.startswith("/api/v1/"):
        return LENIENCE.search(why) is not None
    found = OF_A_FIELD.search(why)
    return found is not None and isinstance(case.body, dict) and case.body.get(found[1], 0) is None


def _has_null(body: object) -> bool:
    return isinstance(body, dict) and None in body.values()
