"""How a message looks: one source per card and language, rendered to RCS and to text."""

from cards.library import Cards, load_cards
from cards.model import Card, CardChoice, CardError

__all__ = ["Card", "CardChoice", "CardError", "Cards", "load_cards"]
