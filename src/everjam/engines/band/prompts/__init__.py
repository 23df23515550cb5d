"""What a text means to this band: any text in, weights over cards out, always with a reason."""

from everjam.engines.band.prompts.interpret import Interpretation, Lexicon, explain, ingredients, interpret, shown

__all__ = ["Interpretation", "Lexicon", "explain", "ingredients", "interpret", "shown"]
