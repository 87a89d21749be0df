from django.urls import path

from sora_social.notifications import views

urlpatterns = [
    path("me/notices/", views.Notices.as_view(), name="notices"),
    path("me/notices/read/", views.NoticesRead.as_view(), name="notices-read"),
]
