"""What a file says of itself where platforms read it: IPTC's digital source type, in XMP."""

from __future__ import annotations

from pathlib import Path

from PIL.PngImagePlugin import PngInfo

from generation.provenance.manifest import GENERATED

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
PACKET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    Iptc4xmpExt:DigitalSourceType="{GENERATED}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>""".encode()


def label_film(path: Path) -> None:
    """Put the packet behind everything else in an mp4: nothing in it moves."""
    box = b"uuid" + XMP_BOX + PACKET
    with path.open("ab") as file:
        file.write((len(box) + 4).to_bytes(4) + box)


def in_png() -> PngInfo:
    """The packet as Pillow writes it into a PNG."""
    told = PngInfo()
    told.add_itxt("XML:com.adobe.xmp", PACKET.decode())
    return told
