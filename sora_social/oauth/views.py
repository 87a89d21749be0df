"""One's own apps, what an app asks, and the apps that act for oneself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.errors import NotFound
from sora_social.oauth import services
from sora_social.oauth.addresses import issuer_of
from sora_social.oauth.models import Authorization
from sora_social.oauth.serializers import (
    AppSerializer,
    AskedSerializer,
    AuthorizationSerializer,
    ChoiceSerializer,
    QuestionSerializer,
    SentSerializer,
    in_words,
)
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of


class Apps(APIView):
    @extend_schema(parameters=PAGING, responses={200: page_of(AppSerializer), **errors(400, 401)})
    def get(self, request: Request) -> Response:
        """The apps one registered."""
        found, after = slice_by_pk(request.user.apps.all(), request, "apps")
        return Response(page(AppSerializer(found, many=True).data, after))

    @extend_schema(request=AppSerializer, responses={201: AppSerializer, **errors(400, 401, 409)})
    def post(self, request: Request) -> Response:
        """Register an app. Its `id` is the `client_id`."""
        wish = AppSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        app = services.register(request.user, **wish.validated_data)
        return Response(AppSerializer(app).data, status.HTTP_201_CREATED)


class OneApp(APIView):
    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, app: UUID) -> Response:
        """Delete an app: all its tokens end."""
        if not request.user.apps.filter(pk=app).delete()[0]:
            raise NotFound()
        return Response(status=status.HTTP_204_NO_CONTENT)


class Question(APIView):
    @extend_schema(
        parameters=[AskedSerializer], responses={200: QuestionSerializer, **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """What an app asks, for the consent screen; pass its query on as it came."""
        asked = _asked(AskedSerializer, request.query_params)
        understood = services.understand(asked, issuer_of(request))
        return Response(who_asks(understood) | {"scopes": in_words(understood.scopes)})

    @extend_schema(request=ChoiceSerializer, responses={200: SentSerializer, **errors(400, 401)})
    def post(self, request: Request) -> Response:
        """Say yes or no: where to send the person. A code is good for a minute, and once."""
        said = _asked(ChoiceSerializer, request.data)
        asked = services.understand(said, issuer_of(request))
        allowed = said["allowed"]
        to = services.allow(request.user, asked) if allowed else services.decline(asked)
        return Response({"redirect_to": to}, headers={"Cache-Control": "no-store"})


class Authorizations(APIView):
    @extend_schema(
        parameters=PAGING, responses={200: page_of(AuthorizationSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """The apps that act for oneself."""
        rows = _leaves(request).select_related("app__owner")
        found, after = slice_by_pk(rows, request, "authorizations")
        return Response(page(AuthorizationSerializer(found, many=True).data, after))


class OneAuthorization(APIView):
    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, authorization: UUID) -> Response:
        """End an app's leave: its next request is refused."""
        if (found := _leaves(request).filter(pk=authorization).first()) is None:
            raise NotFound()
        services.end(found)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _asked(shape: type[AskedSerializer], said: Any) -> dict[str, Any]:
    wish = shape(data=said)
    wish.is_valid(raise_exception=True)
    return wish.validated_data


def who_asks(asked: services.Request) -> dict[str, Any]:
    return {
        "app": asked.app.name,
        "made_by": asked.app.owner.handle,
        "sends_to": urlsplit(asked.redirect_uri).hostname,
    }


def _leaves(request: Request) -> Any:
    return Authorization.objects.live().filter(user=request.user)
