"""Every key a config can hold: its type, title, help and bounds, and what the trainer does with it.

The models say what a well-formed value is. They check documents and are never written back into
one: unknown keys are allowed, and the document stays the user's. Sources name files of Tiny Tool
Use at commit 6939ffa (``trainer.py`` is ``src/training/trainer.py``, ``data_generator.py`` is
``src/data/data_generator.py``, ``executor.py`` is ``src/tools/executor.py``, ``config.py`` is
``src/utils/config.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["sft", "dpo", "rlhf", "teacher_mode"]
Strategy = Literal[
    "toolbench", "pc_building", "teacher_mode", "knowledge_dense", "manual_templates", "custom"
]

# torch.half, torch.float and torch.double are other names of three of these (trainer.py:127).
Dtype = Literal["float16", "bfloat16", "float32", "half", "float", "double"]

# transformers.training_args.OptimizerNames in 4.52.4, the pinned environment.
Optimizer = Literal[
    "adamw_torch",
    "adamw_torch_fused",
    "adamw_8bit",
    "adamw_bnb_8bit",
    "paged_adamw_8bit",
    "paged_adamw_32bit",
    "adafactor",
    "sgd",
    "lion_8bit",
    "lion_32bit",
    "paged_lion_8bit",
    "paged_lion_32bit",
    "rmsprop",
    "rmsprop_bnb",
    "rmsprop_bnb_8bit",
    "rmsprop_bnb_32bit",
    "adagrad",
    "adamw_torch_xla",
    "adamw_torch_npu_fused",
    "adamw_apex_fused",
    "adamw_anyprecision",
    "adamw_torch_4bit",
    "adamw_torch_8bit",
    "ademamix",
    "ademamix_8bit",
    "paged_ademamix_32bit",
    "paged_ademamix_8bit",
    "galore_adamw",
    "galore_adamw_8bit",
    "galore_adafactor",
    "galore_adamw_layerwise",
    "galore_adamw_8bit_layerwise",
    "galore_adafactor_layerwise",
    "lomo",
    "adalomo",
    "grokadamw",
    "schedule_free_radam",
    "schedule_free_adamw",
    "schedule_free_sgd",
    "apollo_adamw",
    "apollo_adamw_layerwise",
]

# The key may be absent. ``null`` is still refused: the models never check this default.
OPTIONAL: Final[Any] = None

KNOWN_MODELS: Final = (
    "Qwen/Qwen3-0.6B",
    "Qwen/Qwen3-1.7B",
    "Qwen/Qwen3-4B",
    "Qwen/Qwen3-8B",
    "meta-llama/Llama-3.2-1B-Instruct",
    "meta-llama/Llama-3.2-3B-Instruct",
    "meta-llama/Llama-3.1-8B-Instruct",
    "HuggingFaceTB/SmolLM2-135M-Instruct",
    "HuggingFaceTB/SmolLM2-360M-Instruct",
    "HuggingFaceTB/SmolLM2-1.7B-Instruct",
    "google/gemma-3-1b-it",
    "microsoft/Phi-3.5-mini-instruct",
    "microsoft/Phi-4-mini-instruct",
)
KNOWN_METRICS: Final = (
    "tool_accuracy",
    "format_correctness",
    "execution_success",
    "response_quality",
)
BUILT_IN_TOOLS: Final = ("calculator", "weather", "search")


@dataclass(frozen=True, slots=True)
class Use:
    """What the trainer makes of one key.

    Attributes:
        source: where the trainer reads it, or how it is known that nothing does.
        absent: the value the trainer uses when the key is absent; ``None`` where there is none.
        absent_dpo: the same for DPO, where it differs.
        ignored: why the value has no effect, by method: ``sft`` (teacher mode too), ``dpo``.
        only: bounds count only with LoRA on (``lora``) or for DPO (``dpo``).
        unit: the unit of the number.
        advanced: whether the form keeps it behind the section's switch.
        listed: whether the form offers it; other keys are shown only where a config holds them.
        rare: choices that are accepted and not offered.
        suggestions: values offered where any text is allowed.
    """

    source: str
    absent: Any = None
    absent_dpo: Any = None
    ignored: Mapping[str, str] = field(default_factory=dict)
    only: Literal["", "lora", "dpo"] = ""
    unit: str = ""
    advanced: bool = False
    listed: bool = True
    rare: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

    def absent_for(self, method: object) -> Any:
        """The value that the trainer uses when the key is absent, or ``None``."""
        if method == "dpo" and self.absent_dpo is not None:
            return self.absent_dpo
        return self.absent

    def ignored_for(self, method: object, *, lora: bool = True) -> str | None:
        """Why this method's training, with or without LoRA, does not look at the value."""
        if self.only == "lora" and not lora:
            return "LoRA is off"
        return self.ignored.get("dpo" if method == "dpo" else "sft")


