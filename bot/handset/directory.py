"""Which phones there are, and whom they hear from."""

from __future__ import annotations

from bot.handset.config import HandsetConfig
from bot.handset.phones import PhoneId, Phones
from bot.handset.words import WORDS
from bot.pages import Language


class Directory:
    """The phones we were told of, and those that were written to."""

    def __init__(self, phones: Phones, config: HandsetConfig) -> None:
        self._phones = phones
        self._names = dict(config.phones)
        self._brand = config.brand

    @property
    def first(self) -> PhoneId:
        """The phone shown when none is asked for."""
        return self._phones.id_of(next(iter(self._names)))

    async def numbers(self) -> dict[PhoneId, str]:
        """The number of every phone."""
        return {self._phones.id_of(number): number for number in self._names} | await self._phones.numbers()

    async def choices(self, language: Language) -> list[tuple[PhoneId, str]]:
        """(id, name) of every phone, those we were told of first."""
        ranked = sorted((await self.numbers()).items(), key=lambda pair: (pair[1] not in self._names, pair[1]))
        unnamed = _word("unnamed", language)
        return [(phone, f"{self._names.get(number, unnamed)} · {number[-4:]}") for phone, number in ranked]

    def brand(self, language: Language) -> str:
        """Whom the messages come from, as the phone shows it."""
        return self._brand or _word("brand", language)


def _word(key: str, language: Language) -> str:
    return WORDS[key][language == "en"]
