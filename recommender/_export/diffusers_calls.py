"""Which of our settings each diffusers pipeline takes as keywords of its call.

Read from the signatures of __call__ in huggingface/diffusers, src/diffusers/pipelines, at commit
58eb52c0803ea9af3abec60841c2a093bdf1f951; a test compares them with the diffusers that is installed.
Every one of them also takes a generator.
"""

from __future__ import annotations

# Lines of classes, each followed by what they take, indented.
_TABLE = """\
AceStepPipeline
  guidance_scale num_inference_steps prompt shift timesteps
AllegroPipeline CogVideoXPipeline
  eta guidance_scale height max_sequence_length negative_prompt num_frames
  num_inference_steps prompt timesteps width
AmusedPipeline ErnieImagePipeline Kandinsky3Pipeline LongCatImagePipeline
  guidance_scale height negative_prompt num_inference_steps prompt width
AnimateDiffPipeline TextToVideoSDPipeline
  clip_skip eta guidance_scale height negative_prompt num_frames num_inference_steps prompt
  width
AnimateDiffSDXLPipeline
  clip_skip eta guidance_rescale guidance_scale height negative_prompt num_frames
  num_inference_steps prompt timesteps width
AnyFlowPipeline MochiPipeline
  guidance_scale height max_sequence_length negative_prompt num_frames num_inference_steps
  prompt timesteps width
AudioLDM2Pipeline AudioLDMPipeline MusicLDMPipeline StableAudioPipeline
  eta guidance_scale negative_prompt num_inference_steps prompt
AuraFlowPipeline ChromaPipeline Cosmos2TextToImagePipeline HiDreamImagePipeline
Kandinsky5T2IPipeline Krea2Pipeline Lumina2Pipeline LuminaPipeline NucleusMoEImagePipeline
OvisImagePipeline ZImagePipeline
  guidance_scale height max_sequence_length negative_prompt num_inference_steps prompt width
BlipDiffusionPipeline
  guidance_scale height num_inference_steps prompt width
BriaFiboEditPipeline JoyImageEditPipeline
  guidance_scale height image max_sequence_length negative_prompt num_inference_steps prompt
  timesteps width
BriaFiboPipeline BriaPipeline CogView4ControlPipeline CogView4Pipeline
JoyImageEditPlusPipeline
  guidance_scale height max_sequence_length negative_prompt num_inference_steps prompt
  timesteps width
ChronoEditPipeline Cosmos2_5_PredictBasePipeline HeliosPipeline Kandinsky5I2VPipeline
SkyReelsV2ImageToVideoPipeline
  guidance_scale height image max_sequence_length negative_prompt num_frames
  num_inference_steps prompt width
CogVideoXImageToVideoPipeline
  eta guidance_scale height image max_sequence_length negative_prompt num_frames
  num_inference_steps prompt timesteps width
CogView3PlusPipeline KolorsPipeline PixArtAlphaPipeline PixArtSigmaPipeline SanaPipeline
SanaVideoPipeline
  eta guidance_scale height max_sequence_length negative_prompt num_inference_steps prompt
  timesteps width
ConsisIDPipeline
  eta guidance_scale height image max_sequence_length negative_prompt num_frames
  num_inference_steps prompt width
ConsistencyModelPipeline
  num_inference_steps timesteps
Cosmos2VideoToWorldPipeline CosmosVideoToWorldPipeline
  fps guidance_scale height image max_sequence_length negative_prompt num_frames
  num_inference_steps prompt width
Cosmos2_5_TransferPipeline Kandinsky5T2VPipeline SkyReelsV2Pipeline
  guidance_scale height max_sequence_length negative_prompt num_frames num_inference_steps
  prompt width
Cosmos3OmniPipeline
  fps guidance_scale height image negative_prompt num_frames num_inference_steps prompt
  width
CosmosTextToWorldPipeline SkyReelsV2DiffusionForcingPipeline
  fps guidance_scale height max_sequence_length negative_prompt num_frames
  num_inference_steps prompt width
DanceDiffusionPipeline
  num_inference_steps
DiTPipeline
  guidance_scale num_inference_steps
DreamLiteMobilePipeline
  guidance_scale height image image_guidance_scale max_sequence_length num_inference_steps
  prompt width
DreamLitePipeline
  guidance_scale height image image_guidance_scale max_sequence_length negative_prompt
  num_inference_steps prompt width
EasyAnimatePipeline
  eta guidance_rescale guidance_scale height negative_prompt num_frames num_inference_steps
  prompt timesteps width
Flux2KleinKVPipeline
  height image max_sequence_length num_inference_steps prompt width
Flux2KleinPipeline Flux2Pipeline
  guidance_scale height image max_sequence_length num_inference_steps prompt width
FluxControlPipeline Ideogram4Pipeline
  guidance_scale height max_sequence_length num_inference_steps prompt width
FluxFillPipeline
  guidance_scale height image max_sequence_length num_inference_steps prompt strength width
FluxKontextPipeline QwenImageEditPipeline QwenImageEditPlusPipeline
  guidance_scale height image max_sequence_length negative_prompt num_inference_steps prompt
  true_cfg_scale width
FluxPipeline QwenImagePipeline
  guidance_scale height max_sequence_length negative_prompt num_inference_steps prompt
  true_cfg_scale width
FluxPriorReduxPipeline
  image prompt
GlmImagePipeline
  guidance_scale height image max_sequence_length num_inference_steps prompt timesteps width
HeliosPyramidPipeline
  guidance_scale height image max_sequence_length negative_prompt num_frames prompt
  pyramid_num_inference_steps_list width
HunyuanDiTPipeline
  eta guidance_rescale guidance_scale height negative_prompt num_inference_steps prompt
  width
HunyuanImagePipeline
  height negative_prompt num_inference_steps prompt width
HunyuanImageRefinerPipeline
  height image negative_prompt num_inference_steps prompt width
HunyuanSkyreelsImageToVideoPipeline HunyuanVideoFramepackPipeline
HunyuanVideoImageToVideoPipeline
  guidance_scale height image max_sequence_length negative_prompt num_frames
  num_inference_steps prompt true_cfg_scale width
HunyuanVideo15ImageToVideoPipeline
  image negative_prompt num_frames num_inference_steps prompt
HunyuanVideo15Pipeline
  height negative_prompt num_frames num_inference_steps prompt width
HunyuanVideoPipeline
  guidance_scale height max_sequence_length negative_prompt num_frames num_inference_steps
  prompt true_cfg_scale width
I2VGenXLPipeline
  clip_skip eta guidance_scale height image negative_prompt num_frames num_inference_steps
  prompt width
IFPipeline LattePipeline
  eta guidance_scale height negative_prompt num_inference_steps prompt timesteps width
IFSuperResolutionPipeline
  eta guidance_scale height image negative_prompt noise_level num_inference_steps prompt
  timesteps width
Kandinsky5I2IPipeline WanAnimatePipeline ZImageOmniPipeline
  guidance_scale height image max_sequence_length negative_prompt num_inference_steps prompt
  width
KandinskyCombinedPipeline KandinskyV22CombinedPipeline
  guidance_scale height negative_prompt num_inference_steps prior_guidance_scale
  prior_num_inference_steps prompt width
LTX2Pipeline
  audio_guidance_scale guidance_rescale guidance_scale height max_sequence_length
  negative_prompt num_frames num_inference_steps prompt stg_scale timesteps width
LTXConditionPipeline
  guidance_rescale guidance_scale height image max_sequence_length negative_prompt
  num_frames num_inference_steps prompt strength timesteps width
LTXPipeline
  guidance_rescale guidance_scale height max_sequence_length negative_prompt num_frames
  num_inference_steps prompt timesteps width
LatentConsistencyModelPipeline
  clip_skip guidance_scale height num_inference_steps original_inference_steps prompt
  timesteps width
LongCatAudioDiTPipeline StableAudio3Pipeline
  guidance_scale negative_prompt num_inference_steps prompt
LongCatImageEditPipeline StableDiffusionLatentUpscalePipeline
  guidance_scale image negative_prompt num_inference_steps prompt
LucyEditPipeline WanPipeline WanVACEPipeline
  guidance_scale guidance_scale_2 height max_sequence_length negative_prompt num_frames
  num_inference_steps prompt width
MarigoldDepthPipeline MarigoldIntrinsicsPipeline MarigoldNormalsPipeline
  ensemble_size image num_inference_steps
MotifVideoPipeline
  height max_sequence_length negative_prompt num_frames num_inference_steps prompt timesteps
  width
OmniGenPipeline
  guidance_scale height num_inference_steps prompt timesteps width
PIAPipeline
  clip_skip eta guidance_scale height image negative_prompt num_frames num_inference_steps
  prompt strength width
PRXPipeline PRXPixelPipeline
  guidance_scale height negative_prompt num_inference_steps prompt timesteps width
PaintByExamplePipeline
  eta guidance_scale height image negative_prompt num_inference_steps width
QwenImageControlNetPipeline
  control_guidance_end controlnet_conditioning_scale guidance_scale height
  max_sequence_length negative_prompt num_inference_steps prompt true_cfg_scale width
QwenImageLayeredPipeline
  guidance_scale image max_sequence_length negative_prompt num_inference_steps prompt
  true_cfg_scale
SanaSprintPipeline
  eta guidance_scale height intermediate_timesteps max_sequence_length num_inference_steps
  prompt timesteps width
ShapEImg2ImgPipeline
  guidance_scale image num_inference_steps
ShapEPipeline
  guidance_scale num_inference_steps prompt
StableCascadeCombinedPipeline WuerstchenCombinedPipeline
  decoder_guidance_scale height negative_prompt num_inference_steps prior_guidance_scale
  prior_num_inference_steps prompt width
StableDiffusion3ControlNetPipeline
  clip_skip control_guidance_end controlnet_conditioning_scale guidance_scale height
  max_sequence_length negative_prompt num_inference_steps prompt width
StableDiffusion3Pipeline
  clip_skip guidance_scale height max_sequence_length negative_prompt num_inference_steps
  prompt width
StableDiffusionControlNetPipeline StableDiffusionXLControlNetPipeline
  clip_skip control_guidance_end controlnet_conditioning_scale eta guidance_scale height
  image negative_prompt num_inference_steps prompt timesteps width
StableDiffusionDepth2ImgPipeline
  clip_skip eta guidance_scale image negative_prompt num_inference_steps prompt strength
StableDiffusionInpaintPipeline
  clip_skip eta guidance_scale height image negative_prompt num_inference_steps prompt
  strength timesteps width
StableDiffusionInstructPix2PixPipeline
  eta guidance_scale image image_guidance_scale negative_prompt num_inference_steps prompt
StableDiffusionLDM3DPipeline StableDiffusionPipeline StableDiffusionXLPipeline
  clip_skip eta guidance_rescale guidance_scale height negative_prompt num_inference_steps
  prompt timesteps width
StableDiffusionUpscalePipeline
  clip_skip eta guidance_scale image negative_prompt noise_level num_inference_steps prompt
StableDiffusionXLAdapterPipeline
  adapter_conditioning_scale clip_skip eta guidance_rescale guidance_scale height image
  negative_prompt num_inference_steps prompt timesteps width
StableDiffusionXLImg2ImgPipeline
  clip_skip denoising_start eta guidance_rescale guidance_scale image negative_prompt
  num_inference_steps prompt strength timesteps
StableDiffusionXLInpaintPipeline
  clip_skip denoising_start eta guidance_rescale guidance_scale height image negative_prompt
  num_inference_steps prompt strength timesteps width
StableDiffusionXLInstructPix2PixPipeline
  eta guidance_rescale guidance_scale height image image_guidance_scale negative_prompt
  num_inference_steps prompt width
StableUnCLIPImg2ImgPipeline
  clip_skip eta guidance_scale height image negative_prompt noise_level num_inference_steps
  prompt width
StableVideoDiffusionPipeline
  fps height image max_guidance_scale min_guidance_scale motion_bucket_id noise_aug_strength
  num_frames num_inference_steps width
TextToVideoZeroPipeline
  eta guidance_scale height negative_prompt num_inference_steps prompt width
UnCLIPPipeline
  decoder_guidance_scale prior_guidance_scale prior_num_inference_steps prompt
VideoToVideoSDPipeline
  clip_skip eta guidance_scale negative_prompt num_inference_steps prompt strength
VisualClozePipeline
  guidance_scale image max_sequence_length num_inference_steps
WanImageToVideoPipeline
  guidance_scale guidance_scale_2 height image max_sequence_length negative_prompt
  num_frames num_inference_steps prompt width
ZImageControlNetPipeline
  controlnet_conditioning_scale guidance_scale height max_sequence_length negative_prompt
  num_inference_steps prompt width
"""


def _parsed(table: str) -> dict[str, frozenset[str]]:
    calls: dict[str, frozenset[str]] = {}
    classes: list[str] = []
    names: list[str] = []
    for line in [*table.splitlines(), "end"]:
        if line.startswith(" "):
            names += line.split()
            continue
        if names:
            calls |= dict.fromkeys(classes, frozenset(names))
            classes, names = [], []
        classes += line.split()
    return calls


CALLS = _parsed(_TABLE)
