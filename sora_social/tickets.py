"""`POST socket-tickets/`: what opens a socket."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social import realtime
from sora_social.schema import errors

TICKET = inline_serializer(
    "SocketTicket",
    {
        "ticket": serializers.CharField(help_text="Offer `sora.v1` and `ticket.<ticket>`."),
        "path": serializers.CharField(),
        "expires_in": serializers.IntegerField(help_text="seconds"),
    },
)


class SocketTicket(APIView):
    @extend_schema(request=None, responses={201: TICKET, **errors(401)})
    def post(self, request):
        ticket = realtime.ticket_for(request.user.pk, str(request.auth.pk))
        answer = {"ticket": ticket, "path": "/ws/", "expires_in": realtime.TICKET_SECONDS}
        return Response(answer, status.HTTP_201_CREATED)
