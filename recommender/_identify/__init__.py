"""identify(): what a model file is, told from its header alone.

Signals are ranked: tensors, then what the folder's configs and the metadata say, then the file's
name. A lower one may narrow the answer, never contradict a higher one; where it does, that is
reported. Where nothing is sure the answer is that nothing is sure.
"""

from __future__ import annotations

from ._identify import identify
from ._result import Identification

__all__ = ["Identification", "identify"]
