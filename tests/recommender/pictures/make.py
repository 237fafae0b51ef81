"""Writes the pictures beside this file with Pillow; the texts in them are laid out as tools do."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

HERE = Path(__file__).parent
USER_COMMENT, MAKER_NOTE = 0x9286, 0x927C
SOFTWARE = 0x0131


def picture() -> Image.Image:
    return Image.new("RGB", (4, 4), (128, 128, 128))


def png(name: str, itxt: tuple[str, ...] = (), exif: bytes = b"", **texts: Any) -> None:
    """Writes a PNG with these texts; those named in `itxt` in an iTXt chunk."""
    info = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        key = {"xmp": "XML:com.adobe.xmp", "sd_metadata": "sd-metadata"}.get(key, key)
        text = value if isinstance(value, str) else json.dumps(value)
        if key in itxt or key.startswith("XML"):
            info.add_itxt(key, text)
        else:
            info.add_text(key, text)
    picture().save(HERE / name, pnginfo=info, **({"exif": exif} if exif else {}))


def user_comment(text: str, order: str = "utf-16-be") -> bytes:
    """Returns an EXIF block whose UserComment is UTF-16, laid out by hand as piexif does."""
    body = b"UNICODE\0" + text.encode(order)
    head = b"Exif\0\0MM\0*" + struct.pack(">I", 8)
    first = struct.pack(">HHHIII", 1, 0x8769, 4, 1, 26, 0)
    second = struct.pack(">HHHIII", 1, USER_COMMENT, 7, len(body), 44, 0)
    return head + first + second + body


def ascii_comment(text: str) -> bytes:
    """Returns an EXIF block as mflux makes it: marked ASCII, in truth UTF-8."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[USER_COMMENT] = b"ASCII\0\0\0" + text.encode()
    return exif.tobytes()


def a1111() -> None:
    text = (
        "a lighthouse on a cliff,\nevening <lora:paper-cut:0.6> <lora:fog:0.5:0.8>\n"
        "Negative prompt: people, text\n"
        "Steps: 30, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 3620085674, "
        "Size: 512x768, Model hash: 3d1b3c42ec, Model: harbour_v12, VAE hash: e9ed949371, "
        "VAE: soft.safetensors, Denoising strength: 0.35, Clip skip: 2, "
        'ControlNet 0: "Module: tile_resample, Model: tile_sd15 [3b860298], Weight: 0.6", '
        "Hires upscale: 2, Hires steps: 12, Hires upscaler: 4x-Sharp, "
        'Lora hashes: "paper-cut: 54e7e4826d53, fog: de92428f6411", Version: v1.10.1'
    )
    png("a1111.png", parameters=text)
    comment = user_comment(text)
    picture().save(HERE / "a1111.jpg", exif=comment)
    picture().save(HERE / "a1111.webp", exif=comment)
    picture().save(HERE / "a1111.avif", exif=comment)
    png(
        "a1111-old.png",
        parameters="a tower in the rain\nNegative prompt: blurry\nSteps: 6, Sampler: DPM++ SDE "
        "Karras, CFG scale: 1.5, Seed: 983791494, Size: 640x384, Model hash: 0928b30687, "
        "Model: rain, Denoising strength: 0.5, Mask blur: 4, Version: v1.7.0",
    )


def forge() -> None:
    png(
        "forge-flux.png",
        parameters="a mill by the river\n<lora:- ink, thin V2.0:0.55>\nSteps: 20, Sampler: Euler, "
        "Schedule type: Simple, CFG scale: 1, Distilled CFG Scale: 3.5, Seed: 3045329758, "
        "Size: 832x1216, Model hash: 06f96f89f6, Model: flux1-dev, "
        'Lora hashes: "- ink, thin V2.0: 5d8cf3724039", Module 1: ae, '
        "Version: f2.0.1v1.10.1-previous-561-g82eb7566",
    )


