"""Pages for everybody, which need no JavaScript and no account."""

from django.urls import path

from sora_social.moderation import report_page, transparency_page

urlpatterns = [
    path("report/", report_page.Form.as_view(), name="report-page"),
    path("report/<str:receipt>/", report_page.Outcome.as_view(), name="report-outcome-page"),
    path("transparency/", transparency_page.months, name="transparency"),
    path("transparency/<str:month>.csv", transparency_page.as_csv, name="transparency-csv"),
    path("transparency/<str:month>/", transparency_page.one, name="transparency-month"),
]
