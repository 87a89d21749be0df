from django.urls import path

from generation import character_views, statements, views

urlpatterns = [
    path("jobs/", views.Jobs.as_view(), name="jobs"),
    path("jobs/quote/", views.Quote.as_view(), name="job-quote"),
    path("jobs/<uuid:job_id>/", views.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:job_id>/appeal/", views.Appeal.as_view(), name="job-appeal"),
    path("jobs/<uuid:job_id>/cancellation/", views.Cancellation.as_view(), name="cancellation"),
    path("drafts/", views.Drafts.as_view(), name="drafts"),
    path("drafts/<uuid:output_id>/", views.DraftDetail.as_view(), name="draft"),
    path("drafts/<uuid:output_id>/final/", views.Final.as_view(), name="final"),
    path(
        "drafts/<uuid:output_id>/character/",
        character_views.DraftCharacter.as_view(),
        name="draft-character",
    ),
    path("me/credits/", statements.Credits.as_view(), name="credits"),
    path("me/credits/statement/", statements.Statement.as_view(), name="statement"),
    path("engine/", views.Engine.as_view(), name="engine"),
    path("styles/", views.Styles.as_view(), name="styles"),
]
