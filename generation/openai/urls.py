"""Paths under `/v1`: none ends in a slash, and ids are matched strictly."""

from django.urls import path, register_converter

from generation.openai import characters, content, files, ids, moderations, views
from generation.openai.batches import views as batches

register_converter(ids.VideoId, "video")
register_converter(ids.CharacterId, "char")
register_converter(ids.FileId, "file")
register_converter(ids.BatchId, "batch")

urlpatterns = [
    path("videos", views.Videos.as_view(), name="wire-videos"),
    path("videos/quote", views.VideoQuote.as_view(), name="wire-quote"),
    path("videos/edits", views.Edits.as_view(), name="wire-edits"),
    path("videos/extensions", views.Extensions.as_view(), name="wire-extensions"),
    path("videos/characters", characters.Characters.as_view(), name="wire-characters"),
    path("videos/characters/<char:pk>", characters.OneCharacter.as_view(), name="wire-character"),
    path("videos/<video:pk>", views.OneVideo.as_view(), name="wire-video"),
    path("videos/<video:pk>/content", content.Content.as_view(), name="wire-content"),
    path("videos/<video:pk>/remix", views.Remix.as_view(), name="wire-remix"),
    path("models", views.Models.as_view(), name="wire-models"),
    path("models/<str:name>", views.OneModel.as_view(), name="wire-model"),
    path("files", files.Files.as_view(), name="wire-files"),
    path("files/<file:pk>", files.OneFile.as_view(), name="wire-file"),
    path("files/<file:pk>/content", files.FileContent.as_view(), name="wire-file-content"),
    path("batches", batches.Batches.as_view(), name="wire-batches"),
    path("batches/<batch:pk>", batches.OneBatch.as_view(), name="wire-batch"),
    path("batches/<batch:pk>/cancel", batches.Cancellation.as_view(), name="wire-batch-cancel"),
    path("moderations", moderations.Moderations.as_view(), name="wire-moderations"),
]
