"""A CTranslate2 model that is written down by hand and really translates, word for word.

A vector has five blocks: the token read, the position, the language asked for, the source word attended to, the word
to say. One-hot vectors in each block make every layer an exact table: attention finds a position, the feed-forward
layer is "this word and this language", the projection reads off the answer. Norms are constant, so that layer
normalisation is undone by its own scale and offset.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from translation.engine import Pair
from translation.manifest import Manifest, hash_files, sha256_of, write_manifest

Style = Literal["m2m100", "nllb", "opus"]
STYLES: tuple[Style, ...] = ("m2m100", "nllb", "opus")

PLACES = 404  # longest input and output in tokens
SHARP = 60.0  # makes attention look at one place only
SURE = 5.0  # logit of the right word; all others have 0
EPSILON = 1e-6

# The same concept in each language; a word that two languages share stays one token.
WORDS: tuple[Mapping[str, str], ...] = (
    {"en": "hello", "ja": "こんにちは", "pt-BR": "olá"},
    {"en": "city", "ja": "市", "pt-BR": "cidade"},
    {"en": "hall", "ja": "役所", "pt-BR": "prefeitura"},
    {"en": "card", "ja": "カード", "pt-BR": "cartão"},
    {"en": "tax", "ja": "税", "pt-BR": "imposto"},
    {"en": "ok", "ja": "ok", "pt-BR": "ok"},
)
LANGUAGES = ("en", "ja", "pt-BR")
PAIRS: tuple[Pair, ...] = (("en", "ja"), ("en", "pt-BR"), ("ja", "en"), ("pt-BR", "en"))
SPECIAL = ("<unk>", "<s>", "</s>")
TOKENS: Mapping[Style, Mapping[str, str]] = {
    "m2m100": {"en": "__en__", "ja": "__ja__", "pt-BR": "__pt__"},
    "nllb": {"en": "eng_Latn", "ja": "jpn_Jpan", "pt-BR": "por_Latn"},
    "opus": {"en": ">>eng<<", "ja": ">>jpn<<", "pt-BR": ">>por<<"},
}
# Where the source word for the first step of the decoder stands: M2M100 puts a language token before the source and
# before the target; NLLB puts it behind the source; OPUS-MT puts the target's before the source only.
OFFSETS: Mapping[Style, int] = {"m2m100": 0, "nllb": -1, "opus": 1}


def likely_score() -> float:
    """The logarithm of the probability of each right word."""
    return -math.log(1 + (len(vocabulary("m2m100")) - 1) * math.exp(-SURE))


def words() -> list[str]:
    """All words, each once."""
    return list(dict.fromkeys(row[language] for language in LANGUAGES for row in WORDS))


def vocabulary(style: Style) -> list[str]:
    """The model's tokens, in order."""
    return [*SPECIAL, *(f"▁{word}" for word in words()), *TOKENS[style].values()]


@dataclass(frozen=True)
class _Blocks:
    """Where each block of a vector begins."""

    tokens: int
    languages: int

    @property
    def place(self) -> int:
        return self.tokens

    @property
    def language(self) -> int:
        return self.place + PLACES

    @property
    def source(self) -> int:
        return self.language + self.languages

    @property
    def said(self) -> int:
        return self.source + self.tokens

    @property
    def width(self) -> int:
        return self.said + self.tokens