def _always(reason: str) -> dict[str, str]:
    return {"sft": reason, "dpo": reason}


def _never(source: str, instead: str, *, listed: bool = False) -> Use:
    """A key that no code of the trainer reads."""
    reason = f"nothing reads it; {instead}"
    return Use(source, ignored=_always(reason), advanced=True, listed=listed)


_NO_READ: Final = "no read in train.py, evaluate.py or src/"


class Section(BaseModel):
    """Strict about types, open to unknown keys."""

    model_config = ConfigDict(
        strict=True, extra="allow", allow_inf_nan=False, protected_namespaces=()
    )


class ModelSection(Section):
    """The base model that is fine-tuned."""

    name: Annotated[
        str,
        Use(
            "trainer.py:65,82,125,153",
            suggestions=KNOWN_MODELS,
        ),
    ] = Field(
        title="Model",
        description="Hugging Face id of the base model; training uses this model's own tokenizer.",
    )
    torch_dtype: Annotated[
        Dtype,
        Use("trainer.py:127,155", absent="float16", rare=("half", "float", "double")),
    ] = Field(
        OPTIONAL,
        title="Weights dtype",
        description="Number format the weights are loaded in; with LoRA the base is 4-bit anyway.",
    )
    device_map: Annotated[
        str,
        Use(
            "trainer.py:128,156",
            absent="auto",
            advanced=True,
            suggestions=("auto", "cuda", "cpu", "mps", "balanced", "sequential"),
        ),
    ] = Field(
        OPTIONAL,
        title="Device map",
        description="Where the layers go: auto spreads one model over the GPUs that are there.",
        pattern=r"^(auto|cuda(:\d+)?|cpu|mps|balanced|balanced_low_0|sequential)$",
    )
    trust_remote_code: Annotated[bool, Use("trainer.py:72,86,126,154", absent=False)] = Field(
        OPTIONAL,
        title="Trust remote code",
        description="Run Python code from the model's repository on the training machine.",
    )


class TokenizerSection(Section):
    """The tokenizer that prepares ToolBench data."""

    name: Annotated[str, Use("data_generator.py:24", suggestions=KNOWN_MODELS)] = Field(
        title="Tokenizer",
        description="Hugging Face id; tokenizes real ToolBench data, so it has to match the model.",
    )
    trust_remote_code: Annotated[bool, Use("data_generator.py:24")] = Field(
        title="Trust remote code",
        description="Run Python code from the tokenizer's repository; the trainer has no default.",
    )
    padding_side: Annotated[
        Literal["left", "right"],
        _never(
            f"data_generator.py:24; {_NO_READ}", "the tokenizer's own side is used", listed=True
        ),
    ] = Field(
        OPTIONAL,
        title="Padding side",
        description="Side on which short sequences would be padded.",
    )


_SFT_ADAMW = {"sft": "adamw_torch is fixed"}
_NO_ADAM = "torch's own 0.9, 0.999 and 1e-8 are used"


