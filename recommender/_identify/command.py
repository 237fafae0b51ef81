"""`sweetspot identify FILE …`: one answer a file, or one line on why there is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from .._errors import UnreadableError
from ._identify import identify
from ._result import Identification


def run(paths: Sequence[str], *, as_json: bool) -> int:
    """Prints what each file is; 0 where every one is told, 1 where one is not, 2 for no model."""
    found: list[Identification] = []
    code = 0
    for path in paths:
        try:
            one = identify(path)
        except UnreadableError as error:
            print(error, file=sys.stderr)
            code = 2
            continue
        found.append(one)
        code = max(code, int(one.abstained))
        if not as_json:
            print("\n".join(one.lines()))
    if as_json:
        print(json.dumps([one.to_dict() for one in found], indent=2, ensure_ascii=False))
    return code
