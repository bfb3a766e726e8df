"""Turn articles and targets into words of which it is known where the target stands.

The words are BNLP's of the normalised text, sentence by sentence. Mentions of the target
become ``<T>`` and those of other targets ``<O>``, each with its case ending, so that what
is learnt is what an article says and not about whom.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from khobor_features.mentions import Mention, Names
from khobor_features.normalise import Normalizer
from khobor_features.tokenise import Tokenizer, Tokens

TARGET, OTHER = 1, 2

LONGEST_TITLE = 25
"""A first line of more words is no title."""

_SENTENCE = re.compile(r"[^।॥?!\n]+[।॥?!]*[”’\"']*|[।॥?!]+[”’\"']*")
_OPEN = dict(zip("“‘\"'", "”’\"'", strict=True))
_TOKENIZER = Tokenizer()


@dataclass(frozen=True)
class TargetTokens:
    """The words of a batch of rows, each an article and a target.

    Attributes
    ----------
    tokens : Tokens of n_rows texts
        Mentions masked: a mention is one word.
    plain : Tokens of n_rows texts
        As they stand.
    sentence : ndarray of int32 of shape (n_tokens,)
        Of each masked word the number of its sentence in its text; the first is 0.
    headline, quoted : ndarray of bool of shape (n_tokens,)
        Whether a masked word stands in the title, and inside quotation marks.
    mark : ndarray of int8 of shape (n_tokens,)
        1 for a mention of the target, 2 for one of another target, or 0.
    targets : list of str
        Of each row, by the name that its table gives it.
    """

    tokens: Tokens
    plain: Tokens
    sentence: NDArray[np.int32]
    headline: NDArray[np.bool_]
    quoted: NDArray[np.bool_]
    mark: NDArray[np.int8]
    targets: list[str]

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: NDArray[np.intp]) -> "TargetTokens":
        """Return some of the rows."""
        starts = self.tokens.starts
        pieces = [np.arange(starts[i], starts[i + 1]) for i in rows]
        kept = np.concatenate([np.empty(0, np.int64), *pieces])
        return TargetTokens(
            self.tokens.take(rows),
            self.plain.take(rows),
            self.sentence[kept],
            self.headline[kept],
            self.quoted[kept],
            self.mark[kept],
            [self.targets[i] for i in rows],
        )

    def where(self, kept: NDArray[np.bool_]) -> Tokens:
        """Return the masked words for which `kept` is true, over the words that stand among them."""
        starts = np.append(0, np.cumsum(kept))[self.tokens.starts]
        ids = self.tokens.ids[kept]
        used = np.zeros(len(self.tokens.words), bool)
        used[ids] = True
        number = (np.cumsum(used) - 1).astype(np.int32)
        words = [self.tokens.words[i] for i in np.flatnonzero(used).tolist()]
        return Tokens(words, number[ids], starts.astype(np.int64))

    @property
    def row(self) -> NDArray[np.intp]:
        """The row of each masked word."""
        return np.repeat(np.arange(len(self)), np.diff(self.tokens.starts))

    @cached_property
    def sentence_key(self) -> NDArray[np.int64]:
        """A number of each masked word's sentence that no other row uses; never decreasing."""
        return self.row * np.int64(1 + int(self.sentence.max(initial=0))) + self.sentence

    @cached_property
    def with_target(self) -> NDArray[np.bool_]:
        """Whether each masked word stands in a sentence that mentions the target."""
        return np.isin(self.sentence_key, self.sentence_key[self.mark == TARGET])

    @cached_property
    def with_other(self) -> NDArray[np.bool_]:
        """Whether each masked word stands in a sentence that mentions another target."""
        return np.isin(self.sentence_key, self.sentence_key[self.mark == OTHER])

    @cached_property
    def about_target(self) -> NDArray[np.bool_]:
        """Whether a sentence mentions the target, or no other since the last one that did."""
        key = self.sentence_key
        number = np.append(0, np.cumsum(key[1:] != key[:-1])) if len(key) else key
        n = int(number[-1]) + 1 if len(key) else 0
        row = np.zeros(n, np.intp)
        row[number] = self.row
        # The last mention of a sentence decides of whom those go on that mention nobody.
        last = np.zeros(n, np.int8)
        last[number[self.mark > 0]] = self.mark[self.mark > 0]
        named = np.maximum.accumulate(np.where(last > 0, np.arange(n), -1)) if n else np.zeros(0, np.intp)
        goes_on = (named >= 0) & (row[named] == row) & (last[named] == TARGET)
        return np.asarray(self.with_target | (goes_on & (last == 0))[number])

    @property
    def n_mentions(self) -> NDArray[np.intp]:
        """How often the target is mentioned in each row."""
        return np.bincount(self.row[self.mark == TARGET], minlength=len(self))


