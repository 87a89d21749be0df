from django.urls import path

from sora_social.users import own, own_keys, views

urlpatterns = [
    path("me/", own.Me.as_view(), name="me"),
    path("me/export/", own.Export.as_view(), name="export"),
    path("me/devices/", own.Devices.as_view(), name="devices"),
    path("me/devices/current/", own.CurrentDevice.as_view(), name="current-device"),
    path("me/devices/<uuid:device>/", own.OneDevice.as_view(), name="device"),
    path("me/keys/", own_keys.Keys.as_view(), name="keys"),
    path("me/keys/<uuid:key>/", own_keys.OneKey.as_view(), name="key"),
    path("me/keys/<uuid:key>/rotation/", own_keys.Rotation.as_view(), name="key-rotation"),
    path("me/invites/", own.Invites.as_view(), name="invites"),
    path("me/mutuals/", own.Mutuals.as_view(), name="mutuals"),
    path("me/blocks/", own.Blocks.as_view(), name="blocks"),
    path("people/", views.People.as_view(), name="people"),
    path("people/<str:handle>/", views.Person.as_view(), name="person"),
    path("people/<str:handle>/follow/", views.Following.as_view(), name="follow"),
    path("people/<str:handle>/block/", views.Blocking.as_view(), name="block"),
    path("people/<str:handle>/followers/", views.FollowersOf.as_view(), name="followers"),
    path("people/<str:handle>/following/", views.FollowedBy.as_view(), name="following"),
]
