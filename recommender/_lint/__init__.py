"""What is wrong in a set of settings: a rule a function, a file a subject, nothing guessed.

`read` makes a case of a picture, a workflow or a mapping; `engine` asks every rule about it.
"""

from __future__ import annotations

from .engine import lint, rules_table
from .finding import Finding

__all__ = ["Finding", "lint", "rules_table"]
