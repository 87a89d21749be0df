"""Uploads that nobody keeps: measured while they come in, and without a name on any disk."""

from __future__ import annotations

import tempfile
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from sora_social.uploads import UploadTooLarge


class Passing(FileUploadHandler):
    """All files of a form together have `most` bytes at the most. They lie in files without a name,
    which are gone with the process at the latest, however it ends. Raises UploadTooLarge."""

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self.most, self.came = most, 0
        self.kept: IO[bytes] | None = None

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self.kept = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.kept is not None
        self.came += len(raw_data)
        if self.came > self.most:
            self.kept.close()
            raise UploadTooLarge(field=self.field_name, rule="too_large", at_most=self.most)
        self.kept.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        assert self.kept is not None
        self.kept.seek(0)
        return UploadedFile(self.kept, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        if self.kept is not None:
            self.kept.close()
