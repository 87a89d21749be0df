from django.urls import path

from sora_social.moderation import views

urlpatterns = [path("reports/", views.Reports.as_view(), name="reports")]
