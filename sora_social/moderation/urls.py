from django.urls import path

from sora_social.moderation import stranger_views, views

urlpatterns = [
    path("reports/", views.Reports.as_view(), name="reports"),
    path("moderation/reasons/", views.Reasons.as_view(), name="moderation-reasons"),
    path("moderation/audit-head/", views.AuditHead.as_view(), name="audit-head"),
    path("moderation/cases/", views.OwnCases.as_view(), name="own-cases"),
    path("moderation/cases/<uuid:case>/appeal/", views.OwnAppeal.as_view(), name="own-appeal"),
    path(
        "moderation/cases/<uuid:case>/counter-notice/",
        views.OwnCounterNotice.as_view(),
        name="own-counter-notice",
    ),
    path(
        "moderation/cases/<uuid:case>/objection/",
        views.OwnObjection.as_view(),
        name="own-objection",
    ),
    path("open-reports/", stranger_views.Reports.as_view(), name="open-reports"),
    path("open-reports/<str:receipt>/", stranger_views.Outcome.as_view(), name="open-report"),
    path(
        "open-reports/<str:receipt>/appeal/",
        stranger_views.Appeal.as_view(),
        name="open-report-appeal",
    ),
    path(
        "open-reports/<str:receipt>/objection/",
        stranger_views.Objection.as_view(),
        name="open-report-objection",
    ),
    path("moderation/suspension/appeal/", views.SuspendedAppeal.as_view(), name="suspended-appeal"),
    path("moderation/strikes/", views.OwnStrikes.as_view(), name="own-strikes"),
]
