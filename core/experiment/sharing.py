"""An experiment as the text of a link, and back: every damage is noticed, and nothing large is unpacked.

A link's text is the format's number, then base64url of eight bytes of BLAKE2b and the raw deflated JSON.
"""

import base64
import binascii
import json
import re
import zlib
from hashlib import blake2b

from core.experiment.model import Experiment, read, write
from core.problems import Problem, Problems

LONGEST = 30_000
"""Characters of the longest link that is made or read: what browsers and chats still carry."""
LARGEST = 1_000_000
"""Bytes an experiment in a link may have when it is unpacked."""
_FORMAT = "1"
_SEAL = 8
_LETTERS = re.compile(r"[A-Za-z0-9_-]+")
_AGAIN = "Copy the whole link again, or ask for the experiment as a file."


def link(experiment: Experiment) -> str:
    """The text after `#e=` of a link that opens this experiment. Raises Problems when it is too long."""
    plain = json.dumps(write(experiment), ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(plain) + packer.flush()
    text = _FORMAT + base64.urlsafe_b64encode(_seal(packed) + packed).rstrip(b"=").decode()
    if len(text) > LONGEST or len(plain) > LARGEST:
        raise _refused(f"A link to this experiment would have {len(text):,} characters; at most "
                       f"{LONGEST:,} are carried everywhere.", "Download it as a file and send that.")
    return text


def load(text: str) -> Experiment:
    """The experiment in a link, in the part of it after `#e=`, or in the text of a file of JSON.

    Raises Problems.
    """
    asked = text.strip()
    if asked.startswith(("{", "[", "\ufeff")) or not asked:
        return read(asked.lstrip("\ufeff"))
    return read(_unpacked(_sealed(_own(asked))))


def _own(text: str) -> str:
    """The part of a link, or of a whole address, that holds the experiment."""
    if "#" in text or "://" in text:
        parts = re.split(r"[#&]", text)
        found = [part.removeprefix("e=") for part in parts if part.startswith("e=")]
        if not found:
            raise _refused("This address holds no experiment.", _AGAIN)
        return found[0]
    return text


def _sealed(text: str) -> bytes:
    """What the seal of a link's text covers. Any change of any letter is noticed here."""
    if len(text) > LONGEST:
        raise _refused(f"The link has {len(text):,} characters; at most {LONGEST:,} are read.", _AGAIN)
    if not text.startswith(_FORMAT):
        raise _refused("The link is not one of this app, or of a newer version of it.",
                       f"{_AGAIN} If it is complete, update the app.")
    body = text.removeprefix(_FORMAT)
    if not _LETTERS.fullmatch(body):
        raise _refused("The link holds letters that no link holds.", _AGAIN)
    try:
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error:
        raise _refused("The link was cut or changed on its way.", _AGAIN) from None
    seal, packed = data[:_SEAL], data[_SEAL:]
    if seal != _seal(packed) or base64.urlsafe_b64encode(data).rstrip(b"=").decode() != body:
        raise _refused("The link was cut or changed on its way.", _AGAIN)
    return packed


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(packed, LARGEST + 1)
    except zlib.error:
        raise _refused("What the link holds cannot be unpacked.", _AGAIN) from None
    if len(plain) > LARGEST:
        raise _refused(f"What the link holds is larger than {LARGEST:,} bytes.", "Open it as a file.")
    if not unpacker.eof or unpacker.unused_data:
        raise _refused("What the link holds is not complete.", _AGAIN)
    return plain


def _seal(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_SEAL).digest()


def _refused(what: str, fix: str) -> Problems:
    return Problems(Problem(where="link", what=what, fix=fix))
