"""Pages for everybody, which need no JavaScript and no account."""

from django.urls import path

from feed.verify_views import VerifyPage

urlpatterns = [
    path("verify/", VerifyPage.as_view(), name="verify-page"),
    path("verify", VerifyPage.as_view()),  # as people write it
]
