from django.urls import path

from sora_social.moderation import views

urlpatterns = [
    path("reports/", views.Reports.as_view(), name="reports"),
    path("moderation/reasons/", views.Reasons.as_view(), name="moderation-reasons"),
    path("moderation/audit-head/", views.AuditHead.as_view(), name="audit-head"),
    path("moderation/cases/", views.OwnCases.as_view(), name="own-cases"),
    path("moderation/cases/<uuid:case>/appeal/", views.OwnAppeal.as_view(), name="own-appeal"),
    path("moderation/suspension/appeal/", views.SuspendedAppeal.as_view(), name="suspended-appeal"),
    path("moderation/strikes/", views.OwnStrikes.as_view(), name="own-strikes"),
]