def sdnext() -> None:
    text = (
        "(mill), river, [mist]\nNegative prompt: people\nSteps: 30, Size: 800x640, "
        "Sampler: Euler a, Scheduler: EulerAncestralDiscreteScheduler, Seed: 1234321, "
        "CFG scale: 8.0, CFG rescale: 0.7, CLiP-skip: 2, App: SD.Next, Version: 0eb4a98, "
        "Parser: a1111, Pipeline: StableDiffusionXLPipeline, Operations: txt2img, "
        "Model: mills_v10, Model hash: dec85dd654"
    )
    picture().save(HERE / "sdnext.jpg", exif=user_comment(text))


def sdcpp() -> None:
    record = {
        "schema": "sdcpp.image.params/v1",
        "seed": 42,
        "prompt": {"positive": "a cat, Seed: 7, Steps: 99", "negative": "dog"},
        "sampling": {"steps": 20, "flow_shift": 3.0, "method": "euler", "scheduler": "simple"},
        "loras": [{"name": "ink.safetensors", "multiplier": 0.5, "is_high_noise": False}],
    }
    png(
        "sdcpp.png",
        parameters="a cat, Seed: 7, Steps: 99\nNegative prompt: dog\nSteps: 20, CFG scale: "
        "4.500000, SLG scale: 2.500000, Skip layers: [7, 8, 9, ], Skip layer start: 0.010000, "
        "Skip layer end: 0.200000, Guidance: 3.500000, Eta: 0.000000, Seed: 42, Size: 1024x1024, "
        "Model: sd3.5_medium.gguf, RNG: cuda, Sampler: euler simple, TE: clip_l.safetensors, "
        "VAE: vae.safetensors, Clip skip: 2, Version: stable-diffusion.cpp, SDCPP: "
        + json.dumps(record, separators=(",", ":")),
    )


def civitai() -> None:
    text = (
        "a bridge at dawn\nNegative prompt: crowd\nSteps: 25, Sampler: Undefined, CFG scale: 3.5, "
        "Seed: 77, Size: 832x1216, Clip skip: 2, Created Date: 2024-12-01T10:11:12.131Z, "
        'Civitai resources: [{"type":"checkpoint","modelVersionId":691639,"modelName":"FLUX",'
        '"modelVersionName":"Dev"},{"type":"lora","weight":0.8,"modelName":"Ink, thin"}], '
        "Civitai metadata: {}"
    )
    picture().save(HERE / "civitai.jpg", exif=user_comment(text))


def fooocus() -> None:
    data = {
        "adm_guidance": "(1.5, 0.8, 0.3)", "base_model": "harbourXL_v8",
        "base_model_hash": "aeb7e9e689", "clip_skip": 2,
        "full_negative_prompt": ["people"], "full_prompt": ["cinematic still, a harbour"],
        "guidance_scale": 4, "loras": [["offset", 0.1, "4852686128"]],
        "metadata_scheme": "fooocus", "negative_prompt": "people", "performance": "Speed",
        "prompt": "a harbour", "refiner_model": "None", "refiner_switch": 0.5,
        "resolution": "(1152, 896)", "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras",
        "seed": "6952411511246973023", "sharpness": 2, "steps": 30,
        "styles": "['Fooocus V2', 'Fooocus Sharp']", "vae": "Default (model)",
        "version": "Fooocus v2.4.3",
    }  # fmt: skip
    png("fooocus.png", parameters=data, fooocus_scheme="fooocus")
    exif = Image.Exif()
    exif[USER_COMMENT], exif[SOFTWARE] = json.dumps(data), "Fooocus v2.4.3"
    exif[MAKER_NOTE] = "fooocus"
    picture().save(HERE / "fooocus.jpg", exif=exif)
    png(
        "fooocus-a1111.png",
        fooocus_scheme="a1111",
        parameters="cinematic still, a harbour\nNegative prompt: people\nSteps: 30, Sampler: "
        "DPM++ 2M SDE Karras, Seed: 5, Size: 1152x896, CFG scale: 4, Sharpness: 2, ADM Guidance: "
        '"(1.5, 0.8, 0.3)", Model: harbourXL_v8, Model hash: aeb7e9e689, Performance: Speed, '
        "Scheduler: karras, VAE: soft, Raw prompt: a harbour, Raw negative prompt: people, "
        'Lora hashes: "offset: 4852686128", Lora weights: "offset: 0.1", Version: Fooocus v2.4.3',
    )


