"""The feeds and other lists of posts, what was done on them, and why they look as they do."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from feed import services, timeline
from feed.choosing import handles
from feed.choosing_serializers import WindowSerializer
from feed.models import Post
from feed.ordered import plain, top
from feed.page import home
from feed.serializers import (
    EngagedSerializer,
    EventsSerializer,
    FeedPageSerializer,
    PageSerializer,
    PostListSerializer,
    SessionSerializer,
    WhySerializer,
)
from feed.states import PostState
from feed.views import Remixing, visible
from ranking.services import explain, page_of, people_in
from sora_social.errors import NotFound
from sora_social.pagination import cursor_of, next_cursor, size_of
from sora_social.schema import CURSOR, LIMIT, errors, limit_of
from sora_social.users.models import User
from sora_social.users.profiles import find as find_person

HOME_LIMIT = limit_of(20)
SESSION = OpenApiParameter(
    "session",
    {"type": "string", "pattern": r"^[\w.-]{1,64}$"},
    description="The app's name for this sitting; without one a pause ends it.",
)
PAGE = OpenApiParameter("page", UUID, required=True, description="The `page` it stood on.")


def answer(request, purpose, show, *what, largest=50):
    """One page of a list, its cursor signed for this list and this viewer alone.

    Where the feed ends the cursor is in `more`: it goes on only for who asks.
    """
    asked = SessionSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    purpose = f"{purpose}.{request.user.pk}"
    size, position = size_of(request, timeline.SIZE, largest), cursor_of(request, purpose)
    shown, following = show(request.user, *what, position, size, **asked.validated_data)
    cursor = next_cursor(following, purpose) if following else None
    here, other = ("more", "next") if shown.pop("ended") else ("next", "more")
    return Response(shown | {here: cursor, other: None})


class Home(APIView):
    @extend_schema(
        parameters=[HOME_LIMIT, CURSOR, SESSION],
        responses={200: FeedPageSerializer, **errors(400, 401)},
    )
    def get(self, request):
        """Ordered by what the viewer is likely to make next."""
        return answer(request, "home", home, largest=timeline.SIZE)


class Latest(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR, SESSION], responses={200: PostListSerializer, **errors(400, 401)}
    )
    def get(self, request):
        """Everything public, the newest first."""
        return answer(request, "latest", timeline.listing, "latest", timeline.public())


class Following(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR, SESSION], responses={200: PostListSerializer, **errors(400, 401)}
    )
    def get(self, request):
        """By the people one follows, the newest first."""
        return answer(
            request, "following", timeline.listing, "following", timeline.followed(request.user)
        )


class Friends(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR, SESSION], responses={200: PostListSerializer, **errors(400, 401)}
    )
    def get(self, request):
        """By those one follows and who follow back, the newest first."""
        posts = timeline.by_friends(request.user)
        return answer(request, "friends", timeline.listing, "friends", posts)


class WithMe(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR, SESSION], responses={200: PostListSerializer, **errors(400, 401)}
    )
    def get(self, request):
        """With one's likeness or a character of one's own in them, the newest first."""
        return answer(
            request, "with-me", timeline.listing, "with-me", timeline.with_me(request.user)
        )


class Top(APIView):
    @extend_schema(
        parameters=[WindowSerializer, LIMIT, CURSOR, SESSION],
        responses={200: PostListSerializer, **errors(400, 401)},
    )
    def get(self, request):
        """What people made more of than of others as often seen; the same order for everybody."""
        asked = WindowSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        window = asked.validated_data.get("window", "week")
        return answer(request, f"top.{window}", top, window)


class Plain(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR, SESSION], responses={200: PostListSerializer, **errors(400, 401)}
    )
    def get(self, request):
        """What home is for somebody of whom nothing is known; the same order for everybody."""
        return answer(request, "plain", plain)


class PostsOf(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR, SESSION],
        responses={200: PostListSerializer, **errors(400, 401, 404)},
    )
    def get(self, request, handle):
        """The posts of a person, the newest first; one's own hidden ones too."""
        person = find_person(User.objects.visible_to(request.user), handle)
        posts = Post.objects.filter(author=person)
        return answer(request, f"profile.{person.pk}", timeline.listing, "profile", posts)


class RemixesOf(Remixing):
    @extend_schema(
        parameters=[LIMIT, CURSOR, SESSION],
        responses={200: PostListSerializer, **errors(400, 401, 404)},
    )
    def get(self, request, pk):
        """What was made of the post, the newest first."""
        posts = Post.objects.filter(parent=visible(request, pk), state=PostState.LIVE)
        return answer(request, f"remixes.{pk}", timeline.listing, "remixes", posts)


class Events(APIView):
    @extend_schema(
        request=EventsSerializer, responses={200: EngagedSerializer, **errors(400, 401, 404)}
    )
    def post(self, request):
        """What the viewer did on a page they were served; sending it again changes nothing."""
        sent = EventsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response({"accepted": services.engage(request.user, **sent.validated_data)})


class Why(APIView):
    @extend_schema(parameters=[PAGE], responses={200: WhySerializer, **errors(400, 401, 404)})
    def get(self, request, pk):
        """Why the post stood where it stood: the logged decision, nothing else."""
        asked = PageSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        served = page_of(request.user.pk, asked.validated_data["page"])
        found = explain(served, pk, handles(people_in(served)))
        if found is None:
            raise NotFound
        return Response(found)
