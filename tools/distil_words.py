"""Distils the sentence encoder all-MiniLM-L6-v2 into the band's table of word vectors.

Run by hand when the table changes; nothing of this is needed to play::

    python -m tools.distil_words MODEL_DIR --words WORD_LIST --wordnet WORDNET_DIR [--cache FILE] [--out DIR]

``MODEL_DIR`` holds ``model.safetensors`` and ``vocab.txt`` of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0).
``WORD_LIST`` is a list of English words, one a line (SCOWL, as Debian's wamerican-small has it); ``WORDNET_DIR`` the
``data.*`` and ``index.*`` files of WordNet 3.0. Of the last two only the choice of words and what the encoder says
about the definitions is used; none of their text is shipped. Takes about half an hour on one core.

1. Every row, a word or a piece of WordPiece, goes through the whole encoder alone. Words that WordPiece cuts up say
   little that way (``gladiator`` begins with ``glad``), so a word with a definition takes a part of what the encoder
   says of ``word definition``.
2. Principal components bring 384 dimensions to 128 (as Model2Vec does, https://github.com/MinishLab/model2vec).
3. Rows are refined by ridge regression so that the weighted mean of a definition's words comes near to what the whole
   encoder makes of the definition: words learn what they mean in company.
4. Frequent words weigh less: ``a / (a + p)`` with Zipf's estimate of p (Arora et al., 2017, "SIF").
5. Rows are stored as int8 directions with a float16 length.
"""

import argparse
import json
import re
import struct
import tomllib
from collections.abc import Container, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import erf

from everjam.engines.band.cards import default_deck
from everjam.engines.band.prompts.embedding import split_words, stems, word_pieces

Array = npt.NDArray[np.float32]

LAYERS: Final = 6
HEADS: Final = 12
DIMENSIONS: Final = 128
BATCH: Final = 128
SIF: Final = 3e-4
RIDGE: Final = 2.0
MAX_TOKENS: Final = 28
DEFINITION_SHARE: Final = 0.5
"""What a definition counts beside the word alone."""
SAME: Final = 0.6
"""Similarity from which an inflected form needs no row beside its stem."""
KEEP_EVERY: Final = 4096
"""Texts after which the cache is written."""
_KEPT: Final = re.compile(r"(##)?[a-z]+")
_ROOT: Final = Path(__file__).resolve().parents[1]
_OUT: Final = _ROOT / "src" / "everjam" / "engines" / "band" / "prompts" / "data"


def read_tensors(path: Path) -> dict[str, Array]:
    """The float32 tensors of a safetensors file by name."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    start = 8 + length
    tensors = {}
    for name, entry in json.loads(raw[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            low, high = entry["data_offsets"]
            tensors[name] = np.frombuffer(raw[start + low : start + high], "<f4").reshape(entry["shape"])
    return tensors


class Encoder:
    """all-MiniLM-L6-v2 forwards, in float32 on one core.

    Args:
        folder: Where ``model.safetensors`` and ``vocab.txt`` are.
    """

    def __init__(self, folder: Path) -> None:
        self._weights = read_tensors(folder / "model.safetensors")
        lines = (folder / "vocab.txt").read_text("utf-8").split("\n")
        self.vocabulary = {word: index for index, word in enumerate(lines) if word}

    def encode(self, texts: Sequence[Sequence[int]]) -> Array:
        """Unit vectors of token sequences.

        Args:
            texts: Tokens without the markers of begin and end.

        Returns:
            Shape (texts, 384).
        """
        out = np.zeros((len(texts), 384), np.float32)
        by_length: dict[int, list[int]] = {}
        for index, tokens in enumerate(texts):
            by_length.setdefault(len(tokens), []).append(index)
        for members in by_length.values():
            for at in range(0, len(members), BATCH):
                chunk = members[at : at + BATCH]
                ids = np.array([[101, *texts[index], 102] for index in chunk])
                mean = self._forward(ids).mean(axis=1)
                out[chunk] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return out

    def _norm(self, x: Array, name: str) -> Array:
        x = x - x.mean(-1, keepdims=True)
        scaled = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        result: Array = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return result

    def _dense(self, x: Array, name: str) -> Array:
        result: Array = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _forward(self, ids: npt.NDArray[np.int64]) -> Array:
        rows, length = ids.shape
        embeddings = "embeddings"
        x: Array = (
            self._weights[f"{embeddings}.word_embeddings.weight"][ids]
            + self._weights[f"{embeddings}.position_embeddings.weight"][:length]
            + self._weights[f"{embeddings}.token_type_embeddings.weight"][0]
        )
        x = self._norm(x, f"{embeddings}.LayerNorm")
        for layer in range(LAYERS):
            path = f"encoder.layer.{layer}"
            query, key, value = (
                self._dense(x, f"{path}.attention.self.{name}")
                .reshape(rows, length, HEADS, 384 // HEADS)
                .transpose(0, 2, 1, 3)
                for name in ("query", "key", "value")
            )
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(384 // HEADS))
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            mixed = (scores / scores.sum(-1, keepdims=True)) @ value
            joined = mixed.transpose(0, 2, 1, 3).reshape(rows, length, 384)
            x = self._norm(
                x + self._dense(joined, f"{path}.attention.output.dense"), f"{path}.attention.output.LayerNorm"
            )
            inner = self._dense(x, f"{path}.intermediate.dense")
            inner = inner * np.float32(0.5) * (1 + erf(inner * np.float32(np.sqrt(0.5))))
            x = self._norm(x + self._dense(inner, f"{path}.output.dense"), f"{path}.output.LayerNorm")
        return x


def choose_rows(vocabulary: Iterable[str], words: Iterable[str], defined: Container[str]) -> list[str]:
    """The rows of the table, most frequent first as the encoder's vocabulary has them.

    Args:
        vocabulary: The encoder's.
        words: A word list; what the vocabulary lacks of it is added if a dictionary has it under just this form.
        defined: Headwords of that dictionary.
    """
    rows = [word for word in vocabulary if _KEPT.fullmatch(word)]
    known = set(rows)
    wanted = {word for word in words if re.fullmatch("[a-z]{3,}", word) and word in defined} | _lexicon_words()
    return rows + sorted(wanted - known)


def _lexicon_words() -> set[str]:
    """Words of the English names of the lexicon and of the cards' names."""
    files = (resources.files("everjam.engines.band") / "lexicon").iterdir()
    lines = [
        line
        for file in files
        if file.name.endswith(".toml") and not file.name.startswith("languages")
        for line in tomllib.loads(file.read_text("utf-8"))["words"]
    ]
    lines += [card.name for card in default_deck().cards.values()]
    return {word for line in lines for word in split_words(line) if re.fullmatch("[a-z]{3,}", word)}


