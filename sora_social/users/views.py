"""Other people: profiles, search, following, blocking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.pagination import cursor_of, next_cursor, page, size_of, slice_by_pk
from sora_social.schema import PAGING, errors, page_of
from sora_social.users import profiles, services
from sora_social.users.models import User
from sora_social.users.serializers import PersonSerializer, ProfileSerializer, SearchSerializer

PEOPLE = {200: page_of(PersonSerializer), **errors(400, 401, 404)}


def list_of(rows: QuerySet[Any], request: Request, field: str) -> Response:
    """A page of the people that `field` of each row names."""
    found, after = slice_by_pk(rows, request, f"people.{field}")
    people = [getattr(row, field) for row in found]
    return Response(page(PersonSerializer(people, many=True).data, after))


class People(APIView):
    @extend_schema(
        operation_id="people_search",
        parameters=[OpenApiParameter("q", str, required=True), *PAGING],
        responses={200: page_of(PersonSerializer), **errors(400, 401)},
    )
    def get(self, request: Request) -> Response:
        """People whose handle or name begins with `q`."""
        asked = SearchSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        people = profiles.named_like(request.user, asked.validated_data["q"])
        return Response(_page_by_handle(people, request))


def _page_by_handle(people: QuerySet[User], request: Request) -> dict[str, Any]:
    size, after = size_of(request), cursor_of(request, "people")
    if after:
        people = people.filter(handle__gt=after)
    found = list(people[: size + 1])
    more = next_cursor(found[size - 1].handle, "people") if len(found) > size else None
    return page(PersonSerializer(found[:size], many=True).data, more)


class Person(APIView):
    @extend_schema(responses={200: ProfileSerializer, **errors(401, 404)})
    def get(self, request: Request, handle: str) -> Response:
        person = profiles.find(profiles.seen_by(request.user), handle)
        return Response(ProfileSerializer(person).data)


class Toggle(APIView):
    """PUT does, DELETE undoes, and either may be said twice."""

    do: Callable[[User, User], None]
    undo: Callable[[User, User], None]

    @extend_schema(request=None, responses={204: None, **errors(400, 401, 404)})
    def put(self, request: Request, handle: str) -> Response:
        type(self).do(request.user, profiles.find(User.objects.open_to(request.user), handle))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, handle: str) -> Response:
        type(self).undo(request.user, profiles.find(User.objects.open_to(request.user), handle))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Following(Toggle):
    do, undo = services.follow, services.unfollow


class Blocking(Toggle):
    do, undo = services.block, services.unblock


class FollowersOf(APIView):
    @extend_schema(parameters=PAGING, responses=PEOPLE)
    def get(self, request: Request, handle: str) -> Response:
        person = profiles.find(User.objects.visible_to(request.user), handle)
        return list_of(profiles.followers_of(person, request.user), request, "follower")


class FollowedBy(APIView):
    @extend_schema(parameters=PAGING, responses=PEOPLE)
    def get(self, request: Request, handle: str) -> Response:
        person = profiles.find(User.objects.visible_to(request.user), handle)
        return list_of(profiles.followed_by(person, request.user), request, "followed")