class TrainingSection(Section):
    """How the model is trained."""

    method: Annotated[Method, Use("train.py:61, trainer.py:58,166-173")] = Field(
        title="Method",
        description="sft and teacher_mode run the same supervised loop; dpo learns from pairs.",
    )
    num_epochs: Annotated[int, Use("trainer.py:184,250", absent=3)] = Field(
        OPTIONAL,
        ge=1,
        title="Epochs",
        description="How often training passes over all training rows.",
    )
    learning_rate: Annotated[float, Use("trainer.py:188,253", absent=5e-5, absent_dpo=5e-6)] = (
        Field(
            OPTIONAL,
            gt=0,
            title="Learning rate",
            description="Step size after warm-up; it then falls in a straight line to 0.",
        )
    )
    batch_size: Annotated[int, Use("trainer.py:185,251", absent=4, unit="rows")] = Field(
        OPTIONAL, ge=1, title="Batch size", description="Rows per GPU in one forward pass."
    )
    gradient_accumulation_steps: Annotated[
        int, Use("trainer.py:187,252", absent=1, unit="batches")
    ] = Field(
        OPTIONAL,
        ge=1,
        title="Gradient accumulation",
        description="Batches that are added up before one optimizer update.",
    )
    warmup_steps: Annotated[
        int,
        Use(
            "trainer.py:189, 248-266",
            absent=100,
            absent_dpo=0,
            unit="updates",
            ignored={"dpo": "DPO has no warm-up"},
        ),
    ] = Field(
        OPTIONAL,
        ge=0,
        title="Warm-up",
        description="Updates over which the learning rate rises from 0; 3 to 10 % is usual.",
    )
    max_length: Annotated[
        int, Use("trainer.py:204,262", absent=2048, absent_dpo=512, unit="tokens")
    ] = Field(
        OPTIONAL,
        ge=1,
        title="Maximum length",
        description="Longer rows are cut to this many tokens.",
    )
    use_lora: Annotated[bool, Use("trainer.py:113,201,237", absent=True)] = Field(
        OPTIONAL,
        title="LoRA",
        description="Train small adapters on a 4-bit base; off trains every weight.",
    )
    lora_r: Annotated[int, Use("trainer.py:141", absent=16, only="lora")] = Field(
        OPTIONAL,
        ge=1,
        title="LoRA rank",
        description="Width of the adapters on q, k, v and o; 8, 16 and 32 are usual.",
    )
    lora_alpha: Annotated[float, Use("trainer.py:142", absent=32, only="lora")] = Field(
        OPTIONAL,
        gt=0,
        title="LoRA alpha",
        description="The adapters are scaled by alpha over rank; 1 to 2 times the rank is usual.",
    )
    lora_dropout: Annotated[float, Use("trainer.py:143", absent=0.1, only="lora")] = Field(
        OPTIONAL,
        ge=0,
        lt=1,
        title="LoRA dropout",
        description="Share of adapter inputs that are dropped while training.",
    )
    eval_batch_size: Annotated[
        int,
        Use(
            "trainer.py:186",
            absent=4,
            unit="rows",
            advanced=True,
            ignored={"dpo": "DPO never evaluates"},
        ),
    ] = Field(
        OPTIONAL, ge=1, title="Evaluation batch size", description="Rows per GPU while evaluating."
    )
    max_grad_norm: Annotated[
        float,
        Use(
            "trainer.py:202,254",
            absent=1.0,
            absent_dpo=0.3,
            only="dpo",
            advanced=True,
            ignored={"sft": "1.0 is fixed"},
        ),
    ] = Field(
        OPTIONAL,
        ge=0,
        title="Gradient clipping",
        description="Gradients are scaled down to this norm; 0 turns clipping off.",
    )
    optim: Annotated[
        Optimizer,
        Use(
            "trainer.py:203,259",
            absent="adamw_torch",
            absent_dpo="paged_adamw_8bit",
            only="dpo",
            advanced=True,
            ignored=_SFT_ADAMW,
        ),
    ] = Field(
        OPTIONAL,
        title="Optimizer",
        description="Optimizer by its transformers name; 8-bit saves memory.",
    )
    fp16: Annotated[
        bool,
        Use(
            "trainer.py:201,261",
            absent_dpo=True,
            advanced=True,
            ignored={"sft": "it is set to the value of use_lora"},
        ),
    ] = Field(
        OPTIONAL,
        title="fp16 mixed precision",
        description="Compute in float16 with loss scaling; not together with bf16.",
    )
    bf16: Annotated[
        bool,
        Use(
            "trainer.py:181-206,260",
            absent_dpo=False,
            advanced=True,
            ignored={"sft": "it is never passed on"},
        ),
    ] = Field(
        OPTIONAL,
        title="bf16 mixed precision",
        description="Compute in bfloat16; needs an Ampere GPU or newer, and fp16 set to false.",
    )
    weight_decay: Annotated[float, _never(_NO_READ, "0.0 is used", listed=True)] = Field(
        OPTIONAL,
        title="Weight decay",
        description="Pull of the weights towards 0; 0 to 0.1 is usual.",
    )
    adam_beta1: Annotated[float, _never(_NO_READ, _NO_ADAM, listed=True)] = Field(
        OPTIONAL,
        title="Adam beta 1",
        description="Memory of the gradient's running mean, 0 up to 1.",
    )
    adam_beta2: Annotated[float, _never(_NO_READ, _NO_ADAM, listed=True)] = Field(
        OPTIONAL,
        title="Adam beta 2",
        description="Memory of the squared gradient's mean, 0 up to 1.",
    )
    adam_epsilon: Annotated[
        float,
        Use(
            _NO_READ,
            ignored=_always(f"nothing reads it; {_NO_ADAM}"),
            advanced=True,
        ),
    ] = Field(
        OPTIONAL,
        title="Adam epsilon",
        description="Small number that keeps Adam from dividing by 0.",
    )
    tokenizer_padding_side: Annotated[
        Literal["left", "right"], _never(_NO_READ, "the tokenizer's own side is used")
    ] = Field(
        OPTIONAL, title="Tokenizer padding side", description="Side on which rows would be padded."
    )
    lr_scheduler_type: Annotated[str, _never(_NO_READ, "the schedule is linear")] = Field(
        OPTIONAL, title="Schedule", description="Shape of the learning rate after warm-up."
    )
    warmup_ratio: Annotated[float, _never(_NO_READ, "warmup_steps counts")] = Field(
        OPTIONAL, title="Warm-up share", description="Warm-up as a share of all updates."
    )
    max_steps: Annotated[int, _never(_NO_READ, "num_epochs counts")] = Field(
        OPTIONAL, title="Maximum updates", description="Updates after which training would stop."
    )
    logging_steps: Annotated[int, _never(_NO_READ, "every 10 updates are logged")] = Field(
        OPTIONAL, title="Logging interval", description="Updates between two log lines."
    )
    eval_steps: Annotated[int, _never(_NO_READ, "SFT evaluates every 100 updates")] = Field(
        OPTIONAL, title="Evaluation interval", description="Updates between two evaluations."
    )
    save_steps: Annotated[int, _never(_NO_READ, "SFT saves every 500 updates, DPO every 100")] = (
        Field(OPTIONAL, title="Save interval", description="Updates between two checkpoints.")
    )
    save_strategy: Annotated[str, _never(_NO_READ, "checkpoints follow the update count")] = Field(
        OPTIONAL, title="Save strategy", description="What a checkpoint would follow."
    )
    gradient_checkpointing: Annotated[bool, _never(_NO_READ, "LoRA and DPO switch it on")] = Field(
        OPTIONAL,
        title="Gradient checkpointing",
        description="Compute activations again to save memory.",
    )
    packing: Annotated[bool, _never(_NO_READ, "rows are not packed")] = Field(
        OPTIONAL, title="Packing", description="Join short rows into full ones."
    )
    group_by_length: Annotated[bool, _never(_NO_READ, "rows come in random order")] = Field(
        OPTIONAL, title="Group by length", description="Batch rows of about the same length."
    )
    beta: Annotated[float, _never(_NO_READ, "0.1 is fixed")] = Field(
        OPTIONAL, title="DPO beta", description="How strongly DPO holds to the reference model."
    )
    dpo_beta: Annotated[float, _never(_NO_READ, "0.1 is fixed")] = Field(
        OPTIONAL, title="DPO beta", description="How strongly DPO holds to the reference model."
    )
    quantization: Annotated[dict[str, Any], _never(_NO_READ, "use_lora alone sets 4-bit NF4")] = (
        Field(OPTIONAL, title="Quantization", description="Settings for loading in few bits.")
    )
    lora_config: Annotated[dict[str, Any], _never(_NO_READ, "lora_r and its siblings count")] = (
        Field(
            OPTIONAL, title="LoRA settings", description="LoRA settings in another program's form."
        )
    )
    dataloader_num_workers: Annotated[int, _never(_NO_READ, "0 is used")] = Field(
        OPTIONAL, title="Loader workers", description="Processes that prepare batches."
    )
    dataloader_prefetch_factor: Annotated[int, _never(_NO_READ, "none is set")] = Field(
        OPTIONAL, title="Loader prefetch", description="Batches that each worker prepares ahead."
    )
    dataloader_pin_memory: Annotated[bool, _never(_NO_READ, "it is off")] = Field(
        OPTIONAL,
        title="Pinned memory",
        description="Keep batches where the GPU can fetch them fast.",
    )
    dataloader_drop_last: Annotated[bool, _never(_NO_READ, "the last batch is kept")] = Field(
        OPTIONAL, title="Drop last batch", description="Leave out an incomplete last batch."
    )


