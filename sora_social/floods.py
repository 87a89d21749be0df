"""Floods: a person, or an address without a person, may ask so often and no more."""

from __future__ import annotations

from rest_framework.throttling import SimpleRateThrottle


class PerPerson(SimpleRateThrottle):
    """One count per signed-in person; per address for everybody else."""

    scope = "person"

    def get_cache_key(self, request, view):  # type: ignore[no-untyped-def]
        who = request.user.pk or self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": who}
