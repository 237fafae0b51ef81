"""What diffusers' pipelines and schedulers do with a value: read from its source, version 0.42.1.

huggingface/diffusers at 58eb52c0803ea9af3abec60841c2a093bdf1f951, src/diffusers/pipelines: the
checks of width and height in `check_inputs` and `__call__`; src/diffusers/schedulers: the
signatures. A test compares these tables with the installed library.
"""

from __future__ import annotations

# What width and height must divide by, or the pipeline raises ValueError.
REFUSES = {
    8: (
        "AllegroPipeline", "AnimateDiffPipeline", "AnimateDiffSDXLPipeline", "CogVideoXPipeline",
        "CogVideoXImageToVideoPipeline", "CogView3PlusPipeline", "ConsisIDPipeline",
        "HunyuanDiTPipeline", "I2VGenXLPipeline", "KolorsPipeline", "LattePipeline",
        "LatentConsistencyModelPipeline", "MochiPipeline", "PIAPipeline", "PaintByExamplePipeline",
        "PixArtAlphaPipeline", "PixArtSigmaPipeline", "StableDiffusion3ControlNetPipeline",
        "StableDiffusionLDM3DPipeline", "StableDiffusionPipeline", "StableDiffusionXLPipeline",
        "StableDiffusionXLAdapterPipeline", "StableDiffusionXLInpaintPipeline",
        "StableUnCLIPImg2ImgPipeline", "StableVideoDiffusionPipeline", "TextToVideoSDPipeline",
        "TextToVideoZeroPipeline",
    ),
    16: (
        "AnyFlowPipeline", "AuraFlowPipeline", "BriaFiboPipeline", "ChronoEditPipeline",
        "CogView4ControlPipeline", "CogView4Pipeline", "Cosmos2TextToImagePipeline",
        "Cosmos2VideoToWorldPipeline", "Cosmos2_5_PredictBasePipeline", "CosmosTextToWorldPipeline",
        "CosmosVideoToWorldPipeline", "EasyAnimatePipeline", "HeliosPipeline",
        "HeliosPyramidPipeline", "HunyuanSkyreelsImageToVideoPipeline",
        "HunyuanVideoFramepackPipeline", "HunyuanVideoImageToVideoPipeline",
        "HunyuanVideoPipeline", "Kandinsky5I2VPipeline", "Kandinsky5T2VPipeline",
        "LucyEditPipeline", "Lumina2Pipeline", "LuminaPipeline", "SkyReelsV2Pipeline",
        "SkyReelsV2DiffusionForcingPipeline", "SkyReelsV2ImageToVideoPipeline",
        "StableDiffusion3Pipeline", "WanAnimatePipeline", "WanImageToVideoPipeline",
        "WanPipeline", "ZImageControlNetPipeline", "ZImageOmniPipeline", "ZImagePipeline",
    ),
    32: (
        "LTX2Pipeline", "LTXConditionPipeline", "LTXPipeline", "SanaPipeline",
        "SanaSprintPipeline", "SanaVideoPipeline",
    ),
}  # fmt: skip
# What width and height are rounded to with no more than a line in the log.
RESIZES = {
    16: (
        "BriaPipeline", "BriaFiboEditPipeline", "ChromaPipeline", "Flux2KleinKVPipeline",
        "Flux2KleinPipeline", "Flux2Pipeline", "FluxControlPipeline", "FluxFillPipeline",
        "FluxKontextPipeline", "FluxPipeline", "LongCatImageEditPipeline",
        "LongCatImagePipeline", "NucleusMoEImagePipeline", "OmniGenPipeline", "OvisImagePipeline",
        "QwenImageControlNetPipeline", "QwenImageEditPipeline", "QwenImageEditPlusPipeline",
        "QwenImageLayeredPipeline", "QwenImagePipeline",
    ),
}  # fmt: skip
# pos + s * (pos - neg) instead of neg + s * (pos - neg): 0 is off, and 1 already is guidance.
FROM_ZERO = frozenset(
    (
        "Cosmos2TextToImagePipeline", "Cosmos2VideoToWorldPipeline",
        "Cosmos2_5_PredictBasePipeline", "Cosmos2_5_TransferPipeline", "CosmosTextToWorldPipeline",
        "CosmosVideoToWorldPipeline", "Krea2Pipeline", "ZImageControlNetPipeline",
        "ZImageOmniPipeline", "ZImagePipeline",
    )
)  # fmt: skip
# Classes whose spacing is `leading` where nothing says another; what each does stands in the
# catalogue, with the scheduler.
LEADING_BY_DEFAULT = frozenset(
    (
        "CogVideoXDDIMScheduler", "CogVideoXDPMScheduler", "DDIMScheduler", "DDPMScheduler",
        "PNDMScheduler",
    )
)  # fmt: skip
# Those that refuse more steps than were trained; the others make every timestep the same.
REFUSES_OVER_TRAINING = frozenset(
    ("DDIMScheduler", "DDPMScheduler", "LCMScheduler", "TCDScheduler")
)
# Whose `step` takes `eta`; a pipeline hands it to no other.
READS_ETA = frozenset(
    (
        "CogVideoXDDIMScheduler", "CogVideoXDPMScheduler", "DDIMParallelScheduler",
        "DDIMScheduler", "TCDScheduler",
    )
)  # fmt: skip
READS_KARRAS = frozenset(
    (
        "DEISMultistepScheduler", "DPMSolverMultistepInverseScheduler",
        "DPMSolverMultistepScheduler", "DPMSolverSDEScheduler", "DPMSolverSinglestepScheduler",
        "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler", "FlowMatchLCMScheduler",
        "HeunDiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler",
        "LMSDiscreteScheduler", "SASolverScheduler", "UniPCMultistepScheduler",
    )
)  # fmt: skip
# No `use_flow_sigmas`, no velocity: what these make of a flow model's output is noise.
NEVER_FLOW = frozenset(
    (
        "DDIMScheduler", "DDPMScheduler", "DPMSolverSDEScheduler", "EDMDPMSolverMultistepScheduler",
        "EDMEulerScheduler", "EulerAncestralDiscreteScheduler", "EulerDiscreteScheduler",
        "HeunDiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler",
        "LCMScheduler", "LMSDiscreteScheduler", "PNDMScheduler", "TCDScheduler",
    )
)  # fmt: skip
ONLY_FLOW = frozenset(
    (
        "FlowMapEulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler",
        "FlowMatchHeunDiscreteScheduler", "FlowMatchLCMScheduler",
    )
)  # fmt: skip
# Where the number that guides is an input of a network that some checkpoints lack.
EMBEDS_GUIDANCE = ("Flux",)


def multiple_of(pipeline: str) -> tuple[int, bool] | None:
    """Returns what a pipeline wants its size to divide by, and whether it refuses other sizes."""
    for table, refuses in ((REFUSES, True), (RESIZES, False)):
        for multiple, classes in table.items():
            if pipeline in classes:
                return multiple, refuses
    return None
