"""Values that a hosted endpoint refuses."""

from __future__ import annotations

from collections.abc import Iterator

from .._hosted import ENDPOINTS
from .._metadata.values import whole
from .case import Case, plain
from .finding import Said, error, warning


def hosted_value_refused(case: Case) -> Iterator[Said]:
    """A value outside what the endpoint takes.

    Why: The request is answered with an error before anything is drawn.

    Fix: Stay within the limits of the endpoint.

    Source: the schema of each endpoint, named in recommender/_hosted.py
    """
    if case.endpoint is None:
        return
    for id, limit in ENDPOINTS[case.endpoint].limits.items():
        value = case.number(id)
        if value is None:
            continue
        if limit.low is not None and value < limit.low:
            message = f"{case.endpoint} takes {plain(limit.low)} or more, got {plain(value)}."
            yield error(id, message, f"Use {plain(limit.low)}.")
        elif limit.high is not None and value > limit.high:
            message = f"{case.endpoint} takes {plain(limit.high)} or less, got {plain(value)}."
            yield error(id, message, f"Use {plain(limit.high)}.")


def hosted_step_refused(case: Case) -> Iterator[Said]:
    """A size that is no multiple of what the endpoint wants.

    Why: The endpoint refuses it, or draws another size.

    Fix: Round to the multiple named.

    Source: the schema of each endpoint, named in recommender/_hosted.py
    """
    if case.endpoint is None:
        return
    for id, limit in ENDPOINTS[case.endpoint].limits.items():
        value = whole(case.settings.get(id))
        if value is not None and limit.step is not None and value % limit.step:
            near = max(limit.step, round(value / limit.step) * limit.step)
            message = f"{case.endpoint} wants multiples of {limit.step}, got {value}."
            yield error(id, message, f"Use {near}.")


def hosted_setting_missing(case: Case) -> Iterator[Said]:
    """A setting the endpoint does not have.

    Why: It is refused or dropped; the endpoint chooses for itself.

    Fix: Leave the setting out.

    Source: the schema of each endpoint, named in recommender/_hosted.py
    """
    if case.endpoint is None:
        return
    for id in ENDPOINTS[case.endpoint].lacks:
        if id in case.settings and (id != "negative_prompt" or case.has_negative()):
            yield warning(id, f"{case.endpoint} has no such setting.", "Leave it out.")


RULES = (hosted_value_refused, hosted_step_refused, hosted_setting_missing)