class DataSection(Section):
    """Where the training rows come from."""

    strategy: Annotated[
        Strategy, Use("config.py:16; train.py:62; data_generator.py:28,34-43; trainer.py:67")
    ] = Field(
        title="Strategy",
        description="Source of the rows: ToolBench, or rows made up from the tool list.",
    )
    generation_type: Annotated[Literal["real", "synthetic"], Use("data_generator.py:29")] = Field(
        title="Generation",
        description="real downloads ToolBench; synthetic makes rows from the tools.",
    )
    max_samples: Annotated[int, Use("data_generator.py:104,162", absent=100, unit="rows")] = Field(
        OPTIONAL,
        ge=1,
        title="Samples",
        description="Rows to take or make, before the split; ToolBench has about 126 000.",
    )
    train_split: Annotated[float, Use("data_generator.py:147,423", absent=0.8)] = Field(
        OPTIONAL,
        ge=0,
        le=1,
        title="Training share",
        description="Share of the rows that are trained on; the rest is for evaluation.",
    )


class Tool(Section):
    """One tool that the model learns to call."""

    name: Annotated[str, Use("executor.py:16,60; data_generator.py:191,197,264,343")] = Field(
        title="Name",
        description="How the model calls it; calculator, weather and search have sample questions.",
    )
    description: Annotated[str, Use("config.py:67; data_generator.py:265")] = Field(
        title="Description", description="What the tool does, for the model to read."
    )
    type: Annotated[
        Literal["function", "api", "command"], Use("executor.py:28-36", absent="function")
    ] = Field(
        OPTIONAL,
        title="Kind",
        description="function is built in; api sends real requests; command runs a shell command.",
    )
    function: Annotated[str, Use("executor.py:60", suggestions=BUILT_IN_TOOLS)] = Field(
        OPTIONAL,
        title="Function",
        description="Built-in function that answers; the tool's own name where it is not set.",
    )
    parameters: Annotated[dict[str, Any], Use("config.py:67,71")] = Field(
        title="Parameters", description="The arguments, as a JSON Schema of an object."
    )
    url: Annotated[str, Use("executor.py:44", listed=False)] = Field(
        OPTIONAL, title="URL", description="Address an api tool calls for every synthetic row."
    )
    method: Annotated[str, Use("executor.py:45", absent="POST", listed=False)] = Field(
        OPTIONAL, title="HTTP method", description="GET or POST."
    )
    headers: Annotated[dict[str, Any], Use("executor.py:46", absent={}, listed=False)] = Field(
        OPTIONAL, title="Headers", description="Headers an api tool sends; no place for secrets."
    )
    command: Annotated[str, Use("executor.py:74", listed=False)] = Field(
        OPTIONAL, title="Command", description="Shell command that runs for every synthetic row."
    )


