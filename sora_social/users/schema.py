"""Words of the OpenAPI document that several views share."""

from drf_spectacular.utils import OpenApiParameter

from sora_social.pagination import LARGEST, USUAL

PAGING = [
    OpenApiParameter("cursor", str, description="The `next` of the page before."),
    OpenApiParameter("limit", int, description=f"1 to {LARGEST}, usually {USUAL}."),
]
