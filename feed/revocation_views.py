"""Taking a likeness back over HTTP: seen beforehand, then done."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cameos.models import Cameo
from feed import revocation
from feed.revocation import Choice
from sora_social.schema import errors


class ReachSerializer(serializers.Serializer):
    drafts, posts = serializers.IntegerField(), serializers.IntegerField()
    remixes = serializers.IntegerField(help_text="Of the posts, those that came with a source.")


class OutcomeSerializer(serializers.Serializer):
    """What a choice does."""

    choice = serializers.ChoiceField(Choice.choices)
    does = serializers.CharField()
    final = serializers.BooleanField(help_text="It cannot be undone, by anybody.")
    darkens = ReachSerializer()
    cancels_jobs = serializers.IntegerField(help_text="Their credits go back.")
    ends_leaves = serializers.IntegerField()
    deletes_files_of = serializers.IntegerField(help_text="So many videos.")
    authors = serializers.IntegerField(help_text="So many people made something with it.")


class TakingBackSerializer(serializers.Serializer):
    choice = serializers.ChoiceField(Choice.choices)
    confirm = serializers.CharField(
        default="", allow_blank=True, max_length=25, help_text="The handle, for what is final."
    )


def own(request: Request, pk: UUID) -> Cameo:
    return get_object_or_404(Cameo.objects.standing().owned_by(request.user), pk=pk)


class TakingBack(APIView):
    @extend_schema(
        operation_id="cameos_taking_back_preview",
        responses={200: OutcomeSerializer(many=True), **errors(401, 404)},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The ways to take a likeness back, and what each would reach at this moment."""
        return Response(OutcomeSerializer(revocation.preview(own(request, pk)), many=True).data)

    @extend_schema(
        request=TakingBackSerializer,
        responses={200: OutcomeSerializer, **errors(400, 401, 404, 409)},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Take it back in one of these ways: what becomes dark is dark when this returns."""
        cameo, asked = own(request, pk), TakingBackSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        outcome = revocation.apply(cameo, **asked.validated_data)
        return Response(OutcomeSerializer(outcome).data)
