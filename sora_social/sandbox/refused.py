"""The child's way of saying no."""


class Refused(Exception):
    """A rule of `sora_social.uploads.RULES`, and what was measured."""

    def __init__(self, rule: str, **facts: object) -> None:
        self.answer = {"refused": rule, **facts}
        super().__init__(rule)
