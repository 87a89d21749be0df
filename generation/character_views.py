"""A character out of a part of one's own video."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from cameos.character_serializers import CharacterSerializer, CharacterTermsSerializer
from cameos.types import LONGEST, SHORTEST
from generation.characters import READ, character_of
from generation.models import Output
from generation.views import find
from sora_social.schema import errors


class PartWishSerializer(CharacterTermsSerializer):
    """Which part of the video shows it."""

    start = serializers.FloatField(default=0.0, min_value=0, max_value=READ, help_text="Seconds.")
    seconds = serializers.FloatField(min_value=SHORTEST, max_value=LONGEST)


class DraftCharacter(APIView):
    @extend_schema(
        request=PartWishSerializer,
        responses={202: CharacterSerializer, **errors(400, 401, 404, 409, 503)},
    )
    def post(self, request, output_id):
        """Make a character of 2 to 4 s of a video of your own, with nobody's likeness in it."""
        wish = PartWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        mine = Output.objects.by(request.user).cleared().select_related("job")
        made = character_of(request.user, find(mine, output_id), **wish.validated_data)
        return Response(CharacterSerializer(made).data, status.HTTP_202_ACCEPTED)