def superfluous(rows: Sequence[str], vectors: Array) -> set[str]:
    """Words that say what their stem says, which the band finds by itself."""
    unit = vectors - vectors.mean(0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    known = {row: index for index, row in enumerate(rows)}
    found = set()
    for word, index in known.items():
        stem = next((stem for stem in stems(word) if stem in known), None)
        if stem and unit[index] @ unit[known[stem]] > SAME:
            found.add(word)
    return found


def read_senses(folder: Path) -> dict[str, str]:
    """The definition of each word's most usual sense in WordNet, without its examples.

    Args:
        folder: Holds ``index.noun``, ``data.noun`` and so on.
    """
    best: dict[str, tuple[int, str]] = {}
    for kind in ("noun", "adj", "verb", "adv"):
        glosses = {}
        for line in (folder / f"data.{kind}").read_text("latin-1").splitlines():
            if not line.startswith("  "):
                glosses[line[:8]] = line.partition(" | ")[2].partition('; "')[0].strip()
        for line in (folder / f"index.{kind}").read_text("latin-1").splitlines():
            fields = line.split()
            if line.startswith("  ") or not _KEPT.fullmatch(fields[0]):
                continue
            senses = int(fields[2])
            # Counted uses decide between a noun and a verb that are spelled alike.
            uses = int(fields[-senses - 1])
            if uses > best.get(fields[0], (-1, ""))[0]:
                best[fields[0]] = (uses, glosses[fields[-senses]])
    return {word: gloss for word, (_, gloss) in best.items()}


def refine(raw: Array, texts: Sequence[Sequence[int]], targets: Array, weights: Array) -> Array:
    """Rows whose weighted mean over a text comes near to the text's vector, but which stay near to ``raw``.

    Solves ``min |A X - B|^2 + RIDGE |X - raw|^2`` by conjugate gradients, all dimensions at once.
    """
    lengths = [len(text) for text in texts]
    columns = np.concatenate([np.asarray(text, np.int64) for text in texts])
    values = weights[columns]
    at = np.repeat(np.arange(len(texts)), lengths)
    totals = np.bincount(at, values, len(texts)).astype(np.float32)
    a = sparse.csr_matrix((values / totals[at], (at, columns)), shape=(len(texts), len(raw)))
    # A text's mean is shorter than its words; one factor brings it to the length of the targets.
    mean = a @ raw
    a = a * float((mean * targets).sum() / (mean * mean).sum())
    x = raw.copy()
    residual = a.T @ (targets - a @ x)
    direction = residual.copy()
    square = (residual * residual).sum(0)
    for _ in range(60):
        image = a.T @ (a @ direction) + RIDGE * direction
        step = square / np.maximum((direction * image).sum(0), 1e-12)
        x += step * direction
        residual -= step * image
        following = (residual * residual).sum(0)
        direction = residual + (following / np.maximum(square, 1e-12)) * direction
        square = following
    return np.asarray(x, np.float32)


class Cache:
    """What the encoder has said before, by text.

    Args:
        encoder: Who is asked.
        path: A file to keep it in, if any.
    """

    def __init__(self, encoder: Encoder, path: Path | None) -> None:
        self._encoder = encoder
        self._path = path
        self._said: dict[str, Array] = {}
        if path is not None and path.exists():
            kept = np.load(path)
            self._said = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))

    def encode(self, texts: Sequence[str]) -> Array:
        """Unit vectors of texts; a text that is a row of the vocabulary is taken as that row.

        Returns:
            Shape (texts, 384).
        """
        vocabulary = self._encoder.vocabulary
        missing = list(dict.fromkeys(text for text in texts if text not in self._said))
        tokens = [
            [vocabulary[piece] for word in _encoder_words(text, vocabulary) for piece in word_pieces(word, vocabulary)]
            for text in missing
        ]
        for at in range(0, len(missing), KEEP_EVERY):
            vectors = self._encoder.encode([ids[:MAX_TOKENS] for ids in tokens[at : at + KEEP_EVERY]])
            self._said.update(zip(missing[at : at + KEEP_EVERY], vectors, strict=True))
            print(f"\r{at + len(vectors):,} of {len(missing):,}", end="", flush=True)
            if self._path is not None:
                np.savez(self._path, texts=np.array(list(self._said)), vectors=np.array(list(self._said.values())))
        return np.array([self._said[text] for text in texts])


