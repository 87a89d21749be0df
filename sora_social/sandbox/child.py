"""Decode one upload, alone. Run by path as `python -I child.py ORDER`, never imported.

The upload is standard input and the result standard output, both opened by the parent. Before
the first byte is decoded this process gives up the right to open anything: no file, no socket.
What a broken decoder could still do is write a wrong result, and the parent checks that.
"""

import json
import os
import resource
import runpy
import sys
from pathlib import Path

# An isolated interpreter leaves the script's own folder off the path.
sys.path.append(str(Path(__file__).parent))

from refused import Refused

NOBODY = 65534


def main() -> None:
    order = json.loads(sys.argv[1])
    result = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the result
    bound(order["memory"], order["cpu"], order["result"])
    decode = decoder(order["kind"])
    give_up()
    for part in answer(decode, order):
        result.write(part)
    result.close()


def bound(memory: int, cpu: int, result: int) -> None:
    """Limits in bytes, seconds, bytes; the kernel enforces them."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (result, result))
    if sys.platform == "linux":  # elsewhere the address space cannot be bounded
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def give_up() -> None:
    """No file, socket or process from here on, and no way to take that back."""
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
        resource.setrlimit(limit, (0, 0))
    if os.geteuid() == 0:  # root could raise its limits again
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def decoder(kind: str):
    """Loaded before anything is given up, with every library it will need."""
    if kind.endswith(".py"):  # another room's own
        return runpy.run_path(kind)["decode"]
    if kind == "glimpse":
        import glimpse as chosen  # noqa: PLC0415
    elif kind == "hearing":
        import hearing as chosen  # noqa: PLC0415
    elif kind == "clip":
        import clip as chosen  # noqa: PLC0415
    elif kind == "film":
        import film as chosen  # noqa: PLC0415
    else:
        import picture as chosen  # noqa: PLC0415
    return chosen.decode


def answer(decode, order: dict) -> list[bytes]:
    """One line of JSON, then raw bytes as it describes them."""
    try:
        facts, *raw = decode(sys.stdin.buffer, order)
    except Refused as refused:
        facts, raw = refused.answer, []
    except MemoryError:
        facts, raw = {"refused": "too_costly"}, []
    except Exception as error:  # decoders raise whatever they like
        facts, raw = {"refused": "not_decodable", "why": type(error).__name__}, []
    return [json.dumps(facts).encode() + b"\n", *raw]


if __name__ == "__main__":
    main()
