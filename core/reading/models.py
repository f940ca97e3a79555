"""Facts about base models: the sizes of the known ones, and what LoRA meets in a family.

Sizes are of the published configs; the parameter totals match the Hub's safetensors indexes. Those
of any other model come from its own ``config.json``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from core.document import parse, read
from core.errors import UnknownSizes
from core.reading.wording import shortened, shown
from core.system.secrets import redact

_FILE: Final = Path(__file__).parents[1] / "data" / "model_dims.json"


@dataclass(frozen=True, slots=True)
class ModelDims:
    """The sizes of one base model.

    Attributes:
        names: the Hugging Face ids that share them.
        hidden: width of the residual stream.
        layers: number of decoder layers.
        heads: attention heads.
        kv_heads: heads of keys and values.
        head_dim: width of a head; heads x head_dim is not always ``hidden``.
        intermediate: width inside the MLP.
        vocabulary: rows of the embedding.
        context: longest sequence, in tokens.
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
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    context: int
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
        query = self.hidden + self.heads * self.head_dim
        value = self.hidden + self.kv_heads * self.head_dim
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


# --- Sizes from a config.json ------------------------------------------------------------------

_ALL: Final = ("q_proj", "k_proj", "v_proj", "o_proj")


@dataclass(frozen=True, slots=True)
class _Family:
    """How the layers of a family are built, as transformers 4.52 and 5.24 build them.

    Attributes:
        vectors: vectors of the hidden width in the norms of one layer.
        final: the same after the last layer.
        tied: what holds where ``tie_word_embeddings`` is absent.
        head_norm: whether query and key are normed, over one head each.
        full_norm: the same, over all heads.
        mlp: matrices in the MLP: 3 with a gate.
        fused: whether query, key and value are one matrix, and gate and up another.
        head_bias: whether the output embedding has a bias.
        lora_modules: projections that have the names that LoRA looks for.
        absent: values that stand in for keys of the config that are not there.
    """

    vectors: int = 2
    final: int = 1
    tied: bool = False
    head_norm: bool = False
    full_norm: bool = False
    mlp: int = 3
    fused: bool = False
    head_bias: bool = False
    lora_modules: tuple[str, ...] = _ALL
    absent: Mapping[str, Any] = field(default_factory=dict)


_GEMMA_3: Final = _Family(
    vectors=4,
    tied=True,
    head_norm=True,
    # A config within another leaves out what its class has anyway.
    absent={
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 26,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "vocab_size": 262_208,
        "max_position_embeddings": 131_072,
    },
)

_FAMILIES: Final[Mapping[str, _Family]] = MappingProxyType(
    {
        "llama": _Family(),
        "mistral": _Family(absent={"num_key_value_heads": 8}),
        "qwen2": _Family(absent={"num_key_value_heads": 32, "qkv_bias": True}),
        "qwen3": _Family(head_norm=True, absent={"num_key_value_heads": 32, "head_dim": 128}),
        "gemma": _Family(tied=True, absent={"num_key_value_heads": 16, "head_dim": 256}),
        "gemma2": _Family(4, tied=True, absent={"num_key_value_heads": 4, "head_dim": 256}),
        "gemma3_text": _GEMMA_3,
        "phi": _Family(
            final=2,
            mlp=2,
            head_bias=True,
            lora_modules=("q_proj", "k_proj", "v_proj"),
            absent={"use_bias": True},
        ),
        "phi3": _Family(fused=True, lora_modules=("o_proj",)),
        "granite": _Family(),
        "olmo2": _Family(full_norm=True),
        "smollm3": _Family(tied=True, absent={"num_key_value_heads": 4}),
        "starcoder2": _Family(
            4, 2, tied=True, mlp=2, absent={"num_key_value_heads": 2, "use_bias": True}
        ),
    }
)
"""By ``model_type``; the totals were compared with tiny models that transformers made."""

_EXPERTS: Final = ("num_experts", "num_local_experts", "n_routed_experts", "moe_intermediate_size")

_LARGEST: Final = 2**24
_LONGEST: Final = 2**31


def dims_from_config(source: str | bytes | Mapping[str, Any], name: str = "") -> ModelDims:
    """The sizes of a model from its ``config.json``, as it is on the Hugging Face Hub.

    Args:
        source: the file's text, its bytes or the object in it.
        name: the model's id; where it is empty, the one in the config.

    Raises:
        DocumentError: the text is not one strict JSON object.
        UnknownSizes: the object is no model's config, or one of a family that is not known here.
    """
    config = _object(source)
    kind = _kind_of_model(config)
    if kind != "gemma3":
        return _sizes(config, _family(kind), name)
    # It also sees images; transformers keeps the sizes of what writes text in a config of its own.
    inner = config.get("text_config")
    if not isinstance(inner, dict):
        raise UnknownSizes("This config of gemma3 has no 'text_config' with the sizes.")
    named = {"_name_or_path": config.get("_name_or_path"), **inner}
    return replace(_sizes(named, _GEMMA_3, name), left_out="the vision tower")