class _Writer:
    def __init__(self, style: Style) -> None:
        self.style = style
        self.vocabulary = vocabulary(style)
        self.index = {token: number for number, token in enumerate(self.vocabulary)}
        self.at = _Blocks(len(self.vocabulary), len(LANGUAGES))

    def spec(self) -> Any:
        import ctranslate2

        spec = ctranslate2.specs.TransformerSpec.from_config(1, 1, pre_norm=True)
        for side in (spec.encoder, spec.decoder):
            side.scale_embeddings = False
            side.position_encodings.encodings = self._places()
        spec.encoder.embeddings[0].weight = self._embeddings()
        spec.decoder.embeddings.weight = self._embeddings()
        self._encode(spec.encoder)
        self._decode(spec.decoder)
        spec.register_source_vocabulary(self.vocabulary)
        spec.register_target_vocabulary(self.vocabulary)
        spec.config.decoder_start_token = "</s>"
        return spec

    def _zeros(self, rows: int, columns: int) -> Any:
        return np.zeros((rows, columns), np.float32)

    def _embeddings(self) -> Any:
        table = self._zeros(self.at.tokens, self.at.width)
        for token in range(self.at.tokens):
            table[token, token] = 1
        return table

    def _places(self) -> Any:
        table = self._zeros(PLACES, self.at.width)
        for place in range(PLACES):
            table[place, self.at.place + place] = 1
        return table

    def _norm(self, layer: Any, ones: int) -> None:
        """Undo the normalisation of a vector with so many ones."""
        width = self.at.width
        mean = ones / width
        spread = math.sqrt(mean - mean * mean + EPSILON)
        layer.gamma = np.full(width, spread, np.float32)
        layer.beta = np.full(width, mean, np.float32)

    def _linear(self, layer: Any, weight: Any, bias: Any = None) -> None:
        layer.weight = weight
        layer.bias = np.zeros(weight.shape[0], np.float32) if bias is None else bias

    def _idle(self, ffn: Any) -> None:
        self._norm(ffn.layer_norm, 2)
        self._linear(ffn.linear_0, self._zeros(8, self.at.width))
        self._linear(ffn.linear_1, self._zeros(self.at.width, 8))

    def _attend(self, attention: Any, ones: int, *, to: int | None, copy: Any) -> None:
        """Self-attention of every place to the place `to`; `copy` (width x width) is what is taken from there."""
        width = self.at.width
        self._norm(attention.layer_norm, ones)
        weight = self._zeros(3 * width, width)
        bias = np.zeros(3 * width, np.float32)
        if to is not None:
            bias[0] = SHARP * math.sqrt(width)
            weight[width, self.at.place + to] = 1
            weight[2 * width :] = copy
        self._linear(attention.linear[0], weight, bias)
        self._linear(attention.linear[1], np.eye(width, dtype=np.float32))

    def _language_of_token(self) -> Any:
        copy = self._zeros(self.at.width, self.at.width)
        for number, language in enumerate(LANGUAGES):
            copy[self.at.language + number, self.index[TOKENS[self.style][language]]] = 1
        return copy

    def _encode(self, encoder: Any) -> None:
        layer = encoder.layer[0]
        first = 0 if self.style == "opus" else None
        self._attend(layer.self_attention, 2, to=first, copy=self._language_of_token())
        self._idle(layer.ffn)
        self._norm(encoder.layer_norm, 3 if self.style == "opus" else 2)

    def _decode(self, decoder: Any) -> None:
        layer = decoder.layer[0]
        forced = None if self.style == "opus" else 1
        self._attend(layer.self_attention, 2, to=forced, copy=self._language_of_token())
        self._read_source(layer.attention, 2 if self.style == "opus" else 3)
        self._choose(layer.ffn)
        self._norm(decoder.layer_norm, 5)
        projection = self._zeros(self.at.tokens, self.at.width)
        for token in range(self.at.tokens):
            projection[token, self.at.said + token] = SURE
        self._linear(decoder.projection, projection)

    def _read_source(self, attention: Any, ones: int) -> None:
        """Step n of the decoder takes the word, and in OPUS-MT the language, from place n + offset of the source."""
        width, at = self.at.width, self.at
        self._norm(attention.layer_norm, ones)
        query, memory = self._zeros(width, width), self._zeros(2 * width, width)
        for step in range(PLACES):
            place = step + OFFSETS[self.style]
            if 0 <= place < PLACES:
                query[place, at.place + step] = SHARP * math.sqrt(width)
            memory[step, at.place + step] = 1
        for token in range(at.tokens):
            memory[width + at.source + token, token] = 1
        if self.style == "opus":
            for number in range(at.languages):
                memory[width + at.language + number, at.language + number] = 1
        self._linear(attention.linear[0], query)
        self._linear(attention.linear[1], memory)
        self._linear(attention.linear[2], np.eye(width, dtype=np.float32))

    def _choose(self, ffn: Any) -> None:
        """One hidden unit for each token and language: both have to be there."""
        self._norm(ffn.layer_norm, 4)
        units = [(token, number) for token in range(self.at.tokens) for number in range(self.at.languages)]
        first = self._zeros(len(units), self.at.width)
        second = self._zeros(self.at.width, len(units))
        for unit, (token, number) in enumerate(units):
            first[unit, self.at.source + token] = 1
            first[unit, self.at.language + number] = 1
            second[self.at.said + self._translated(token, LANGUAGES[number]), unit] = 1
        self._linear(ffn.linear_0, first, np.full(len(units), -1, np.float32))
        self._linear(ffn.linear_1, second)

    def _translated(self, token: int, language: str) -> int:
        word = self.vocabulary[token].removeprefix("▁")
        for row in WORDS:
            if word in row.values():
                return self.index[f"▁{row[language]}"]
        return token  # the end, and what is unknown


def note(style: Style) -> str:
    """The model.toml of a style."""
    tokens = TOKENS[style]

    def table(key: str) -> str:
        return key + " = { " + ", ".join(f'{tag} = ["{token}"]' for tag, token in tokens.items()) + " }"

    end = 'source_suffix = ["</s>"]'
    lines = {
        "m2m100": [table("source_prefix"), end, table("target_prefix")],
        "nllb": [
            "source_suffix = { "
            + ", ".join(f'{tag} = ["</s>", "{token}"]' for tag, token in tokens.items())
            + " }",
            table("target_prefix"),
        ],
        "opus": [table("source_prefix_by_target"), end],
    }[style]
    pairs = json.dumps([list(pair) for pair in PAIRS])
    return "\n".join([f'name = "tiny-{style}"', 'version = "1"', f"pairs = {pairs}", *lines]) + "\n"


def pieces(learnt: Sequence[str]) -> bytes:
    """A SentencePiece vocabulary of whole words."""
    import sentencepiece

    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(learnt)] * 20),
        model_writer=made,
        model_type="word",
        vocab_size=len(learnt) + len(SPECIAL),
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return made.getvalue()


def write_model(
    folder: Path, style: Style = "m2m100", *, version: str = "1", two_vocabularies: bool = False
) -> Path:
    """A complete model folder with its manifest, as an import would leave it."""
    (folder / "model").mkdir(parents=True)
    spec = _Writer(style).spec()
    spec.validate()
    spec.save(str(folder / "model"))
    vocabulary_file = pieces(words())
    for name in ("source.spm", "target.spm") if two_vocabularies else ("sentencepiece.model",):
        (folder / name).write_bytes(vocabulary_file)
    (folder / "model.toml").write_text(note(style), "utf-8")
    files = hash_files(folder)
    manifest = Manifest(
        engine="seq2seq",
        pairs=PAIRS,
        version=version,
        licence="CC0",
        sha256=sha256_of(folder / "model" / "model.bin"),
        size_bytes=sum((folder / name).stat().st_size for name in files),
        scores={},
        files=files,
    )
    write_manifest(folder, manifest)
    return folder


def renew_manifest(folder: Path, manifest: Manifest) -> None:
    """Write down the hashes of what the folder holds now."""
    write_manifest(folder, replace(manifest, files=hash_files(folder)))
