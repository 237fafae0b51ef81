"""A run as the page makes it: ONNX graphs, a scheduler's table, torch's noise; no diffusers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .reference import Settings
from .tables import Run, replayed


class Page:
    """The networks of one model; `ask(part, output, **inputs)` is one call of one of them."""

    def __init__(self, ask: Callable[..., np.ndarray]) -> None:
        self._ask = ask

    def latents(
        self, run: Run, ids: np.ndarray, one: Settings, source: np.ndarray | None = None
    ) -> np.ndarray:
        """The final latents; `ids` has the negative prompt's row first, then the prompt's.

        Between calls they are kept in double precision: a multistep method subtracts what is large.
        """
        import torch

        generator = torch.Generator("cpu").manual_seed(one.seed)
        shape = (1, 8, one.height // 8, one.width // 8)
        told = self._ask("text_encoder", "prompt_embeds", input_ids=ids.astype(np.int32))
        calls = len(run.timesteps)
        acts = range(int(one.guidance_start * calls), int(one.guidance_end * calls))

        def output(i: int, sample: np.ndarray) -> np.ndarray:
            guided = one.guidance_scale > 1 and i in acts
            texts = told if guided else told[1:]
            answer = self._ask(
                "unet",
                "out_sample",
                sample=np.repeat(sample.astype(np.float32), len(texts), 0),
                timestep=np.float32([run.timesteps[i]]),
                encoder_hidden_states=texts,
            )
            return guide(answer, one.guidance_scale, one.guidance_rescale) if guided else answer

        noise = randn(shape, generator)
        if one.variation_strength:
            second = torch.Generator("cpu").manual_seed(one.variation_seed)
            noise = arc(noise, randn(shape, second), one.variation_strength)
        start = run.init * noise
        if source is not None:
            start = start + run.kept * source
        return replayed(run, start, output, lambda i: randn(shape, generator)).astype(np.float32)

    def rgba(self, latents: np.ndarray) -> np.ndarray:
        """The picture: bytes, [height, width, 4]."""
        return self._ask("decoder", "rgba", latents=latents)[0]


def randn(shape: tuple[int, ...], generator: Any) -> np.ndarray:
    """Torch's noise, to be reckoned with in double precision."""
    import torch

    return torch.randn(shape, generator=generator).double().numpy()


def guide(both: np.ndarray, scale: float, rescale: float) -> np.ndarray:
    """Classifier-free guidance, shrunk to the spread of the prompt's answer by this share."""
    without, with_prompt = both[:1], both[1:]
    guided = without + np.float32(scale) * (with_prompt - without)
    if rescale:
        shrunk = with_prompt.std(ddof=1) / guided.std(ddof=1)
        guided = guided * np.float32(rescale * shrunk + (1 - rescale))
    return guided


def arc(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """The point at `share` of the arc from a to b."""
    angle = np.arccos(np.clip((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))
    if np.sin(angle) < 1e-6:
        return a
    return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)


def opened(graphs: dict[str, bytes]) -> Page:
    """ONNX graphs by onnxruntime, on one thread as in a page."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    sessions = {
        name: onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
        for name, content in graphs.items()
    }
    return Page(lambda name, output, **inputs: sessions[name].run([output], inputs)[0])
