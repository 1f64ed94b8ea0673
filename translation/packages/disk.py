"""What can go wrong with the models folder, said in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Unavailable

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turns a full or unwritable disk into `Unavailable` with what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise Unavailable(
                f"The disk with “{folder}” has no room left; make room and run the same command again."
            ) from error
        raise Unavailable(
            f"“{error.filename or folder}” cannot be written or read ({error.strerror or error}); "
            "check who owns the models folder."
        ) from error