def _encoder_words(text: str, vocabulary: Container[str]) -> list[str]:
    return [text] if text in vocabulary else split_words(text)


def words_as_rows(text: str, known: Mapping[str, int]) -> list[str]:
    """The rows that a text's words are read as: whole words, else pieces."""
    return [row for word in split_words(text) for row in ([word] if word in known else word_pieces(word, known))]


def distil(rows: Sequence[str], raw: Array, senses: Mapping[str, str], said: Array) -> Array:
    """The table in float32, the weights of words folded into the lengths of its rows.

    Args:
        rows: Words and pieces, the encoder's own first and by falling frequency.
        raw: What the encoder says of each alone, shape (rows, 384).
        senses: Definitions of some of the rows.
        said: What the encoder says of ``word definition``, shape (senses, 384).
    """
    known = {row: index for index, row in enumerate(rows)}
    alone, meant = raw - raw.mean(0), said - said.mean(0)
    alone /= np.linalg.norm(alone, axis=1, keepdims=True)
    meant /= np.linalg.norm(meant, axis=1, keepdims=True)
    defined = [known[word] for word in senses]
    alone[defined] = (1 - DEFINITION_SHARE) * alone[defined] + DEFINITION_SHARE * meant
    _, _, axes = np.linalg.svd(meant[::4], full_matrices=False)
    short, targets = alone @ axes[:DIMENSIONS].T, meant @ axes[:DIMENSIONS].T
    ranks = np.arange(1, len(rows) + 1)
    weights = (SIF / (SIF + 1.0 / (ranks * np.log(len(rows))))).astype(np.float32)
    texts = [[known[row] for row in words_as_rows(f"{word} {sense}", known)] for word, sense in senses.items()]
    refined = refine(short.astype(np.float32), texts, targets.astype(np.float32), weights)
    refined /= np.linalg.norm(refined, axis=1, keepdims=True)
    return np.asarray(refined * weights[:, None], np.float32)


def quantise(rows: Array) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """int8 directions and float16 lengths of one unit."""
    peak = np.maximum(np.abs(rows).max(axis=1), 1e-9)
    return np.rint(rows / peak[:, None] * 127).astype(np.int8), (peak / 127).astype(np.float16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--words", type=Path, required=True, help="list of English words")
    parser.add_argument("--wordnet", type=Path, required=True, help="folder of WordNet's data and index files")
    parser.add_argument("--cache", type=Path, help="file (.npz) that keeps what the encoder said")
    parser.add_argument("--out", type=Path, default=_OUT)
    options = parser.parse_args()
    encoder = Encoder(options.model)
    cache = Cache(encoder, options.cache)
    definitions = read_senses(options.wordnet)
    rows = choose_rows(encoder.vocabulary, options.words.read_text("utf-8").splitlines(), definitions)
    left_out = superfluous(rows, cache.encode(rows))
    rows = [row for row in rows if row not in left_out]
    senses = {row: definitions[row] for row in rows if row in definitions}
    said = cache.encode([f"{word} {sense}" for word, sense in senses.items()])
    directions, lengths = quantise(distil(rows, cache.encode(rows), senses, said))
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "words.npy", directions)
    np.save(options.out / "lengths.npy", lengths)
    (options.out / "words.txt").write_text("\n".join(rows), "utf-8")
    print(f"\n{len(rows):,} rows, {directions.nbytes + lengths.nbytes:,} bytes of vectors in {options.out}")


if __name__ == "__main__":
    main()
