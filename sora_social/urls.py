"""The ways in over HTTP; each app lists its own paths."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from sora_social.health import healthz
from sora_social.tickets import SocketTicket

handler400 = "sora_social.faults.bad_request"
handler403 = "sora_social.faults.forbidden"
handler404 = "sora_social.faults.not_found"
handler500 = "sora_social.faults.server_error"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("_allauth/", include("allauth.headless.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("api/v1/socket-tickets/", SocketTicket.as_view(), name="socket-tickets"),
    path("api/v1/", include("feed.urls")),  # asked most, and so found first
    path("api/v1/", include("sora_social.users.urls")),
    path("", include("sora_social.oauth.urls")),
    path("api/v1/", include("sora_social.notifications.urls")),
    path("api/v1/", include("sora_social.moderation.urls")),
    path("", include("sora_social.moderation.page_urls")),
    path("", include("feed.page_urls")),
    path("api/v1/", include("cameos.urls")),
    path("api/v1/", include("generation.urls")),
    path("v1/", include("sora_social.webhooks.urls")),
    path("v1/", include("generation.openai.urls")),
]
