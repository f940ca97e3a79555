"""Lets a run that is meant for a GPU go through on a CPU; a stand-in, and no GPU.

What it changes, all of it outside the trainer's files:

- transformers is told that there is a GPU that can do bfloat16, while the arguments are checked;
  then the run computes in single precision: fp16 and bf16 are switched off.
- a model that would be loaded in 4 bits is loaded in float32, and prepared for training as if it
  were in 4 bits: frozen, with gradient checkpointing.
- a model that would be put on the first GPU is put on the CPU.

So it says nothing about what happens on a GPU alone: half precision, gradient scaling, memory.
"""

import os
from typing import Any

ON_THE_GPU = ("cuda", "cuda:0", 0, {"": "cuda"}, {"": "cuda:0"}, {"": 0})


def install() -> None:
    """Change the libraries of this process; call it before the trainer imports them."""
    import transformers.training_args as arguments
    import trl

    arguments.is_torch_bf16_gpu_available = lambda *_, **__: True
    compute_on_the_cpu(trl.SFTConfig)
    compute_on_the_cpu(trl.DPOConfig)
    load_unquantized()
    prepare_as_quantized()


def compute_on_the_cpu(config: Any) -> None:
    """The same arguments with the same checks, after which both half precisions are off."""
    check = config.__post_init__

    def check_and_switch(self: Any) -> None:
        check(self)
        self.fp16 = self.bf16 = False
        self.use_cpu = True
        os.environ["ACCELERATE_MIXED_PRECISION"] = "no"

    config.__post_init__ = check_and_switch


def load_unquantized() -> None:
    """Models are loaded without quantization, and on the CPU."""
    import torch
    import transformers

    loader = transformers.AutoModelForCausalLM
    real = loader.from_pretrained.__func__

    def from_pretrained(
        cls: Any, *args: Any, quantization_config: Any = None, torch_dtype: Any = None, **rest: Any
    ) -> Any:
        halves = (torch.float16, torch.bfloat16)
        if quantization_config is not None and torch_dtype in halves:
            torch_dtype = torch.float32
        if rest.get("device_map") in ON_THE_GPU:
            rest["device_map"] = "cpu"
        return real(cls, *args, torch_dtype=torch_dtype, **rest)

    loader.from_pretrained = classmethod(from_pretrained)


def prepare_as_quantized() -> None:
    """PEFT prepares a model as it does one in 4 bits."""
    import peft

    real = peft.prepare_model_for_kbit_training

    def prepare(model: Any, *args: Any, **options: Any) -> Any:
        model.is_loaded_in_4bit = True
        try:
            return real(model, *args, **options)
        finally:
            del model.is_loaded_in_4bit

    peft.prepare_model_for_kbit_training = prepare
