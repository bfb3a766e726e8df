"""Find where a text mentions a target: a state, an organisation, a person.

Bangla glues case endings to a name (ভারত, ভারতের, ভারতকে, ভারতীয়), and other words
begin like one (চীনামাটি is porcelain and not China). So a name is matched as a stem
with an ending that a name can take, the longest name first, and words that only look
like a mention are named as exceptions.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from khobor_features.spelling import Digits, respell
from khobor_features.tokenise import Tokenizer

ENDING = (
    r"(?:ীয়|ি|ী)?(?:টি|টা|গুলো|গুলি|রা|েরা|য়েরা)?"
    r"(?:র|ের|এর|য়ের|য়ে|কে|েকে|তে|েতে|ে|য়|দের|েদের|য়েদের|দেরকে|বাসী|বাসীর)?(?:ই|ও)?"
)
"""What may follow a name in the same word: adjective, plural, case, emphasis."""

LONGEST_ENDING = 12

Words = tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """One mention of a target among the words of a text.

    Attributes
    ----------
    start, stop : int
        It stands at ``words[start:stop]``.
    target : str
    ending : str
        What the last word has after the name.
    """

    start: int
    stop: int
    target: str
    ending: str


@lru_cache(maxsize=2)
def _ending(digits: Digits) -> re.Pattern[str]:
    return re.compile(respell(ENDING, digits))


@dataclass(frozen=True)
class Names:
    """The names that are looked for, and what looks like one and is none.

    Attributes
    ----------
    aliases : mapping of str to sequence of str
        Target to its other names. The target's own name counts as well.
    exceptions : mapping of str to sequence of str
        Target to words and phrases that hold one of its names and do not mean it.
    digits : {"keep", "ascii"}
        How the text that is searched is spelt.

    Examples
    --------
    >>> names = Names({"চীন": ["বেইজিং"], "ভারত": []}, {"চীন": ["চীন সাগর"]})
    >>> words = "ভারতের মতে বেইজিংকে দক্ষিণ চীন সাগরে চীনামাটি রাখতে হবে".split()
    >>> [(m.target, words[m.start]) for m in names.find(words)]
    [('ভারত', 'ভারতের'), ('চীন', 'বেইজিংকে')]
    """

    aliases: Mapping[str, Sequence[str]]
    exceptions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    digits: Digits = "ascii"

    def split(self, name: str) -> Words:
        """Return the words of a name, spelt and split like text."""
        return tuple(Tokenizer().tokenise(" ".join(respell(name, self.digits).split())))

    @cached_property
    def _owner(self) -> dict[Words, str]:
        """Map the words of each name to its target; of an exception, to an empty string."""
        owner: dict[Words, str] = {}
        for target, aliases in self.aliases.items():
            for name in (target, *aliases):
                owner.setdefault(self.split(name), target)
        for target in self.exceptions:
            for phrase in self.exceptions[target]:
                owner[self.split(phrase)] = ""
        owner.pop((), None)
        return owner

    @cached_property
    def _index(self) -> "_Index":
        return _Index(self._owner)

    def resolve(self, target: str) -> str:
        """Return the target that a name belongs to; an unknown name is a target of its own."""
        return self._owner.get(self.split(target)) or " ".join(respell(target, self.digits).split())

    def knows(self, target: str) -> bool:
        """Tell whether a target stands in the table."""
        return target in self.aliases

    def find(self, words: Sequence[str], target: str = "", line_starts: Container[int] = ()) -> list[Mention]:
        """Return the mentions among words, in order; none overlap.

        Parameters
        ----------
        words : sequence of str
            Tokens of normalised text.
        target : str
            As `resolve` returned it. One outside the table is looked for as well: by its
            name, and by its last word, which later sentences use alone; where neither stands,
            by any of its words that is no other target's name.
        line_starts : container of int, default=()
            Places among `words` where a line begins: no name reaches over one, so that a title's last
            word and the first word after it are never one name.
        """
        if not target or target in self.aliases:
            return list(self._index.search(words, self.digits, line_starts))
        own = self.split(target)
        parts = [(word,) for word in own if len(word) > 2 and self._free(word)]
        whole, rest = own[-1:] if parts and (own[-1],) in parts else (), parts
        for names in ([own, whole], rest):
            extra = {name: target for name in names if name}
            found = list(_Index({**self._owner, **extra}).search(words, self.digits, line_starts))
            if any(mention.target == target for mention in found):
                break
        return found

    def _free(self, word: str) -> bool:
        """Tell whether a word is not, with or without an ending, the name of a target."""
        return not any(self._index.search([word], self.digits))

    def overlaps(self) -> Iterator[str]:
        """Say which names are shared by targets, or read as another target's name with an ending."""
        of: dict[Words, list[str]] = {}
        for target, aliases in self.aliases.items():
            for name in {self.split(name) for name in (target, *aliases)}:
                of.setdefault(name, []).append(target)
        for name, owners in of.items():
            if len(owners) > 1:
                yield f"'{' '.join(name)}' names {' and '.join(owners)}; it counts for {owners[0]}"
        for name, owners in of.items():
            if self._owner.get(name) == "":
                yield f"'{' '.join(name)}' names {owners[0]} and is an exception; it counts for none"
            for stem, _ in _stems(name[-1], {own[-1] for own in of}, self.digits):
                shorter = (*name[:-1], stem)
                if shorter != name and shorter in of and of[shorter][0] != owners[0]:
                    yield (
                        f"'{' '.join(name)}' of {owners[0]} is '{' '.join(shorter)}' of {of[shorter][0]} "
                        f"with an ending; it counts for {owners[0]}"
                    )

    def __getstate__(self) -> dict[str, object]:
        # What was worked out is worked out again where it is needed.
        return {
            "aliases": {k: list(v) for k, v in self.aliases.items()},
            "exceptions": {k: list(v) for k, v in self.exceptions.items()},
            "digits": self.digits,
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)


