"""A person's credits: what there is, and line by line what came, what was set aside for which
job, what was left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Case, F, Sum, Value, When
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from generation import services
from generation.lots import in_use
from generation.models import Account, EntryKind, LedgerEntry, Lot
from generation.plans import plan_of
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import CURSOR, LIMIT, errors

ENTRIES = 20
# what a kind of entry does to what one may spend; what is settled was set aside before
SIGNS = {EntryKind.GRANT: 1, EntryKind.RESERVE: -1, EntryKind.RELEASE: 1, EntryKind.SETTLE: 0,
         EntryKind.EXPIRE: -1}  # fmt: skip
_SIGN = Case(*(When(kind=kind, then=Value(sign)) for kind, sign in SIGNS.items()))


class Line(NamedTuple):
    """An entry as a statement has it: `change` of what one may spend, and what was `left` then."""

    entry: LedgerEntry
    change: int
    left: int


def lines(entries: Sequence[LedgerEntry]) -> list[Line]:
    """Entries of one account, the newest first and none between them left out."""
    if not entries:
        return []
    until = LedgerEntry.objects.filter(account=entries[0].account_id, pk__lte=entries[0].pk)
    left = until.aggregate(left=Sum(F("amount") * _SIGN))["left"]
    found = []
    for entry in entries:
        change = SIGNS[EntryKind(entry.kind)] * entry.amount
        found.append(Line(entry, change, left))
        left -= change
    return found


class EntrySerializer(serializers.ModelSerializer):
    amount = serializers.IntegerField()
    kind = serializers.ChoiceField(EntryKind.choices)
    job = serializers.CharField(source="job_id", allow_null=True)
    lot = serializers.CharField(source="lot_id", allow_null=True)

    class Meta:
        model = LedgerEntry
        fields = ("kind", "amount", "job", "lot", "made_at")


class LotSerializer(serializers.ModelSerializer):
    """A pack of credits with something left in it."""

    id = serializers.CharField()
    amount, left = serializers.IntegerField(), serializers.IntegerField()

    class Meta:
        model = Lot
        fields = ("id", "amount", "left", "note", "made_at", "expires_at")


class CreditsSerializer(serializers.ModelSerializer):
    available = serializers.IntegerField()
    reserved = serializers.IntegerField()
    spent = serializers.IntegerField()
    daily = serializers.IntegerField(
        help_text="Filled up to this once a UTC day; packs do not count."
    )
    lots = LotSerializer(many=True, source="lots_in_use", help_text="What is spent first.")
    entries = EntrySerializer(many=True, source="last_entries")

    class Meta:
        model = Account
        fields = ("available", "reserved", "spent", "daily", "lots", "entries")


class LineSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(EntryKind.choices, source="entry.kind")
    amount = serializers.IntegerField(source="entry.amount")
    change = serializers.IntegerField(help_text="Of what may be spent: 0 when a job is settled.")
    left = serializers.IntegerField(help_text="What might be spent after it.")
    job = serializers.CharField(source="entry.job_id", allow_null=True)
    lot = serializers.CharField(
        source="entry.lot_id", allow_null=True, help_text="The pack that came or expired."
    )
    made_at = serializers.DateTimeField(source="entry.made_at")


class StatementSerializer(serializers.Serializer):
    """A page of movements, and every pack of which something is left: what is spent first."""

    items = LineSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    lots = LotSerializer(many=True)


class Statement(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR], responses={200: StatementSerializer, **errors(400, 401)}
    )
    def get(self, request):
        """Every movement of one's credits, the newest first."""
        account = services.credits(request.user)
        own = LedgerEntry.objects.filter(account=account)
        entries, cursor = slice_by_pk(own, request, f"statement.{request.user.pk}")
        movements = LineSerializer(lines(entries), many=True).data
        left = LotSerializer(in_use(account.pk), many=True).data
        return Response(page(movements, cursor) | {"lots": left})


class Credits(APIView):
    @extend_schema(responses={200: CreditsSerializer, **errors(401)})
    def get(self, request):
        account = services.credits(request.user)
        account.daily = plan_of(request.user.pk).daily
        entries = LedgerEntry.objects.filter(account=account).order_by("-pk")
        account.last_entries = entries[:ENTRIES]
        account.lots_in_use = in_use(account.pk)
        return Response(CreditsSerializer(account).data)
