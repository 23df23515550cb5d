"""The table of word vectors: small, deterministic, and near where words are near."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from everjam.engines.band.prompts.embedding import WordTable, split_words, word_pieces, word_table

DATA = Path(str(resources.files("everjam.engines.band.prompts") / "data"))


def similarity(one: str, other: str) -> float:
    table = word_table()
    return float(table.embed(one) @ table.embed(other))


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("lighthouse", "ocean", "disco"),
        ("violinist", "orchestra", "desert"),
        ("pirates", "sailor", "bride"),
        ("snowstorm", "winter", "beach"),
        ("sorceress", "magic", "truck"),
        ("gladiators", "battle", "coffee"),
    ],
)
def test_words_are_near_where_they_should_be(word: str, near: str, far: str) -> None:
    assert similarity(word, near) > similarity(word, far) + 0.1


def test_common_words_weigh_little() -> None:
    assert similarity("the old lighthouse", "lighthouse") > 0.75
    assert word_table().weight("the") < 0.3 * word_table().weight("lighthouse")


def test_a_text_of_unknown_words_has_no_direction() -> None:
    assert not word_table().embed("qzx wvvk").any()
    assert not word_table().embed("").any()


def test_one_text_or_many_is_the_same() -> None:
    table = word_table()
    texts = ["pirate ship", "snow", "a long road through the desert"]
    many = table.embed_all([table.exact_rows(text.split()) for text in texts])
    for text, vector in zip(texts, many, strict=True):
        np.testing.assert_allclose(table.embed(text), vector, atol=1e-5)


def test_words_and_pieces() -> None:
    assert split_words("Crème brûlée, 2 a.m.!") == ["creme", "brulee", "2", "a", "m"]
    assert word_pieces("lampshades", {"lamp", "##shade", "##s"}) == ["lamp", "##shade", "##s"]
    assert word_pieces("lampx", {"lamp"}) == []


def test_endings_lead_to_the_stem() -> None:
    table = WordTable(
        {"dance": 0, "pony": 1}, np.array([[127, 0], [0, 127]], np.int8), np.array([0.01, 0.01], np.float16)
    )
    np.testing.assert_allclose(table.embed("dancing"), table.embed("dance"))
    np.testing.assert_allclose(table.embed("ponies"), table.embed("pony"))
    assert table.knows("danced")
    assert not table.knows("dan")


def test_it_is_small_and_its_parts_fit() -> None:
    words = (DATA / "words.txt").read_text("utf-8").split("\n")
    vectors, lengths = np.load(DATA / "words.npy"), np.load(DATA / "lengths.npy")
    assert vectors.dtype == np.int8
    assert vectors.shape == (len(words), 128)
    assert lengths.shape == (len(words),)
    assert len(set(words)) == len(words)
    assert sum((DATA / name).stat().st_size for name in ("words.txt", "words.npy", "lengths.npy")) < 4.6e6
    assert "Apache License" in (DATA / "LICENSE.all-MiniLM-L6-v2.txt").read_text("utf-8")