def invokeai() -> None:
    png("invokeai-3.png", invokeai_metadata={
        "generation_mode": "flux_img2img", "positive_prompt": "a forest", "negative_prompt": "fog",
        "width": 1024, "height": 768, "seed": 3293022630, "rand_device": "cpu", "cfg_scale": 1.0,
        "guidance": 4.0, "steps": 35, "scheduler": "euler", "strength": 0.6, "clip_skip": 1,
        "model": {"key": "b2", "hash": "blake3:22", "name": "FLUX Dev", "base": "flux"},
        "loras": [{"model": {"key": "c3", "name": "ink", "base": "flux"}, "weight": 0.75}],
        "controlnets": [], "app_version": "5.6.0",
    }, invokeai_graph={})  # fmt: skip
    png("invokeai-2.png", sd_metadata={
        "model": "stable diffusion", "model_weights": "forest_v08", "model_hash": "56d1442a",
        "app_id": "invoke-ai/InvokeAI", "app_version": "2.3.0",
        "image": {"prompt": [{"prompt": "a forest [blurry]", "weight": 1.0}], "steps": 50,
                  "cfg_scale": 5, "threshold": 0, "height": 768, "width": 512, "seed": 2980747362,
                  "type": "txt2img", "sampler": "k_lms", "variations": []},
    }, Dream='"a forest [blurry]" -s 50 -S 2980747362 -W 512 -H 768 -C 5 -A k_lms')  # fmt: skip
    png("invokeai-1.png", Dream='"a path [fog]" -s 40 -S 11 -W 512 -H 640 -C 7.5 -A k_euler_a')


def swarmui() -> None:
    swarm = {
        "sui_image_params": {
            "prompt": "a ship", "model": "sea/flux1-dev-fp8", "seed": "1", "steps": "20",
            "cfgscale": "1.0", "fluxguidancescale": 3.5, "aspectratio": "1:1", "width": 1024,
            "height": 1024, "sampler": "dpmpp_2m", "scheduler": "simple", "sigmashift": 3.0,
            "initimagecreativity": 0.6, "loras": "ink,fog", "loraweights": "0.8,0.4",
            "clipstopatlayer": -2, "negativeprompt": "", "swarm_version": "0.9.5.0",
        },
        "sui_extra_data": {"date": "2025-01-25", "generation_time": "4.84 sec"},
        "sui_models": [{"name": "sea/flux1-dev-fp8.safetensors", "param": "model",
                        "hash": "0xd7a9"}],
    }  # fmt: skip
    png("swarmui.png", itxt=("parameters",), parameters=json.dumps(swarm, indent=2))
    comment = user_comment(json.dumps(swarm), "utf-16-le")
    picture().save(HERE / "swarmui.jpg", exif=comment)


def novelai() -> None:
    png("novelai.png", Title="AI generated image", Description="a lake, evening",
        Software="NovelAI", Source="Stable Diffusion 1D44365E",
        Comment={"steps": 28, "sampler": "k_euler_ancestral", "seed": 2253955223, "strength": 0.7,
                 "noise": 0.2, "scale": 11.0, "uc": "lowres"})  # fmt: skip
    caption = {"base_caption": "a lake", "char_captions": [{"char_caption": "a heron"}]}
    png("novelai-4.png", Title="NovelAI generated image", Description="a lake",
        Software="NovelAI", Source="NovelAI Diffusion V4.5 4BDE2A90",
        Comment={"prompt": "a lake", "steps": 23, "height": 1216, "width": 832, "scale": 5.0,
                 "uncond_scale": 0.0, "cfg_rescale": 0.2, "seed": 7, "noise_schedule": "karras",
                 "sampler": "k_dpmpp_2m", "request_type": "Img2ImgRequest", "strength": 0.5,
                 "v4_prompt": {"caption": caption, "use_coords": False},
                 "uc": "blurry"})  # fmt: skip


