"""A run as the page makes it: ONNX graphs, a scheduler's table, torch's noise; no diffusers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .tables import Run, replayed


class Page:
    """The networks of one model; `ask(part, output, **inputs)` is one call of one of them."""

    def __init__(self, ask: Callable[..., np.ndarray]) -> None:
        self._ask = ask

    def latents(
        self, run: Run, ids: np.ndarray, guidance_scale: float, seed: int, width: int, height: int
    ) -> np.ndarray:
        """The final latents; `ids` has the negative prompt's row first, then the prompt's.

        Between calls they are kept in double precision: a multistep method subtracts what is large.
        """
        import torch

        generator = torch.Generator("cpu").manual_seed(seed)
        shape = (1, 8, height // 8, width // 8)

        def randn() -> np.ndarray:
            return torch.randn(shape, generator=generator).numpy()

        guided = guidance_scale > 1
        told = self._ask("text_encoder", "prompt_embeds", input_ids=ids.astype(np.int32))
        told = told if guided else told[1:]

        def output(i: int, sample: np.ndarray) -> np.ndarray:
            answer = self._ask(
                "unet",
                "out_sample",
                sample=np.repeat(sample.astype(np.float32), len(told), 0),
                timestep=np.float32([run.timesteps[i]]),
                encoder_hidden_states=told,
            )
            if not guided:
                return answer
            without, with_prompt = answer[:1], answer[1:]
            return without + np.float32(guidance_scale) * (with_prompt - without)

        start = run.init * randn().astype(np.float64)
        return replayed(run, start, output, lambda i: randn()).astype(np.float32)

    def rgba(self, latents: np.ndarray) -> np.ndarray:
        """The picture: bytes, [height, width, 4]."""
        return self._ask("decoder", "rgba", latents=latents)[0]


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
