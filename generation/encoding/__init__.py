"""Frames and sound become files that every player shows, in one pass over the frames."""

from generation.encoding.captions import Caption
from generation.encoding.clip import Encoded, encode
from generation.encoding.delivery import Delivery
from generation.encoding.still import encode_still

__all__ = ["Caption", "Delivery", "Encoded", "encode", "encode_still"]
