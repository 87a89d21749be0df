from django.urls import path

from sora_social.oauth import token_views, views
from sora_social.oauth.metadata import Metadata
from sora_social.oauth.pages import Authorize

MINE = "api/v1/me/"
urlpatterns = [
    path(f"{MINE}apps/", views.Apps.as_view(), name="apps"),
    path(f"{MINE}apps/<uuid:app>/", views.OneApp.as_view(), name="app"),
    path(f"{MINE}authorizations/", views.Authorizations.as_view(), name="authorizations"),
    path(f"{MINE}authorizations/request/", views.Question.as_view(), name="app-consent"),
    path(
        f"{MINE}authorizations/<uuid:authorization>/",
        views.OneAuthorization.as_view(),
        name="authorization",
    ),
    path("oauth/authorize", Authorize.as_view(), name="oauth-authorize"),
    path("oauth/token", token_views.Token.as_view(), name="oauth-token"),
    path("oauth/revoke", token_views.Revocation.as_view(), name="oauth-revoke"),
    path(".well-known/oauth-authorization-server", Metadata.as_view(), name="oauth-metadata"),
]
