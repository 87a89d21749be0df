"""Jobs, drafts, uses of one's likeness, credits, and what the engine can do."""

from __future__ import annotations

from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from generation import services, styles
from generation.models import Job, Output
from generation.offers import EngineQuery, EngineSerializer, StyleSerializer, engine_answer
from generation.serializers import (
    DraftSerializer,
    JobSerializer,
    QuoteSerializer,
    with_media,
)
from generation.states import JobState
from generation.wish_serializers import FinalWishSerializer, JobWishSerializer
from sora_social.errors import NotFound
from sora_social.floods import PerPerson, left_of
from sora_social.moderation import concerning
from sora_social.moderation.serializers import AppealSerializer, OwnCaseSerializer
from sora_social.moderation.views import FewAppeals
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import CURSOR, KEY, LIMIT, errors, page_of
from sora_social.users.keys import came_by

KEY = OpenApiParameter(
    "Idempotency-Key", KEY, OpenApiParameter.HEADER, required=True,
    description="1 to 255 characters, new for every wish; the same key again is the same job.",
)  # fmt: skip
STATE = OpenApiParameter("state", str, enum=JobState.values)
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
    keyed_by_itself = True  # the key is the job's

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
        asked |= {"key": key_of(request), "via": came_by(request.auth)}
        return queued(request, services.submit(request.user, **asked))

    @extend_schema(
        parameters=[STATE, LIMIT, CURSOR],
        responses={200: page_of(JobSerializer), **errors(400, 401)},
    )
    def get(self, request):
        found = jobs_of(request.user).filter(**state_asked(request))
        jobs, following = slice_by_pk(found, request, "jobs")
        return Response(page(JobSerializer(jobs, many=True).data, following))


class Quote(APIView):
    keyed_by_itself = True  # nothing is done, once or twice

    @extend_schema(
        request={
            "application/json": JobWishSerializer,
            "multipart/form-data": JobWishSerializer,
        },
        responses={200: QuoteSerializer, **errors(400, 401, 403, 404, 429, 503)},
    )
    def post(self, request):
        """What the same body would cost as a job, and when it would be done; nothing is kept."""
        wish = JobWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        found = services.quote(
            request.user, **services.understand(request.user, wish.validated_data)
        )
        return Response(QuoteSerializer(found, context={"left": left_of(request)}).data)


class JobDetail(APIView):
    @extend_schema(responses={200: JobSerializer, **errors(401, 404)})
    def get(self, request, job_id):
        return Response(JobSerializer(find(jobs_of(request.user), job_id)).data)


class Appeal(APIView):
    throttle_classes = [PerPerson, FewAppeals]

    @extend_schema(
        request=AppealSerializer,
        responses={201: OwnCaseSerializer, **errors(400, 401, 404, 409, 429)},
    )
    def post(self, request, job_id):
        """Screening refused it: ask a moderator to look at it, once for each job. Overturned, the
        same wish passes when it is sent again."""
        wish = AppealSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        job = find(jobs_of(request.user), job_id)
        made = services.appeal(job, wish.validated_data["text"])
        row = concerning.row(request.user, made.case)
        return Response(OwnCaseSerializer(row).data, status.HTTP_201_CREATED)


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
    keyed_by_itself = True  # the key is the job's

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
        asked = wish.validated_data | {"key": key_of(request), "via": came_by(request.auth)}
        return queued(request, services.finalize(request.user, preview, **asked))


class Engine(APIView):
    @extend_schema(
        parameters=[EngineQuery], responses={200: EngineSerializer, **errors(400, 401, 503)}
    )
    def get(self, request):
        """What a model can do: the usual one, or the one that is named."""
        asked = EngineQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(EngineSerializer(engine_answer(asked.validated_data["model"])).data)


class Styles(APIView):
    @extend_schema(responses={200: StyleSerializer(many=True), **errors(401, 503)})
    def get(self, request):
        """The style presets that the loaded model understands."""
        services.capabilities()
        return Response(StyleSerializer(styles.offered(), many=True).data)