class EvaluationSection(Section):
    """What would be measured; the trainer does not read it."""

    metrics: Annotated[
        list[str],
        Use(
            f"{_NO_READ}; evaluation.py:38-43",
            ignored=_always("nothing reads it; evaluate.py reports its four metrics"),
            suggestions=KNOWN_METRICS,
        ),
    ] = Field(OPTIONAL, title="Metrics", description="Measures of the trained model.")
    eval_steps: Annotated[
        int,
        Use(
            _NO_READ,
            unit="updates",
            ignored=_always("nothing reads it; SFT evaluates every 100 updates, DPO never"),
        ),
    ] = Field(
        OPTIONAL, ge=1, title="Evaluation interval", description="Updates between two evaluations."
    )


class TensorboardSection(Section):
    """Curves of the run."""

    enabled: Annotated[bool, Use("trainer.py:44,199,265", absent=False)] = Field(
        OPTIONAL, title="TensorBoard", description="Write loss and learning-rate curves."
    )
    log_dir: Annotated[str, Use("trainer.py:45", absent="<output-dir>/runs")] = Field(
        OPTIONAL,
        title="Log folder",
        description="Folder of one event file; the curves go to runs/ in the output folder.",
    )


class TrainingConfig(Section):
    """A training config for Tiny Tool Use."""

    model: ModelSection = Field(title="Model")
    tokenizer: TokenizerSection = Field(title="Tokenizer")
    training: TrainingSection = Field(title="Training")
    data: DataSection = Field(title="Data")
    tools: list[Tool] = Field(OPTIONAL, title="Tools")
    evaluation: EvaluationSection = Field(OPTIONAL, title="Evaluation")
    tensorboard: TensorboardSection = Field(OPTIONAL, title="TensorBoard")
    seed: Annotated[int, Use("train.py:68,70", absent=42, advanced=True)] = Field(
        OPTIONAL,
        ge=-(2**63),
        le=2**64 - 1,
        title="Seed",
        description="Starts the LoRA weights; the row order always follows the trainer's own 42.",
    )
