"""ComfyUI's graphs: as they ran, in pictures, and as the editor keeps them, in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from make import picture, png
from PIL import Image

HERE = Path(__file__).parent
MODEL, MAKE = 0x0110, 0x010F


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": kind}}


KSAMPLER = {
    "3": node("KSampler", seed=851616030078638, steps=["20", 0], cfg=8.0, sampler_name="dpmpp_2m",
              scheduler="karras", denoise=0.6, model=["10", 0], positive=["6", 0],
              negative=["7", 0], latent_image=["5", 0]),
    "4": node("CheckpointLoaderSimple", ckpt_name="harbour.safetensors"),
    "5": node("VAEEncode", pixels=["21", 0], vae=["4", 2]),
    "6": node("CLIPTextEncode", text="a harbour", clip=["11", 0]),
    "7": node("CLIPTextEncode", text="people", clip=["11", 0]),
    "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
    "10": node("LoraLoader", lora_name="ink.safetensors", strength_model=0.8, strength_clip=1.0,
               model=["4", 0], clip=["4", 1]),
    "11": node("CLIPSetLastLayer", stop_at_clip_layer=-2, clip=["10", 1]),
    "20": node("PrimitiveInt", value=24),
    "21": node("LoadImage", image="photo.png", is_changed=[float("nan")]),
}  # fmt: skip
FLUX = {
    "6": node("CLIPTextEncode", text="a lighthouse", clip=["11", 0]),
    "8": node("VAEDecode", samples=["13", 0], vae=["10", 0]),
    "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
    "10": node("VAELoader", vae_name="ae.safetensors"),
    "11": node("DualCLIPLoader", clip_name1="t5.safetensors", clip_name2="l.safetensors",
               type="flux"),
    "12": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="fp8_e4m3fn"),
    "13": node("SamplerCustomAdvanced", noise=["25", 0], guider=["22", 0], sampler=["16", 0],
               sigmas=["17", 0], latent_image=["27", 0]),
    "16": node("KSamplerSelect", sampler_name="euler"),
    "17": node("BasicScheduler", scheduler="simple", steps=20, denoise=1.0, model=["30", 0]),
    "22": node("BasicGuider", model=["30", 0], conditioning=["26", 0]),
    "25": node("RandomNoise", noise_seed=219670278747233),
    "26": node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
    "27": node("EmptySD3LatentImage", width=1024, height=768, batch_size=1),
    "30": node("ModelSamplingFlux", max_shift=1.15, base_shift=0.5, width=1024, height=768,
               model=["31", 0]),
    "31": node("LoraLoaderModelOnly", lora_name="ink.safetensors", strength_model=0.7,
               model=["12", 0]),
}  # fmt: skip
CFG_GUIDER = {
    "1": node("SamplerCustomAdvanced", noise=["2", 0], guider=["3", 0], sampler=["4", 0],
              sigmas=["5", 0], latent_image=["6", 0]),
    "2": node("RandomNoise", noise_seed=9),
    "3": node("CFGGuider", cfg=4.5, model=["7", 0], positive=["8", 0], negative=["8", 1]),
    "4": node("SamplerEulerAncestral", eta=1.0, s_noise=1.0),
    "5": node("LTXVScheduler", steps=30, max_shift=2.05, base_shift=0.95, stretch=True,
              terminal=0.1, latent=["6", 0]),
    "6": node("EmptyLTXVLatentVideo", width=768, height=512, length=97, batch_size=1),
    "7": node("ModelSamplingSD3", shift=3.0, model=["9", 0]),
    "8": node("LTXVConditioning", frame_rate=25.0, positive=["10", 0], negative=["11", 0]),
    "9": node("CheckpointLoaderSimple", ckpt_name="ltx-video-2b-v0.9.5.safetensors"),
    "10": node("CLIPTextEncode", text="waves", clip=["9", 1]),
    "11": node("CLIPTextEncode", text="still", clip=["9", 1]),
    "12": node("VAEDecode", samples=["1", 0], vae=["9", 2]),
    "13": node("SaveAnimatedWEBP", filename_prefix="ComfyUI", images=["12", 0]),
}  # fmt: skip
TWO_PASSES = {
    "1": node("KSamplerAdvanced", add_noise="enable", noise_seed=6, steps=25, cfg=8.0,
              sampler_name="euler", scheduler="normal", start_at_step=0, end_at_step=20,
              return_with_leftover_noise="enable", model=["4", 0], positive=["6", 0],
              negative=["7", 0], latent_image=["5", 0]),
    "2": node("KSamplerAdvanced", add_noise="disable", noise_seed=0, steps=25, cfg=8.0,
              sampler_name="euler", scheduler="normal", start_at_step=20, end_at_step=10000,
              return_with_leftover_noise="disable", model=["12", 0], positive=["15", 0],
              negative=["16", 0], latent_image=["1", 0]),
    "3": node("KSampler", seed=8, steps=10, cfg=8.0, sampler_name="heun", scheduler="normal",
              denoise=0.45, model=["12", 0], positive=["15", 0], negative=["16", 0],
              latent_image=["20", 0]),
    "4": node("CheckpointLoaderSimple", ckpt_name="sd_xl_base_1.0.safetensors"),
    "5": node("EmptyLatentImage", width=1024, height=1024, batch_size=2),
    "6": node("CLIPTextEncodeSDXL", width=4096, height=4096, crop_w=0, crop_h=0,
              target_width=4096, target_height=4096, text_g="a square", text_l="a square, noon",
              clip=["4", 1]),
    "7": node("CLIPTextEncode", text="text", clip=["4", 1]),
    "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
    "12": node("CheckpointLoaderSimple", ckpt_name="sd_xl_refiner_1.0.safetensors"),
    "15": node("CLIPTextEncode", text="a square", clip=["12", 1]),
    "16": node("CLIPTextEncode", text="text", clip=["12", 1]),
    "18": node("VAEDecode", samples=["1", 0], vae=["4", 2]),
    "19": node("PreviewImage", images=["18", 0]),
    "20": node("LatentUpscaleBy", upscale_method="nearest-exact", scale_by=1.5,
               samples=["2", 0]),
}  # fmt: skip


def pictures() -> None:
    editor = {"nodes": [], "links": [], "version": 0.4}
    png("comfy-ksampler.png", prompt=KSAMPLER, workflow=editor)
    png("comfy-flux.png", prompt=FLUX, workflow=editor)
    png("comfy-two-passes.png", prompt=TWO_PASSES, workflow=editor)
    png(
        "comfy-and-a1111.png",
        prompt=FLUX,
        workflow=editor,
        parameters="a lighthouse\nSteps: 30, Sampler: euler_simple, CFG scale: 1.0, "
        "Seed: 219670278747233, Size: 1024x768, Model: flux1-dev, Version: ComfyUI",
    )
    exif = Image.Exif()
    exif[MODEL], exif[MAKE] = "prompt:" + json.dumps(CFG_GUIDER), "workflow:" + json.dumps({})
    picture().save(HERE / "comfy-animated.webp", exif=exif)


def entry(name: str, link: int | None, type: str = "MODEL", widget: bool = False) -> dict[str, Any]:
    one: dict[str, Any] = {"name": name, "type": type, "link": link}
    return one | {"widget": {"name": name}} if widget else one


def box(id: int, type: str, inputs: list[Any], values: Any = None, mode: int = 0) -> dict[str, Any]:
    one: dict[str, Any] = {"id": id, "type": type, "mode": mode, "inputs": inputs, "outputs": []}
    return one | {"widgets_values": values} if values is not None else one


def link(id: int, begin: int, out: int, end: int, into: int, type: str) -> dict[str, Any]:
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    return dict(zip(names, (id, begin, out, end, into, type), strict=True))


INNER = {
    "id": "2c61139d-9c34-4c7e-a083-7a67cc4770ad",
    "name": "Text to image",
    "inputNode": {"id": -10}, "outputNode": {"id": -20},
    "inputs": [{"name": n} for n in ("unet_name", "width", "seed", "steps", "text")],
    "outputs": [{"name": "IMAGE", "linkIds": [20]}],
    "nodes": [
        box(3, "KSampler", [entry("model", 10), entry("positive", 11, "CONDITIONING"),
            entry("negative", 12, "CONDITIONING"), entry("latent_image", 13, "LATENT"),
            entry("seed", 3, "INT", True), entry("steps", 4, "INT", True)],
            [1, "randomize", 50, 1, "euler", "simple", 1]),
        box(6, "CLIPTextEncode", [entry("clip", 14, "CLIP"), entry("text", 5, "STRING", True)],
            ["(stale)"]),
        box(7, "CLIPTextEncode", [entry("clip", 14, "CLIP")], [""]),
        box(8, "VAEDecode", [entry("samples", 15, "LATENT")]),
        box(37, "UNETLoader", [entry("unet_name", 1, "COMBO", True)], ["(stale)", "default"]),
        box(58, "EmptySD3LatentImage", [entry("width", 2, "INT", True)], [64, 928, 1]),
        box(66, "ModelSamplingAuraFlow", [entry("model", 16)], [3.1]),
        box(73, "LoraLoaderModelOnly", [entry("model", 17)], ["lightning.safetensors", 1]),
        box(74, "LoraLoaderModelOnly", [entry("model", 18)], ["off.safetensors", 1], mode=4),
    ],
    "links": [
        link(1, -10, 0, 37, 0, "COMBO"), link(2, -10, 1, 58, 0, "INT"),
        link(3, -10, 2, 3, 4, "INT"), link(4, -10, 3, 3, 5, "INT"),
        link(5, -10, 4, 6, 1, "STRING"), link(10, 66, 0, 3, 0, "MODEL"),
        link(11, 6, 0, 3, 1, "CONDITIONING"), link(12, 7, 0, 3, 2, "CONDITIONING"),
        link(13, 58, 0, 3, 3, "LATENT"), link(15, 3, 0, 8, 0, "LATENT"),
        link(16, 74, 0, 66, 0, "MODEL"), link(18, 73, 0, 74, 0, "MODEL"),
        link(17, 37, 0, 73, 0, "MODEL"), link(20, 8, 0, -20, 0, "IMAGE"),
    ],
}  # fmt: skip

OLD = {
    "version": 0.4,
    "nodes": [
        box(1, "SamplerCustom", [entry("model", 1), entry("positive", 2, "CONDITIONING"),
            entry("negative", 3, "CONDITIONING"), entry("sampler", 4, "SAMPLER"),
            entry("sigmas", 5, "SIGMAS"), entry("latent_image", 6, "LATENT")],
            [True, 497, "fixed", 3]),
        box(2, "LTXVConditioning", [entry("positive", 7, "CONDITIONING"),
            entry("negative", 8, "CONDITIONING")], [25], mode=4),
        box(3, "CLIPTextEncode", [], ["a wave"]),
        box(4, "CLIPTextEncode", [], ["low quality"]),
        box(5, "KSamplerSelect", [], ["res_multistep"]),
        box(6, "KarrasScheduler", [], [30, 14.6, 0.03, 7.0]),
        box(7, "Reroute", [entry("", 10)]),
        box(8, "CheckpointLoaderSimple", [], ["waves.safetensors"]),
        box(9, "GetNode", [], ["size"]),
        box(10, "SetNode", [entry("LATENT", 11, "LATENT")], ["size"]),
        box(11, "EmptyLTXVLatentVideo", [], [768, 512, 97, 1]),
        box(12, "SaveImage", [entry("images", 12, "LATENT")], ["x"]),
        box(13, "KSampler", [], [1, "fixed", 99, 1, "euler", "normal", 1], mode=2),
    ],
    "links": [
        [1, 7, 0, 1, 0, "MODEL"], [2, 2, 0, 1, 1, "CONDITIONING"],
        [3, 2, 1, 1, 2, "CONDITIONING"], [4, 5, 0, 1, 3, "SAMPLER"],
        [5, 6, 0, 1, 4, "SIGMAS"], [6, 9, 0, 1, 5, "LATENT"],
        [7, 3, 0, 2, 0, "CONDITIONING"], [8, 4, 0, 2, 1, "CONDITIONING"],
        [10, 8, 0, 7, 0, "MODEL"], [11, 11, 0, 10, 0, "LATENT"], [12, 1, 0, 12, 0, "LATENT"],
    ],
}  # fmt: skip


def workflows() -> None:
    outer = box(75, INNER["id"], [], ["qwen_image_fp8_e4m3fn.safetensors", 1664, 1125, 4, "a pier"])
    outer["properties"] = {
        "proxyWidgets": [["-1", n] for n in ("unet_name", "width", "seed", "steps", "text")]
    }
    save = box(60, "SaveImage", [entry("images", 133, "IMAGE")], ["pier"])
    note = box(82, "MarkdownNote", [], ["Steps: 99, Sampler: none, Seed: 1"])
    file = {"version": 0.4, "nodes": [save, note, outer], "links": [[133, 75, 0, 60, 0, "IMAGE"]],
            "definitions": {"subgraphs": [INNER]}}  # fmt: skip
    (HERE / "comfy-subgraph.json").write_text(json.dumps(file, indent=1) + "\n")
    (HERE / "comfy-workflow.json").write_text(json.dumps(OLD, indent=1) + "\n")
