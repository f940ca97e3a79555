"""Facts about base models: the sizes of the known ones, and what LoRA meets in a family.

Sizes are of the published configs; the parameter totals match the Hub's safetensors indexes. Those
of any other model come from its own config: ``model_config.py``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_FILE: Final = Path(__file__).parents[1] / "data" / "model_dims.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The numbers of a model's config that decide how large it is.

    Attributes:
        hidden: width of the residual stream.
        layers: number of decoder layers.
        heads: attention heads.
        kv_heads: heads of keys and values.
        head_dim: width of a head; heads x head_dim is not always ``hidden``.
        intermediate: width inside the MLP.
        vocabulary: rows of the embedding.
        context: longest sequence, in tokens.
    """

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    context: int

    @property
    def query(self) -> int:
        """Width of all heads of the query."""
        return self.heads * self.head_dim

    @property
    def key(self) -> int:
        """Width of all heads of the key, and of the value."""
        return self.kv_heads * self.head_dim


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDims(Sizes):
    """The sizes of one base model.

    Attributes:
        names: the Hugging Face ids that share them.
        tied: whether input and output embedding are one.
        parameters: all weights, tied ones counted once.
        embedding: weights of the input embedding.
        linear: weights that 4-bit loading quantizes.
        norms: weights of the norms, and biases where a family has them.
        lora_modules: projections that the trainer's LoRA attaches to.
        matrices: linear layers in one decoder layer; some families fuse several into one.
        left_out: what the sizes do not count, in words; empty where they count all.
    """

    names: tuple[str, ...]
    tied: bool
    parameters: int
    embedding: int
    linear: int
    norms: int
    lora_modules: tuple[str, ...]
    matrices: int = 7
    left_out: str = ""

    @property
    def name(self) -> str:
        """The first of its names, or words for a model that came without one."""
        return self.names[0] if self.names else "this model"

    @property
    def lora_width(self) -> int:
        """Trainable LoRA weights in one layer for rank 1: the sum of inputs and outputs."""
        query, value = self.hidden + self.query, self.hidden + self.key
        widths = {"q_proj": query, "k_proj": value, "v_proj": value, "o_proj": query}
        return sum(widths[module] for module in self.lora_modules)


def dims(name: str) -> ModelDims | None:
    """The sizes of a known model, or ``None``; the Hub ignores case, and so does this."""
    return _by_name().get(name.strip().lower())


def known() -> tuple[ModelDims, ...]:
    """The sizes of all known models, each once."""
    return tuple({entry.names: entry for entry in _by_name().values()}.values())


@cache
def _by_name() -> Mapping[str, ModelDims]:
    entries = [_entry(item) for item in json.loads(_FILE.read_text(encoding="utf-8"))]
    return MappingProxyType({name.lower(): entry for entry in entries for name in entry.names})


def _entry(item: dict[str, object]) -> ModelDims:
    lists = {key: tuple(value) for key, value in item.items() if isinstance(value, list)}
    return ModelDims(**(item | lists))  # type: ignore[arg-type]


# Tried with tiny random models of each family: PEFT finds none of q_proj, k_proj, v_proj, o_proj.
# Falcon 3 is a Llama and Falcon-H1 has them.
_NO_PROJECTIONS: Final = re.compile(
    r"gpt-?2|dialogpt|cerebras-gpt|pythia|gpt-?neox|dolly-v2|falcon(?!-?3|-?h1)|bloom|\bmpt\b"
    r"|gpt_bigcode|santacoder|starcoder(?!2)|\bmamba",
    re.IGNORECASE,
)

# Their tokenizers fill every row of the embedding, so a new token has no row.
_FULL_VOCABULARY: Final = re.compile(
    r"llama-?[23]|gpt-?2|dialogpt|smollm2|mistral-7b.*v0\.\d|mixtral-8x|tinyllama|gemma-3-(1b|270m)",
    re.IGNORECASE,
)

# Base models whose tokenizer comes without a chat template.
_NO_CHAT_TEMPLATE: Final = re.compile(
    r"meta-llama/(meta-)?llama-3(\.\d)?-\d+b|huggingfacetb/smollm2-[\d.]+[mb]"
    r"|(openai-community/)?gpt2(-\w+)?|eleutherai/pythia-.*",
    re.IGNORECASE,
)


_SIZE: Final = re.compile(r"(.+-)(\d+(?:\.\d+)?)([BM])(.*)", re.IGNORECASE)


def smaller(name: str) -> tuple[tuple[str, ModelDims], ...]:
    """The known models that are the same but for their size, the largest first.

    ``Qwen/Qwen3-1.7B`` and ``Qwen/Qwen3-0.6B`` for ``Qwen/Qwen3-4B``; a base model for a base
    model, an instructed one for an instructed one.
    """
    own, kind = dims(name), _kind(name)
    if own is None or kind is None:
        return ()
    found = (
        (other, entry)
        for entry in _by_name().values()
        for other in entry.names
        if _kind(other) == kind and entry.parameters < own.parameters
    )
    return tuple(sorted(set(found), key=lambda item: -item[1].parameters))


def _kind(name: str) -> tuple[str, str] | None:
    """What a name says around the size: Llama 3.1 and 3.2 are one kind."""
    match = _SIZE.fullmatch(name.strip().lower())
    if match is None:
        return None
    return re.sub(r"(llama-3)\.\d", r"\1", match.group(1)), match.group(4)


def lacks_projections(name: str) -> bool:
    """Whether the name is of a family that has none of the layers LoRA is put on."""
    return bool(_NO_PROJECTIONS.search(name))


def has_full_vocabulary(name: str) -> bool:
    """Whether the name is of a family whose embedding has no row left for new tokens."""
    return bool(_FULL_VOCABULARY.search(name))


def lacks_chat_template(name: str) -> bool:
    """Whether the name is of a base model whose tokenizer can't format a conversation."""
    return bool(_NO_CHAT_TEMPLATE.fullmatch(name.strip()))
