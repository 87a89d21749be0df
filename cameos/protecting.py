"""A cameo for protection alone: in the index of likenesses, and usable by nobody."""

from __future__ import annotations

from django.db import transaction

from cameos.leaves import end_all
from cameos.models import Cameo
from cameos.states import Audience
from cameos.terms import record, set_terms
from sora_social.errors import IllegalMove


@transaction.atomic
def protect_only(cameo: Cameo) -> Cameo:
    """From now on it only protects: every leave ends, its owner's own too, and what was made with
    it is dark for good. Raises IllegalMove if it is so already or revoked."""
    if cameo.protects_only:
        raise IllegalMove(here="protects_only", to="protects_only")
    set_terms(cameo, audience=Audience.ONLY_ME, remix=Audience.ONLY_ME)
    end_all(cameo, cameo.owner)
    _switch(cameo, on=True)
    return cameo


@transaction.atomic
def lend(cameo: Cameo) -> Cameo:
    """It may be lent from now on; to whom, its terms say, which begin with its owner alone. The
    release for that is the caller's to ask for. Raises IllegalMove if it may already."""
    if not cameo.protects_only:
        raise IllegalMove(here="lendable", to="lendable")
    _switch(cameo, on=False)
    return cameo


def _switch(cameo: Cameo, *, on: bool) -> None:
    Cameo.objects.filter(pk=cameo.pk).update(protects_only=on)
    cameo.refresh_from_db(fields=["protects_only"])
    record("protected" if on else "lendable", cameo)