def drawthings() -> None:
    draw = {
        "c": "a dune", "uc": "people", "model": "sd_xl_base_1.0_f16.ckpt",
        "sampler": "DPM++ 2M Karras", "seed": 4094, "seed_mode": "Scale Alike", "scale": 6.5,
        "steps": 24, "size": "1024x832", "strength": 0.7, "shift": 1, "mask_blur": 1.5,
        "lora": [{"model": "ink_lora_f16.ckpt", "weight": 0.6}],
        "v2": {"guidanceScale": 6.5, "steps": 24, "width": 1024, "height": 832},
    }  # fmt: skip
    body = json.dumps(draw).replace("&", "&amp;").replace("<", "&lt;")
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/"><dc:description><rdf:Alt>'
        '<rdf:li xml:lang="x-default">a dune\n-people\nSteps: 24, Sampler: DPM++ 2M Karras, '
        "Guidance Scale: 6.5, Seed: 4094, Size: 1024x832</rdf:li></rdf:Alt></dc:description>"
        "<exif:UserComment><rdf:Alt>\n"
        f'<rdf:li xml:lang="x-default">{body}</rdf:li></rdf:Alt></exif:UserComment>'
        "<xmp:CreatorTool>Draw Things</xmp:CreatorTool></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    png("drawthings.png", xmp=packet)


def mflux() -> None:
    flux = {
        "mflux_version": "0.11.0", "model": "black-forest-labs/FLUX.1-schnell",
        "base_model": "None", "seed": 42, "steps": 4, "guidance": None, "height": 512,
        "width": 640, "precision": "mlx.core.bfloat16", "quantize": 8,
        "generation_time_seconds": 12.5, "created_at": "2025-11-01T10:00:00",
        "lora_paths": ["/home/someone/loras/ink.safetensors"], "lora_scales": [0.9],
        "image_path": "photo.png", "image_strength": 0.3, "prompt": "a gull",
        "negative_prompt": None,
    }  # fmt: skip
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n<rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<rdf:Description rdf:about="" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:mflux="http://ns.mflux.ai/1.0/">\n'
        "<xmp:CreatorTool>MFLUX 0.11.0</xmp:CreatorTool>\n<mflux:seed>42</mflux:seed>\n"
        "<mflux:steps>4</mflux:steps>\n"
        "<mflux:model>black-forest-labs/FLUX.1-schnell</mflux:model>\n"
        "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>"
    )
    png("mflux.png", exif=ascii_comment(json.dumps(flux)), xmp=xmp, IPTC="1c025a0000")
    png("mflux-xmp.png", xmp=xmp)
    (HERE / "mflux.metadata.json").write_text(json.dumps(flux, indent=4) + "\n")


def sweetspot() -> None:
    config = {
        "algorithm_type": "dpmsolver++", "solver_order": 2, "use_karras_sigmas": True,
        "prediction_type": "epsilon", "timestep_spacing": "leading",
    }  # fmt: skip
    settings = {
        "prompt": "a \u201ctower\u201d in the rain", "negative_prompt": "fog", "seed": 7,
        "num_inference_steps": 20, "guidance_scale": 6.5, "width": 512, "height": 640,
        "clip_skip": 1, "strength": 0.6,
    }  # fmt: skip
    told = {
        "sweetspot": 1,
        "recipe": {
            "epoch": 1, "model": {"repo": "some/model", "revision": "0f" * 20}, "pipeline": None,
            "scheduler": {"class": "DPMSolverMultistepScheduler", "config": config},
            "settings": settings,
        },
        "environment": {"device": "cuda (NVIDIA H200)", "batch": 8, "torch": "2.13.0"},
        "sha256": "0" * 64,
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x010E] = json.dumps(told, separators=(",", ":"))
    picture().save(HERE / "sweetspot.webp", exif=exif)


if __name__ == "__main__":
    import make_comfy

    for write in (a1111, forge, sdnext, sdcpp, civitai, fooocus, invokeai, swarmui, novelai,
                  drawthings, mflux, sweetspot, make_comfy.pictures,
                  make_comfy.workflows):  # fmt: skip
        write()
