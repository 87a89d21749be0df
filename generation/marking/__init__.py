"""A number hidden in pictures: keyed, spread over all of a frame, read without the original."""


def code_of(number: int) -> str:
    """A mark's number as people and manifests write it."""
    return f"{number:010x}"
