from __future__ import annotations

from ..options import Data, File, Format, Output, Url


def command(file: File, data: Data, url: Url = "", output: Output = Format.table) -> int:
    """Make an estate file real. Cut off or refused in part, it is just run again.

    Exit code: 0 all is as the file says, 1 something was refused.
    """
    from ...client.client import several
    from ...estate.apply import apply, failed
    from ...estate.plan import plan
    from ..output import note, show
    from ..plans import outcome_text, outcomes_document, summary
    from ..reach import asked, connect

    desired = asked(file)
    with connect(data, url) as client, several() as workers:
        outcomes = apply(
            plan(desired, client, workers),
            client,
            workers,
            lambda outcome: note(outcome_text(outcome)),
        )
    show(outcomes_document(outcomes), output, lambda: summary(outcomes, len(desired)))
    return 1 if failed(outcomes) else 0
