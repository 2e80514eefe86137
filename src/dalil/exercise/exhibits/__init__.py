"""The files a case is opened with: appeals, reports, and what they mention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.exercise.exhibits.disguise import direction_marks, spaced
from dalil.exercise.exhibits.expected import CaseFiles, Mention
from dalil.exercise.exhibits.pages import Names, write_pages
from dalil.exercise.exhibits.pdf import pdf
from dalil.exercise.exhibits.telegram import write_channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.exercise.campaign import Posting

__all__ = ["CaseFiles", "Mention", "write_exhibits"]


def write_exhibits(
    folder: Path,
    postings: Sequence[Posting],
    owner: dict[str, str],
    charity: str,
    impostor: str,
) -> CaseFiles:
    """Write every captured file of a case.

    Parameters
    ----------
    folder : Path
        The case's folder.
    postings : sequence of Posting
        What the campaign published.
    owner : dict
        Actor id of every address that is named.
    charity, impostor : str
        Addresses that stand in files without being the campaign's.
    """
    files = CaseFiles(folder, owner)
    of = {
        route: [p.address for p in postings if p.route == route]
        for route in ("P1", "P2", "P3")
    }
    names = Names(of["P1"][0], of["P2"], of["P3"], charity, impostor)
    write_channel(files, postings)
    write_pages(files, names)
    _write_leaflet(files, names)
    _write_forum(files, names)
    return files


def _write_leaflet(files: CaseFiles, names: Names) -> None:
    first = [
        "EXERCISE - invented organisation Zinnia",
        "Donations are accepted at:",
        names.static,
    ]
    second = ["EXERCISE - page 2"]
    arabic = ["تمرين: تُستقبل التبرعات على العنوان", names.pool[3]]
    files.write("leaflet.pdf", pdf([(first, []), (second, arabic)]), "appeal")
    files.mention("leaflet.pdf", names.static, page=1)
    files.mention("leaflet.pdf", names.pool[3], page=2)


def _write_forum(files: CaseFiles, names: Names) -> None:
    text = (
        "EXERCISE / تمرين - forum post, copied by hand\n\n"
        f"1. {spaced(names.static)}\n"
        f"2. تمرين {direction_marks(names.pool[4])} تمرين\n"
        f"3. bitcoin:{names.pool[5]}?amount=0.001&label=EXERCISE\n"
    )
    files.write("forum.txt", text.encode(), "appeal")
    for address in (names.static, names.pool[4], names.pool[5]):
        files.mention("forum.txt", address)
