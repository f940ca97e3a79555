"""Fourth stage: the arguments that the trainer hands over, where libraries or machine refuse them.

What can't be mended in the config is mended by the environment: these remedies name the libraries.
"""

from collections.abc import Iterator
from typing import Final

from core.findings import Finding, Patch
from core.reading.view import path_of
from core.trainers.facts import Facts
from core.trainers.stops import raises, set_all, stop

PINS: Final = "Install the pinned libraries: `python -m core requirements FILE` writes them."

_NO_BF16: Final = "ValueError: Your setup doesn't support bf16/gpu"


def blockers(facts: Facts) -> Iterator[Finding]:
    """Why transformers and TRL would not take what trainer.py hands them."""
    dropped = list(_dropped_arguments(facts))
    yield from dropped
    yield from _no_report(facts)
    if facts.view.is_supervised and not facts.view.uses_lora and not dropped:
        yield from _bf16_by_default(facts)
    yield from chosen_bf16(facts)
    yield from adapters_in_bf16(facts)


def _dropped_arguments(facts: Facts) -> Iterator[Finding]:
    if not facts.view.is_supervised:
        return
    for library, version, argument in (
        ("transformers", "5.0.0", "overwrite_output_dir"),
        ("trl", "0.20.0", "max_seq_length"),
    ):
        if facts.libraries.have(library, version):
            error = (
                f"TypeError: SFTConfig.__init__() got an unexpected keyword argument '{argument}'"
            )
            yield stop(
                "libs.sft_current",
                path_of("training.method"),
                f"The trainer passes '{argument}' to SFTConfig, which {library} {version} dropped.",
                raises(error, "trainer.py:181"),
                PINS,
            )
            return


def _no_report(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    enabled = view.effective("tensorboard.enabled")
    if view.is_dpo and not enabled and facts.libraries.have("transformers", "5.0.0"):
        yield stop(
            "libs.report_to",
            path_of("tensorboard.enabled"),
            "Without TensorBoard the trainer passes report_to=None, which transformers 5 refuses.",
            raises("ValueError: None is not supported", "trainer.py:265,270"),
            "Set 'tensorboard.enabled' to true, or install the pinned libraries.",
            set_all({"tensorboard.enabled": True}),
        )


def _bf16_by_default(facts: Facts) -> Iterator[Finding]:
    """TRL's SFTConfig sets bf16 to the opposite of fp16, and fp16 to the value of use_lora."""
    if facts.libraries.have("trl", "0.19.0") and not facts.machine.has_bf16:
        yield no_bf16(
            "Without LoRA TRL computes in bfloat16",
            "Use LoRA, a GPU of the Ampere generation or newer, or TRL 0.18.2.",
        )


def chosen_bf16(facts: Facts) -> Iterator[Finding]:
    """DPO hands the config's own bf16 over (trainer.py:260)."""
    if facts.view.is_dpo and facts.view.effective("training.bf16") and not facts.machine.has_bf16:
        yield no_bf16(
            "'bf16' asks for bfloat16",
            "Set 'bf16' to false.",
            name="training.bf16",
            at="trainer.py:248",
            fix=set_all({"training.bf16": False}),
        )


def no_bf16(
    what: str,
    remedy: str,
    name: str = "training.use_lora",
    at: str = "trainer.py:181",
    fix: Patch | None = None,
) -> Finding:
    """A run that computes in bfloat16 on a machine that can't."""
    return stop(
        "training.precision.bf16_hardware",
        path_of(name),
        f"{what}, which this machine can't.",
        raises(_NO_BF16, at),
        remedy,
        fix,
    )


def adapters_in_bf16(facts: Facts) -> Iterator[Finding]:
    """TRL casts the adapters of a 4-bit model to bfloat16 (trl 0.27.0; its issue 4901)."""
    view = facts.view
    if not (view.is_dpo and view.uses_lora and view.effective("training.fp16")):
        return
    if facts.machine.has_gpu and facts.libraries.have("trl", "0.27.0"):
        yield stop(
            "training.precision.fp16_qlora_bf16_adapters",
            path_of("training.fp16"),
            "fp16 scales gradients, and this TRL keeps LoRA's adapters in bfloat16.",
            raises(
                'NotImplementedError: "_amp_foreach_non_finite_check_and_unscale_cuda" not '
                "implemented for 'BFloat16'",
                "trainer.py:284",
            ),
            "Set 'fp16' to false; 'bf16' may be true on Ampere and newer.",
            set_all({"training.fp16": False}),
        )
