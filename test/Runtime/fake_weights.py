"""The weights file of FakeProgram.c: 0.5, then numbers nobody reads.

    fake_weights.py PATH
"""

import struct
import sys
from pathlib import Path


def weights() -> bytes:
    """Eight bytes of length, a header of 56 bytes, 64 bytes of data."""
    header = b'{"w":{"dtype":"F32","shape":[16],"data_offsets":[0,64]}}'.ljust(56)
    return struct.pack("<Q56s8Q", 56, header, 0x3F000000, 1, 2, 3, 4, 5, 6, 7)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(weights())
