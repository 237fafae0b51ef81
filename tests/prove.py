"""The switch of `make prove`: tests that have a long form run it in full."""

from __future__ import annotations

import os

PROVE = os.environ.get("SWEETSPOT_PROVE") == "1"
