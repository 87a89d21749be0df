"""The kinds of ids that videos and what belongs to them have under `/v1`."""

from sora_social.wire.ids import HEX, Converter, read, wired

__all__ = ["BATCH", "CAMEO", "CHARACTER", "FILE", "VIDEO", "read", "wired"]

VIDEO, CHARACTER, CAMEO, FILE, BATCH = "video_", "char_", "cameo_", "file-", "batch_"


class VideoId(Converter):
    kind, regex = VIDEO, VIDEO + HEX


class CharacterId(Converter):
    kind, regex = CHARACTER, CHARACTER + HEX


class FileId(Converter):
    kind, regex = FILE, FILE + HEX


class BatchId(Converter):
    kind, regex = BATCH, BATCH + HEX
