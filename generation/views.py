"""Jobs, drafts, uses of one's likeness, credits, and what the engine can do."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from generation import services, styles
from generation.models import Job, LedgerEntry, Output
from generation.offers import EngineSerializer, StyleSerializer, engine_answer
from generation.serializers import (
    CreditsSerializer,
    DraftSerializer,
    FinalWishSerializer,
    JobSerializer,
    JobWishSerializer,
    with_media,
)
from generation.states import JobState
from sora_social.errors import NotFound
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import CURSOR, LIMIT, errors, page_of

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True,
    description="1 to 255 characters, new for every wish; the same key again is the same job.",
)  # fmt: skip
STATE = OpenApiParameter("state", str, enum=JobState.values)
ENTRIES = 20
IN_IT = ("uses__cameo", "character_uses__character")


def jobs_of(person):
    outputs = Output.objects.only("pk", "job", "variant", "held_at")
    return Job.objects.by(person).prefetch_related(*IN_IT, Prefetch("outputs", outputs))


def find(queryset, pk):
    """The object, if it is among what the person may see. Raises NotFound."""
    if (found := queryset.filter(pk=pk).first()) is None:
        raise NotFound
    return found


def key_of(request):
    return request.headers.get("Idempotency-Key", "")


def queued(request, job):
    """201 with a new job, 200 with one that its key had queued before."""
    answer = JobSerializer(find(jobs_of(request.user), job.pk)).data
    return Response(answer, status.HTTP_201_CREATED if job.fresh else status.HTTP_200_OK)


def state_asked(request):
    state = request.query_params.get("state")
    if state is not None and state not in JobState.values:
        raise ValidationError({"state": [f"One of {', '.join(JobState.values)}."]})
    return {"state": state} if state else {}


class Jobs(APIView):
    @extend_schema(
        request={
            "application/json": JobWishSerializer,
            "multipart/form-data": JobWishSerializer,
        },
        parameters=[KEY],
        responses={
            201: JobSerializer,
            200: JobSerializer,
            **errors(400, 401, 402, 403, 404, 422, 429, 503),
        },
    )
    def post(self, request):
        """Queue a video: 201, or 200 when this key has queued it before."""
        wish = JobWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        asked = services.understand(request.user, wish.validated_data)
        return queued(request, services.submit(request.user, key=key_of(request), **asked))

    @extend_schema(
        parameters=[STATE, LIMIT, CURSOR],
        responses={200: page_of(JobSerializer), **errors(400, 401)},
    )
    def get(self, request):
        found = jobs_of(request.user).filter(**state_asked(request))
        jobs, following = slice_by_pk(found, request, "jobs")
        return Response(page(JobSerializer(jobs, many=True).data, following))


class JobDetail(APIView):
    @extend_schema(responses={200: JobSerializer, **errors(401, 404)})
    def get(self, request, job_id):
        return Response(JobSerializer(find(jobs_of(request.user), job_id)).data)


class Cancellation(APIView):
    @extend_schema(request=None, responses={200: JobSerializer, **errors(401, 404, 409)})
    def post(self, request, job_id):
        """End a job that has not ended; its credits come back."""
        services.cancel(find(jobs_of(request.user), job_id))
        return Response(JobSerializer(find(jobs_of(request.user), job_id)).data)


class Drafts(APIView):
    @extend_schema(
        parameters=[LIMIT, CURSOR], responses={200: page_of(DraftSerializer), **errors(400, 401)}
    )
    def get(self, request):
        found = services.drafts(request.user).prefetch_related(*(f"job__{of}" for of in IN_IT))
        outputs, following = slice_by_pk(found, request, "drafts")
        return Response(page(with_media(DraftSerializer, outputs, request.user), following))


class DraftDetail(APIView):
    @extend_schema(responses={200: DraftSerializer, **errors(401, 404)})
    def get(self, request, output_id):
        output = find(services.drafts(request.user), output_id)
        return Response(with_media(DraftSerializer, [output], request.user)[0])

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request, output_id):
        services.discard(find(services.drafts(request.user), output_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Final(APIView):
    @extend_schema(
        request=FinalWishSerializer,
        parameters=[KEY],
        responses={
            201: JobSerializer,
            200: JobSerializer,
            **errors(400, 401, 402, 403, 404, 409, 422, 429, 503),
        },
    )
    def post(self, request, output_id):
        """Queue the final of a preview, from the same noise: 201, or 200 as with `POST jobs/`."""
        wish = FinalWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        preview = find(services.drafts(request.user), output_id)
        key = key_of(request)
        return queued(
            request, services.finalize(request.user, preview, key=key, **wish.validated_data)
        )


class Credits(APIView):
    @extend_schema(responses={200: CreditsSerializer, **errors(401)})
    def get(self, request):
        account = services.credits(request.user)
        account.daily = settings.FREE_DAILY_CREDITS
        entries = LedgerEntry.objects.filter(account=account).order_by("-pk")
        account.last_entries = entries[:ENTRIES]
        return Response(CreditsSerializer(account).data)


class Engine(APIView):
    @extend_schema(responses={200: EngineSerializer, **errors(401, 503)})
    def get(self, request):
        """What the loaded model can do."""
        return Response(EngineSerializer(engine_answer(services.capabilities())).data)


class Styles(APIView):
    @extend_schema(responses={200: StyleSerializer(many=True), **errors(401, 503)})
    def get(self, request):
        """The style presets that the loaded model understands."""
        services.capabilities()
        return Response(StyleSerializer(styles.offered(), many=True).data)