class _Index:
    """Names by their first word, the longest first."""

    def __init__(self, owner: Mapping[Words, str]) -> None:
        self.owner = owner
        self.single = {name[0] for name in owner if len(name) == 1}
        self.longer: dict[str, list[Words]] = {}
        for name in sorted(owner, key=len, reverse=True):
            if len(name) > 1:
                self.longer.setdefault(name[0], []).append(name)

    def search(
        self, words: Sequence[str], digits: Digits, line_starts: Container[int] = ()
    ) -> Iterator[Mention]:
        """Yield the mentions from left to right."""
        i = 0
        while i < len(words):
            stop, name, ending = self._at(words, i, digits, line_starts)
            if name and (target := self.owner[name]):
                yield Mention(i, stop, target, ending)
            i = max(stop, i + 1)

    def _at(
        self, words: Sequence[str], i: int, digits: Digits, line_starts: Container[int]
    ) -> tuple[int, Words, str]:
        for name in self.longer.get(words[i], ()):
            last = i + len(name) - 1
            on_one_line = not any(place in line_starts for place in range(i + 1, last + 1))
            if last < len(words) and on_one_line and tuple(words[i:last]) == name[:-1]:
                for _, ending in _stems(words[last], {name[-1]}, digits):
                    return last + 1, name, ending
        for stem, ending in _stems(words[i], self.single, digits):
            return i + 1, (stem,), ending
        return i, (), ""


def _stems(word: str, stems: Iterable[str], digits: Digits) -> Iterator[tuple[str, str]]:
    """Yield each stem that the word is, with its ending; the longest stem first."""
    word = word.rstrip(".") or word  # BNLP leaves the dots of a cut-off line on its last word
    for cut in range(len(word), max(len(word) - LONGEST_ENDING, 0), -1):
        if word[:cut] in stems and _ending(digits).fullmatch(word[cut:]):
            yield word[:cut], word[cut:]
