"""The inbox of whose likeness it is, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cameos.states import Basis, Gate, Rule
from feed import inbox
from feed.models import Post, PostAudience
from feed.states import PostState
from generation import services as generation
from generation.models import CameoUse, Output
from generation.serializers import OutputSerializer, PersonBrief, with_media
from sora_social.pagination import page, slice_by_pk, slice_in_order
from sora_social.schema import CURSOR, LIMIT, errors, page_of


class PostBrief(serializers.Serializer):
    id = serializers.CharField()
    state = serializers.ChoiceField(PostState.choices)
    audience = serializers.ChoiceField(PostAudience.choices)
    made_at = serializers.DateTimeField()


class StoodOnSerializer(serializers.Serializer):
    """The leave by which one's own cameo is in a video; `POST consents/{leave}/revocation/` ends
    it, and what stands on it is dark."""

    cameo = serializers.CharField(source="cameo.handle")
    leave = serializers.CharField(source="consent_id", allow_null=True)
    basis = serializers.ChoiceField(Basis.choices, source="consent.basis", default=None)
    revision = serializers.IntegerField(help_text="Of the terms, when it was asked for.")


class LikenessUseSerializer(OutputSerializer):
    """A video with one's own cameo in it. `media` is null while it is dark for everybody."""

    author = PersonBrief(source="job.author")
    post = serializers.SerializerMethodField(help_text="Null while it is a draft.")
    stood_on = serializers.SerializerMethodField()

    class Meta(OutputSerializer.Meta):
        fields = ("author", *OutputSerializer.Meta.fields, "post", "stood_on")

    @extend_schema_field(PostBrief(allow_null=True))
    def get_post(self, output: Output) -> dict[str, Any] | None:
        post: Post | None = getattr(output, "post", None)
        return PostBrief(post).data if post else None

    @extend_schema_field(StoodOnSerializer(many=True))
    def get_stood_on(self, output: Output) -> list[dict[str, Any]]:
        uses: list[CameoUse] = list(output.job.uses.all())
        mine = [
            use for use in uses if use.cameo and use.cameo.owner_id == self.context["viewer"].pk
        ]
        return StoodOnSerializer(mine, many=True).data


class MakerSerializer(serializers.Serializer):
    """Somebody who made or tried something with one's cameo."""

    handle, display_name = serializers.CharField(), serializers.CharField()
    made = serializers.IntegerField(help_text="Videos, drafts as well.")
    posted = serializers.IntegerField(help_text="Those of them that are live.")
    refused = serializers.IntegerField(help_text="Attempts that were refused.")
    refused_at = serializers.DateTimeField(allow_null=True, help_text="The last of them.")


class AttemptSerializer(serializers.Serializer):
    """One attempt that was refused."""

    id = serializers.CharField(source="pk")
    person = PersonBrief()
    cameo = serializers.CharField(source="cameo.handle")
    gate = serializers.ChoiceField(Gate.choices)
    rule = serializers.ChoiceField(Rule.choices)
    at = serializers.DateTimeField()


class LikenessUses(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR],
        responses={200: page_of(LikenessUseSerializer), **errors(400, 401)},
    )
    def get(self, request: Request) -> Response:
        """Every video with one's own cameo in it, drafts of others too."""
        found = inbox.videos(request.user)
        outputs, following = slice_by_pk(found, request, "likeness-uses")
        shown = with_media(LikenessUseSerializer, outputs, request.user)
        return Response(page(shown, following))


class LikenessUse(APIView):
    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, output_id: UUID) -> Response:
        """Delete a video with one's own cameo in it, by whomever it was made."""
        mine = Output.objects.of_likeness(request.user).select_related("job")
        generation.discard_likeness(request.user, get_object_or_404(mine, pk=output_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LikenessMakers(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR], responses={200: page_of(MakerSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """Who made or tried how much with one's cameo; who was refused most comes first."""
        people, following = slice_in_order(inbox.makers(request.user), request, "makers")
        return Response(page(MakerSerializer(people, many=True).data, following))


class LikenessAttempts(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR], responses={200: page_of(AttemptSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """What others tried with one's cameo and were refused, the latest first."""
        rows, following = slice_by_pk(inbox.attempts(request.user), request, "attempts")
        return Response(page(AttemptSerializer(rows, many=True).data, following))
