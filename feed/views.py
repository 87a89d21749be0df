"""Posts, the tree they form, and what people do with them."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from feed import services
from feed.cards import cards
from feed.models import Comment, Post
from feed.remixes import tree
from feed.serializers import (
    CommentSerializer,
    CommentTextSerializer,
    DraftPostSerializer,
    PostChangeSerializer,
    PostSerializer,
    RemixWishSerializer,
    TreeSerializer,
)
from feed.states import PostState
from generation import media
from generation.serializers import JobSerializer
from generation.services import note_served
from sora_social.errors import NotFound
from sora_social.pagination import page, slice_by_pk
from sora_social.ranges import serve
from sora_social.schema import CURSOR, KEY, LIMIT, errors, page_of
from sora_social.users.keys import came_by
from sora_social.users.models import User

KEY = OpenApiParameter(
    "Idempotency-Key", KEY, OpenApiParameter.HEADER, required=True,
    description="1 to 255 characters, new for every wish; the same key again is the same job.",
)  # fmt: skip
MEDIA_TYPES = sorted({kind.partition(";")[0] for kind in media.CONTENT_TYPES.values()})


def find(queryset, pk):
    """The object, if it is among what the person may see. Raises NotFound."""
    if (found := queryset.filter(pk=pk).first()) is None:
        raise NotFound
    return found


def visible(request, pk):
    """A post that the viewer may open. Raises NotFound."""
    return find(Post.objects.visible_to(request.user), pk)


def own(request, pk):
    """A post of the viewer's that has not been removed. Raises NotFound."""
    return find(request.user.posts.exclude(state=PostState.REMOVED), pk)


def card(request, post):
    return PostSerializer(cards(request.user, Post.objects.filter(pk=post.pk))[0]).data


class Posts(APIView):
    @extend_schema(
        request=DraftPostSerializer,
        responses={201: PostSerializer, **errors(400, 401, 403, 404, 409, 422)},
    )
    def post(self, request):
        """Post a draft, once; everyone in it is asked for their leave again."""
        said = DraftPostSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = services.publish(request.user, **said.validated_data)
        return Response(card(request, made), status.HTTP_201_CREATED)


class PostDetail(APIView):
    @extend_schema(responses={200: PostSerializer, **errors(401, 404)})
    def get(self, request, pk):
        return Response(card(request, visible(request, pk)))

    @extend_schema(
        request=PostChangeSerializer,
        responses={200: PostSerializer, **errors(400, 401, 403, 404, 409, 422)},
    )
    def patch(self, request, pk):
        """Change one's own post; hide it, or show it again."""
        said = PostChangeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        services.change(own(request, pk), **said.validated_data)
        return Response(card(request, own(request, pk)))

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request, pk):
        services.remove(own(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Tree(APIView):
    @extend_schema(responses={200: TreeSerializer, **errors(401, 404)})
    def get(self, request, pk):
        """The whole remix tree that the post stands in, parents before their children."""
        return Response(tree(request.user, visible(request, pk)))


class Remixing(APIView):
    """`POST posts/<id>/remixes/`; the list of remixes is answered by `feed.lists.RemixesOf`."""

    keyed_by_itself = True  # the key is the job's

    @extend_schema(
        request={
            "application/json": RemixWishSerializer,
            "multipart/form-data": RemixWishSerializer,
        },
        parameters=[KEY],
        responses={
            201: JobSerializer,
            200: JobSerializer,
            **errors(400, 401, 402, 403, 404, 422, 429, 503),
        },
    )
    def post(self, request, pk):
        """Queue a remix: 201, or 200 when this key has queued it before."""
        wish = RemixWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        key = request.headers.get("Idempotency-Key", "")
        post, via = visible(request, pk), came_by(request.auth)
        job = services.remix(request.user, post, key, wish.validated_data, via)
        known = status.HTTP_201_CREATED if job.fresh else status.HTTP_200_OK
        return Response(JobSerializer(job).data, known)


class Liking(APIView):
    @extend_schema(request=None, responses={204: None, **errors(401, 404)})
    def put(self, request, pk):
        services.like(request.user, visible(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request, pk):
        services.unlike(request.user, visible(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Comments(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR],
        responses={200: page_of(CommentSerializer), **errors(400, 401, 404)},
    )
    def get(self, request, pk):
        """The newest first."""
        said = Comment.objects.visible_to(request.user).filter(post=visible(request, pk))
        rows, following = slice_by_pk(said.select_related("author"), request, f"comments.{pk}")
        return Response(page(CommentSerializer(rows, many=True).data, following))

    @extend_schema(
        request=CommentTextSerializer,
        responses={201: CommentSerializer, **errors(400, 401, 404, 422)},
    )
    def post(self, request, pk):
        said = CommentTextSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = services.comment(request.user, visible(request, pk), **said.validated_data)
        return Response(CommentSerializer(made).data, status.HTTP_201_CREATED)


class OneComment(APIView):
    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request, pk):
        """Take one's own comment away, or any under one's own post."""
        services.uncomment(find(Comment.objects.removable_by(request.user), pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Media(APIView):
    """The token says who looks, so that a player needs no header."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
        responses={
            **{(code, kind): bytes for code in (200, 206) for kind in MEDIA_TYPES},
            **errors(404),
        },
    )
    def get(self, request, token, file):
        """A file of an output, for whom its address was made, while they may see it."""
        viewer_id, output, rendition = media.read(token, file)
        viewer = find(User.objects.present(), viewer_id)
        if not services.may_watch(viewer, output):
            raise NotFound
        note_served(viewer.pk, output, output.epoch)
        return serve(output.key(rendition), media.CONTENT_TYPES[rendition], request)
