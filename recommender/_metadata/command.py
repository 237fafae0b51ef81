"""`sweetspot read FILE …`: a block of lines for each file, or with --json a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from .._errors import UnreadableError
from .read import read_settings
from .show import lines


def read(paths: Sequence[str], *, as_json: bool) -> int:
    """Prints what each file says; returns 2 where one of them could not be read."""
    code = 0
    for path in paths:
        try:
            found = read_settings(path)
        except UnreadableError as error:
            print(error, file=sys.stderr)
            code = 2
            continue
        # Escaped to ASCII: a prompt may hold what a terminal would act on.
        print(json.dumps(found.to_dict()) if as_json else "\n".join(lines(found)))
    return code
