from django.urls import path

from sora_social.webhooks import views

ONE = "webhook_endpoints/<str:endpoint>"
urlpatterns = [
    path("webhook_event_types", views.EventTypes.as_view(), name="webhook-event-types"),
    path("webhook_endpoints", views.Endpoints.as_view(), name="webhook-endpoints"),
    path(ONE, views.OneEndpoint.as_view(), name="webhook-endpoint"),
    path(f"{ONE}/rotate_secret", views.SecretRotation.as_view(), name="webhook-rotation"),
    path(f"{ONE}/test", views.EndpointTest.as_view(), name="webhook-test"),
    path(f"{ONE}/deliveries", views.Deliveries.as_view(), name="webhook-deliveries"),
    path(f"{ONE}/deliveries/<str:delivery>", views.OneDelivery.as_view(), name="webhook-delivery"),
    path(
        f"{ONE}/deliveries/<str:delivery>/replay",
        views.DeliveryReplay.as_view(),
        name="webhook-replay",
    ),
]
