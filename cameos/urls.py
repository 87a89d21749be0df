from django.urls import path

from cameos import character_views, leave_views, release_views, views

urlpatterns = [
    path("cameos/", views.Cameos.as_view(), name="cameos"),
    path("cameos/usable/", views.Usable.as_view(), name="usable-cameos"),
    path("cameos/search/", views.Search.as_view(), name="cameo-search"),
    path("cameos/check/", leave_views.UseCheck.as_view(), name="cameo-check"),
    path("cameos/release-text/", release_views.ReleaseText.as_view(), name="release-text"),
    path("cameos/<uuid:pk>/", views.OneCameo.as_view(), name="cameo"),
    path("cameos/<uuid:pk>/releases/", release_views.Releases.as_view(), name="releases"),
    path("cameos/<uuid:pk>/lending/", release_views.Lending.as_view(), name="lending"),
    path("cameos/<uuid:pk>/challenges/", views.Challenges.as_view(), name="challenges"),
    path("cameos/<uuid:pk>/captures/", views.Captures.as_view(), name="captures"),
    path("cameos/<uuid:pk>/pause/", views.Pause.as_view(), name="cameo-pause"),
    path("cameos/<uuid:pk>/resumption/", views.Resumption.as_view(), name="cameo-resumption"),
    path("cameos/<uuid:pk>/references/", views.References.as_view(), name="references"),
    path(
        "cameos/<uuid:pk>/references/<int:position>/", views.Reference.as_view(), name="reference"
    ),
    path("cameos/<str:which>/requests/", leave_views.LeaveRequests.as_view(), name="leave"),
    path("cameos/<uuid:pk>/listings/", leave_views.Listings.as_view(), name="listings"),
    path(
        "cameos/<uuid:pk>/listings/<str:handle>/", leave_views.OneListing.as_view(), name="listing"
    ),
    path("characters/", character_views.Characters.as_view(), name="characters"),
    path("characters/usable/", character_views.Usable.as_view(), name="usable-characters"),
    path("characters/<uuid:pk>/", character_views.OneCharacter.as_view(), name="character"),
    path("characters/<uuid:pk>/pause/", character_views.Pause.as_view(), name="character-pause"),
    path(
        "characters/<uuid:pk>/resumption/",
        character_views.Resumption.as_view(),
        name="character-resumption",
    ),
    path(
        "characters/<uuid:pk>/pictures/<int:position>/",
        character_views.Picture.as_view(),
        name="character-picture",
    ),
    path("consents/", leave_views.Consents.as_view(), name="consents"),
    path("consents/check/", leave_views.ReceiptCheck.as_view(), name="receipt-check"),
    path("consents/key/", leave_views.ReceiptKey.as_view(), name="receipt-key"),
    path("consents/<uuid:pk>/receipt/", leave_views.Receipt.as_view(), name="receipt"),
    path("consents/<uuid:pk>/grant/", leave_views.Grant.as_view(), name="grant"),
    path("consents/<uuid:pk>/decline/", leave_views.Declining.as_view(), name="decline"),
    path("consents/<uuid:pk>/revocation/", leave_views.Revocation.as_view(), name="revocation"),
]