def _object(source: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(source, bytes):
        return read(source).document
    return parse(source) if isinstance(source, str) else source


def _kind_of_model(config: Mapping[str, Any]) -> str:
    kind = config.get("model_type")
    if not isinstance(kind, str) or not kind:
        raise UnknownSizes(
            "This is not a model's config.json: it has no 'model_type'; "
            "take the file of that name from the model's page on the Hugging Face Hub."
        )
    if "moe" in kind.lower() or any(config.get(key) for key in _EXPERTS):
        raise UnknownSizes(
            "This model is a mixture of experts, whose memory these formulas can't tell; "
            "choose one without experts."
        )
    return kind


def _family(kind: str) -> _Family:
    if kind not in _FAMILIES:
        raise UnknownSizes(
            f"The sizes of a model of the type {shown(kind)} can't be told here; "
            f"they can for: {', '.join(_FAMILIES)}, gemma3."
        )
    return _FAMILIES[kind]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The numbers of a config that decide how large a model is."""

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


def _sizes(config: Mapping[str, Any], family: _Family, name: str) -> ModelDims:
    full = {**family.absent, **config}
    sizes = _read(full)
    tied = full.get("tie_word_embeddings", family.tied)
    if not isinstance(tied, bool):
        raise UnknownSizes(f"'tie_word_embeddings' is {shown(tied)}; it must be true or false.")
    embedding = sizes.vocabulary * sizes.hidden
    linear = sizes.layers * _linear(sizes, family)
    norms = _vectors(sizes, family, full)
    return ModelDims(
        names=_names(name or full.get("_name_or_path")),
        hidden=sizes.hidden,
        layers=sizes.layers,
        heads=sizes.heads,
        kv_heads=sizes.kv_heads,
        head_dim=sizes.head_dim,
        intermediate=sizes.intermediate,
        vocabulary=sizes.vocabulary,
        context=sizes.context,
        tied=tied,
        parameters=embedding * (1 if tied else 2) + linear + norms,
        embedding=embedding,
        linear=linear,
        norms=norms,
        lora_modules=family.lora_modules,
        matrices=4 if family.fused else 4 + family.mlp,
    )


def _names(name: Any) -> tuple[str, ...]:
    text = shortened(redact(name.strip())) if isinstance(name, str) else ""
    return (text,) if text else ()


def _read(config: Mapping[str, Any]) -> _Sizes:
    hidden, heads = _whole(config, "hidden_size"), _whole(config, "num_attention_heads")
    # Older configs have neither of the two: as many heads of keys and values, of equal width.
    kv_heads = _whole(config, "num_key_value_heads", heads)
    if config.get("head_dim") is None and hidden % heads:
        raise UnknownSizes(f"'hidden_size' {hidden} can't be divided among {heads} heads.")
    if heads % kv_heads:
        raise UnknownSizes(f"{heads} heads can't share {kv_heads} heads of keys and values.")
    return _Sizes(
        hidden=hidden,
        layers=_whole(config, "num_hidden_layers"),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=_whole(config, "head_dim", hidden // heads),
        intermediate=_whole(config, "intermediate_size"),
        vocabulary=_whole(config, "vocab_size"),
        context=_whole(config, "max_position_embeddings", largest=_LONGEST),
    )


def _whole(
    config: Mapping[str, Any], key: str, absent: int | None = None, largest: int = _LARGEST
) -> int:
    """A size; ``null`` counts as absent, as it does for transformers."""
    value = config.get(key)
    if value is None and absent is not None:
        return absent
    if value is None:
        raise UnknownSizes(f"The config has no '{key}', without which the size can't be told.")
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise UnknownSizes(f"'{key}' is {shown(value)}; it must be a whole number, 1 to {largest}.")
    return value


def _linear(sizes: _Sizes, family: _Family) -> int:
    """Weights of the linear layers in one decoder layer."""
    attention = 2 * sizes.hidden * (sizes.query + sizes.key)
    return attention + family.mlp * sizes.hidden * sizes.intermediate


def _vectors(sizes: _Sizes, family: _Family, config: Mapping[str, Any]) -> int:
    """Weights of all norms and biases."""
    layer = family.vectors * sizes.hidden + _biases(sizes, family, config)
    if family.head_norm:
        layer += 2 * sizes.head_dim
    if family.full_norm:
        layer += sizes.query + sizes.key
    last = family.final * sizes.hidden + (sizes.vocabulary if family.head_bias else 0)
    return sizes.layers * layer + last


def _biases(sizes: _Sizes, family: _Family, config: Mapping[str, Any]) -> int:
    """Biases of one layer, by the switches that the families have for them."""
    everywhere = config.get("use_bias") is True
    attention = everywhere or config.get("attention_bias") is True
    count = 0
    if attention or config.get("qkv_bias") is True:
        count += sizes.query + 2 * sizes.key
    if attention:
        count += sizes.hidden
    if everywhere or config.get("mlp_bias") is True:
        count += (family.mlp - 1) * sizes.intermediate + sizes.hidden
    return count
