"""The child process that reads one PDF under hard limits; run, never imported.

It reads the PDF from standard input and prints one JSON object a line: a head,
then one object a page, flushed as it goes, so that whatever was read before a
limit struck is kept. It knows nothing of Dalil.
"""

from __future__ import annotations

import contextlib
import json
import logging
import resource
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINKS = 1000


class _PageTimeout(BaseException):
    """Not an Exception, so that no handler inside the library can swallow it."""


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def _strike(*_: object) -> NoReturn:
    raise _PageTimeout


def _say(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def _links(page: Any) -> Iterator[str]:  # noqa: ANN401 - a library's page
    for number, note in enumerate(page.get("/Annots") or ()):
        if number >= _MOST_LINKS:
            return
        with contextlib.suppress(Exception):
            uri = note.get_object()["/A"]["/URI"]
            yield uri.decode("latin-1") if isinstance(uri, bytes) else str(uri)


def _page(page: Any, number: int, seconds: float) -> dict[str, Any]:  # noqa: ANN401
    record: dict[str, Any] = {"page": number, "text": "", "links": []}
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        record["text"] = page().extract_text()
        record["links"] = list(_links(page()))
    except _PageTimeout:
        record["fault"] = f"took longer than {seconds:g} s"
    except MemoryError:
        record["fault"] = "needs more memory than allowed"
    except Exception as error:  # malformed input fails in any way
        record["fault"] = f"malformed ({type(error).__name__})"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return record


def main(limits: dict[str, Any]) -> None:
    """Read the PDF on standard input within `limits`."""
    _limit(resource.RLIMIT_AS, limits["memory_bytes"])
    _limit(resource.RLIMIT_CPU, int(limits["seconds"]) + 1)
    _limit(resource.RLIMIT_FSIZE, limits["output_bytes"])
    _limit(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGALRM, _strike)
    logging.disable()
    import pypdf  # after the limits, which must hold for it too

    try:
        reader = pypdf.PdfReader(sys.stdin.buffer)
        if reader.is_encrypted and not reader.decrypt(""):
            _say({"fault": "encrypted with a password"})
            return
        n_pages = len(reader.pages)
    except MemoryError:
        _say({"fault": "needs more memory than allowed"})
        return
    except Exception as error:
        told = ascii(str(error)[:200])[1:-1]
        _say({"fault": f"malformed ({type(error).__name__}: {told})"})
        return
    _say({"engine": f"pypdf {pypdf.__version__}", "n_pages": n_pages})
    for index in range(min(n_pages, limits["pages"])):
        _say(_page(lambda i=index: reader.pages[i], index + 1, limits["page_seconds"]))
    _say({"done": True})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
