"""Leave over HTTP: asked for, given, refused, taken back, listed."""

from __future__ import annotations

import re
from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cameos import services
from cameos.models import Cameo, Consent, ConsentQuerySet
from cameos.serializers import (
    ConsentSerializer,
    GrantSerializer,
    LeaveFilterSerializer,
    LeaveRequestSerializer,
    ListingSerializer,
    ListingWishSerializer,
    ReceiptKeySerializer,
    ReceiptSerializer,
    ReceiptStatusSerializer,
    UseAnswerSerializer,
    UseQuestionSerializer,
)
from cameos.views import own, wish
from sora_social.errors import NotFound
from sora_social.floods import PerPerson
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of
from sora_social.users.models import User

NAME = re.compile(r"[a-z0-9_]{3,24}|[0-9a-f-]{36}")


def known(person: User, which: str) -> Cameo:
    """The cameo of a handle or an id, if the person may hear of it."""
    name = which.lower()
    named = Q(handle=name) | Q(down_id=name)
    found = NAME.fullmatch(name) and Cameo.objects.known_to(person).filter(named).first()
    if not found:
        raise NotFound()
    return found


def shown(leave: Consent, code: int = status.HTTP_200_OK) -> Response:
    seen = Consent.objects.with_live().get(pk=leave.pk)
    return Response(ConsentSerializer(seen).data, code)


def leaves(found: ConsentQuerySet, pk: UUID) -> Consent:
    return get_object_or_404(found.select_related("cameo__owner", "requester"), pk=pk)


class LeaveRequests(APIView):
    @extend_schema(
        request=LeaveRequestSerializer,
        responses={201: ConsentSerializer, **errors(400, 401, 404, 409)},
    )
    def post(self, request: Request, which: str) -> Response:
        """Ask the owner of a cameo, named by handle or id, for leave to use it."""
        asked = wish(LeaveRequestSerializer, request.data)
        leave = services.request_leave(request.user, known(request.user, which), **asked)
        return shown(leave, status.HTTP_201_CREATED)


class Consents(APIView):
    @extend_schema(
        operation_id="consents_list",
        parameters=[LeaveFilterSerializer, *PAGING],
        responses={200: page_of(ConsentSerializer), **errors(400, 401)},
    )
    def get(self, request: Request) -> Response:
        """Leaves for your cameos (`given`), or leaves that you hold or asked for (`received`)."""
        asked = wish(LeaveFilterSerializer, request.query_params)
        mine = Consent.objects.with_live()
        side = mine.given_by if asked["side"] == "given" else mine.received_by
        chosen = {"state": asked["state"]} if "state" in asked else {}
        found, after = slice_by_pk(side(request.user).filter(**chosen), request, "consents")
        return Response(page(ConsentSerializer(found, many=True).data, after))


class Grant(APIView):
    @extend_schema(
        request=GrantSerializer, responses={200: ConsentSerializer, **errors(400, 401, 404, 409)}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Say yes to a request, for ever or until a time."""
        leave = leaves(Consent.objects.given_by(request.user), pk)
        terms = wish(GrantSerializer, request.data)
        return shown(services.grant(leave, request.user, **terms))


class Declining(APIView):
    @extend_schema(request=None, responses={200: ConsentSerializer, **errors(401, 404, 409)})
    def post(self, request: Request, pk: UUID) -> Response:
        """Say no to a request."""
        leave = leaves(Consent.objects.given_by(request.user), pk)
        return shown(services.decline(leave, request.user))


class Revocation(APIView):
    @extend_schema(request=None, responses={200: ConsentSerializer, **errors(401, 404, 409)})
    def post(self, request: Request, pk: UUID) -> Response:
        """Take a leave back, or give one back: what stands on it is dark when this returns."""
        leave = leaves(Consent.objects.of(request.user), pk)
        return shown(services.revoke_leave(leave, request.user))


class Receipt(APIView):
    @extend_schema(
        responses={200: OpenApiTypes.OBJECT, **errors(401, 404)}, operation_id="consents_receipt"
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """A signed receipt, for either side; `cameos/receipts.py` verifies it offline."""
        return Response(services.receipt_of(leaves(Consent.objects.of(request.user), pk)))


class ReceiptKey(APIView):
    @extend_schema(responses={200: ReceiptKeySerializer, **errors(401)})
    def get(self, request: Request) -> Response:
        """The public key that receipts are signed with."""
        return Response({"algorithm": "Ed25519", "public_key": services.public_key()})


class FewChecks(PerPerson):
    scope, rate = "checks", "60/min"


class ReceiptCheck(APIView):
    throttle_classes = [PerPerson, FewChecks]

    @extend_schema(
        request=ReceiptSerializer, responses={200: ReceiptStatusSerializer, **errors(400, 401, 429)}
    )
    def post(self, request: Request) -> Response:
        """Whether a receipt is ours and unchanged, and whether its leave still stands."""
        receipt = wish(ReceiptSerializer, request.data)["receipt"]
        return Response(services.check_receipt(receipt))


class UseCheck(APIView):
    throttle_classes = [PerPerson, FewChecks]

    @extend_schema(
        request=UseQuestionSerializer,
        responses={200: UseAnswerSerializer, **errors(400, 401, 429)},
    )
    def post(self, request: Request) -> Response:
        """May you use these cameos, for this, there? Asked beforehand; nothing is used up."""
        asked = wish(UseQuestionSerializer, request.data)
        handles = asked.pop("cameos")
        answers = services.ask(request.user, handles, services.use_of(request.user, **asked))
        return Response(UseAnswerSerializer.of(answers))


class Listings(APIView):
    @extend_schema(
        operation_id="cameos_listings_list",
        parameters=PAGING,
        responses={200: page_of(ListingSerializer), **errors(400, 401, 404)},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Whom you let in, or keep out, whatever the audience."""
        mine = own(request, pk).listings.select_related("person")
        found, after = slice_by_pk(mine, request, "cameos.listings")
        return Response(page(ListingSerializer(found, many=True).data, after))


class OneListing(APIView):
    @extend_schema(
        request=ListingWishSerializer,
        responses={200: ListingSerializer, **errors(400, 401, 404, 409)},
    )
    def put(self, request: Request, pk: UUID, handle: str) -> Response:
        """Let somebody in, or keep somebody out; what they made goes dark at once."""
        asked = wish(ListingWishSerializer, request.data)
        listing = services.enlist(own(request, pk), handle, **asked)
        return Response(ListingSerializer(listing).data)

    @extend_schema(responses={204: None, **errors(401, 404, 409)})
    def delete(self, request: Request, pk: UUID, handle: str) -> Response:
        services.delist(own(request, pk), handle)
        return Response(status=status.HTTP_204_NO_CONTENT)
