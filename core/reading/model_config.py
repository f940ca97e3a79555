"""The sizes of a model that nobody knows here, read off its own ``config.json``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from core.document import parse, read
from core.errors import UnknownSizes
from core.reading.models import ModelDims, Sizes
from core.reading.wording import shortened, shown
from core.system.secrets import redact

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
        **asdict(sizes),
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


def _read(config: Mapping[str, Any]) -> Sizes:
    hidden, heads = _whole(config, "hidden_size"), _whole(config, "num_attention_heads")
    # Older configs have neither of the two: as many heads of keys and values, of equal width.
    kv_heads = _whole(config, "num_key_value_heads", heads)
    if config.get("head_dim") is None and hidden % heads:
        raise UnknownSizes(f"'hidden_size' {hidden} can't be divided among {heads} heads.")
    if heads % kv_heads:
        raise UnknownSizes(f"{heads} heads can't share {kv_heads} heads of keys and values.")
    return Sizes(
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


def _linear(sizes: Sizes, family: _Family) -> int:
    """Weights of the linear layers in one decoder layer."""
    attention = 2 * sizes.hidden * (sizes.query + sizes.key)
    return attention + family.mlp * sizes.hidden * sizes.intermediate


def _vectors(sizes: Sizes, family: _Family, config: Mapping[str, Any]) -> int:
    """Weights of all norms and biases."""
    layer = family.vectors * sizes.hidden + _biases(sizes, family, config)
    if family.head_norm:
        layer += 2 * sizes.head_dim
    if family.full_norm:
        layer += sizes.query + sizes.key
    last = family.final * sizes.hidden + (sizes.vocabulary if family.head_bias else 0)
    return sizes.layers * layer + last


def _biases(sizes: Sizes, family: _Family, config: Mapping[str, Any]) -> int:
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
