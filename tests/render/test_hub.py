"""What goes wrong on the way to a hub is told from what is wrong with a model."""

from __future__ import annotations

from huggingface_hub.errors import LocalEntryNotFoundError

from render.hub import cut_off


def test_a_download_cut_off_in_the_middle_is_told_from_a_bad_model():
    try:
        try:
            raise LocalEntryNotFoundError("check your connection") from OSError("no route")
        except OSError as error:
            raise OSError("the model has no file named model_index.json") from error
    except OSError as error:
        assert str(cut_off(error)) == "no route"
    assert cut_off(OSError("the model has no file named model_index.json")) is None