def sentences(text: str) -> list[tuple[int, int]]:
    r"""Return where each sentence of a normalised text begins and ends.

    A sentence ends with a danda, a question or exclamation mark and the quotation marks
    behind it, or with its line.

    Examples
    --------
    >>> text = "শিরোনাম\nতিনি এলেন। কেন?"
    >>> [text[a:b] for a, b in sentences(text)]
    ['শিরোনাম', 'তিনি এলেন।', 'কেন?']
    """
    found = []
    for match in _SENTENCE.finditer(text):
        own = match.group()
        if own.strip():
            start = match.start() + len(own) - len(own.lstrip())
            found.append((start, match.end() - len(own) + len(own.rstrip())))
    return found


def has_title(text: str) -> bool:
    """Tell whether the first line of a normalised text is a title: short, and no sentence."""
    first, newline, _ = text.partition("\n")
    return bool(newline) and len(first.split()) <= LONGEST_TITLE and not first.endswith(("।", "॥"))


@dataclass(frozen=True)
class _Article:
    """The words of an article, and of each what stands in `TargetTokens`."""

    words: list[str]
    sentence: list[int]
    headline: list[bool]
    quoted: list[bool]
    line_starts: set[int]


class TargetTokenizer(TransformerMixin, BaseEstimator):
    """Find targets in articles and mask them.

    Stateless.

    Parameters
    ----------
    normalizer : Normalizer
    names : Names
        The table of targets.

    Examples
    --------
    >>> tokenizer = TargetTokenizer(normalizer=Normalizer(), names=Names({"ভারত": []}))
    >>> tokenizer.transform([("ভারতের সঙ্গে চীনের কথা", "চীন")]).tokens.words
    ['<O>ের', 'সঙ্গে', '<T>ের', 'কথা']
    """

    def __init__(self, *, normalizer: Normalizer, names: Names) -> None:
        self.normalizer = normalizer
        self.names = names

    def fit(self, X: Iterable[tuple[str, str]], y: object = None) -> Self:
        """Check the normaliser's parameters; there is nothing to learn."""
        self.normalizer.fit([])
        return self

    def transform(self, X: Iterable[tuple[str, str]]) -> TargetTokens:
        """Return the words of rows.

        Parameters
        ----------
        X : iterable of (text, target) of length n_rows
        """
        rows = list(X)
        articles = self._articles(dict.fromkeys(text for text, _ in rows))
        masked, plain = _Builder(), _Builder()
        targets: list[str] = []
        marks: list[int] = []
        sentence: list[int] = []
        headline: list[bool] = []
        quoted: list[bool] = []
        for text, target in rows:
            article = articles[text]
            name = self.names.resolve(target)
            words, places, mark = mask(article.words, self._found(article, name), name)
            masked.add(words)
            plain.add(article.words)
            marks += mark
            targets.append(name)
            sentence += [article.sentence[i] for i in places]
            headline += [article.headline[i] for i in places]
            quoted += [article.quoted[i] for i in places]
        return TargetTokens(
            masked.tokens(),
            plain.tokens(),
            np.array(sentence, np.int32),
            np.array(headline, bool),
            np.array(quoted, bool),
            np.array(marks, np.int8),
            targets,
        )

    def mentioned(self, text: str) -> list[str]:
        """Return the targets of the table that a text mentions, the most mentioned first."""
        article = self._articles([text])[text]
        times: dict[str, int] = {}
        for mention in self._found(article):
            times[mention.target] = times.get(mention.target, 0) + 1
        return sorted(times, key=lambda target: -times[target])

    def shares(self, text: str, target: str, values: NDArray[np.float64]) -> tuple[list[str], list[float]]:
        """Return the words of a text and the share of each in the values of its masked words.

        Parameters
        ----------
        text, target : str
            One row of `transform`.
        values : ndarray of shape (n_masked_words,)
            The value of a mention is shared evenly by its words.
        """
        name = self.names.resolve(target)
        words, found = self.find(text, name)
        _, places, _ = mask(words, found, name)
        stop = {mention.start: mention.stop for mention in found}
        share = [0.0] * len(words)
        for place, value in zip(places, values.tolist(), strict=True):
            own = range(place, stop.get(place, place + 1))
            for i in own:
                share[i] += value / len(own)
        return words, share

    def mentions(self, text: str, target: str) -> list[tuple[list[str], str]]:
        """Return the words of each mention of a target, and what the last of them has after the name."""
        words, found = self.find(text, target)
        return [(words[m.start : m.stop], m.ending) for m in found if m.target == target]

    def find(self, text: str, target: str) -> tuple[list[str], list[Mention]]:
        """Return the words of a text, and the mentions of all targets among them.

        Parameters
        ----------
        text : str
        target : str
            As the table resolves it; one outside the table is looked for as well.
        """
        article = self._articles([text])[text]
        return article.words, self._found(article, target)

    def _found(self, article: "_Article", target: str = "") -> list[Mention]:
        return self.names.find(article.words, target, article.line_starts)

    def _articles(self, texts: Iterable[str]) -> dict[str, "_Article"]:
        """Return the words of each text, sentence by sentence."""
        normal = {text: self.normalizer.normalise(text) for text in texts}
        spans = {text: sentences(own) for text, own in normal.items()}
        tokens = _TOKENIZER.transform(normal[text][a:b] for text, own in spans.items() for a, b in own)
        every = [tokens.words[i] for i in tokens.ids.tolist()]
        ends = iter(tokens.starts[1:].tolist())
        articles: dict[str, _Article] = {}
        start = 0
        for text, own in normal.items():
            article = articles[text] = _Article([], [], [], [], set())
            title_end, line_end, closing = own.find("\n") if has_title(own) else 0, -1, ""
            for number, (begin, _) in enumerate(spans[text]):
                stop = next(ends)
                if begin > line_end:  # neither a quotation nor a name reaches over the end of its line
                    line_end = own.find("\n", begin)
                    line_end = len(own) if line_end < 0 else line_end
                    closing = ""
                    article.line_starts.add(len(article.words))
                for word in every[start:stop]:
                    # What opens and closes a quotation counts as quoted.
                    inside = bool(closing) or word in _OPEN
                    closing = ("" if word == closing else closing) if closing else _OPEN.get(word, "")
                    article.words.append(word)
                    article.sentence.append(number)
                    article.headline.append(begin < title_end)
                    article.quoted.append(inside)
                start = stop
        return articles


def mask(words: list[str], mentions: list[Mention], target: str) -> tuple[list[str], list[int], list[int]]:
    """Return the words with mentions masked, where each stood, and their marks."""
    new: list[str] = []
    places: list[int] = []
    marks: list[int] = []
    i = 0
    for mention in [*mentions, None]:
        stop = mention.start if mention else len(words)
        new += words[i:stop]
        places += range(i, stop)
        marks += [0] * (stop - i)
        if mention:
            own = mention.target == target
            new.append(("<T>" if own else "<O>") + mention.ending)
            places.append(mention.start)
            marks.append(TARGET if own else OTHER)
            i = mention.stop
    return new, places, marks


class _Builder:
    """Number words while texts come in."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.ids: list[int] = []
        self.starts = [0]

    def add(self, words: list[str]) -> None:
        number = self.number
        self.ids += [number.setdefault(word, len(number)) for word in words]
        self.starts.append(len(self.ids))

    def tokens(self) -> Tokens:
        return Tokens(list(self.number), np.array(self.ids, np.int32), np.array(self.starts, np.int64))
