"""Count who is praised and who is blamed: what a few hundred rows are too few to learn by words.

Praise, blame, reporting and negation are named by the stems of the words that news says them
with. Each hit is counted by where it stands (headline, sentences with the target, beside
it, inside quotations) and by the mention before, after and first in its sentence: whether
that is the target or another one, and whether it carries a case ending, as the one who
is blamed does (রাশিয়াকে দায়ী) and the one who blames does not (রাশিয়া নিন্দা করেছে).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from khobor_features.passages import OTHER, TARGET, TargetTokens
from khobor_features.spelling import respell

PRAISE = (
    "প্রশংসা প্রশংসিত সাফল্য সফল সাধুবাদ ধন্যবাদ কৃতজ্ঞ অভিনন্দন শুভেচ্ছা স্বাগত গর্ব গৌরব অগ্রগতি উন্নতি উন্নত "
    "অবদান অনন্য অসাধারণ অসামান্য উজ্জ্বল দৃষ্টান্ত নজির মাইলফলক ইতিহাস ঐতিহাসিক স্বীকৃতি সম্মান শ্রদ্ধা পুরস্কার "
    "পুরস্কৃত বীরত্ব সাহস দক্ষ বিশ্বমানের আধুনিক সেরা শীর্ষ নেতৃত্ব দূরদর্শী প্রজ্ঞা আস্থা বিশ্বস্ত বন্ধু সহযোগিতা "
    "সহায়তা পাশে উপহার উদার মানবিক স্বস্তি নিরাপদ উদ্ধার অর্জন কৃতিত্ব সমর্থন আশাবাদী প্রেরণা অনুপ্রেরণা স্মরণীয় "
    "সুফল উপকৃত সাশ্রয় দ্রুত সময়মতো স্বচ্ছ নির্ভরযোগ্য সন্তুষ্ট সন্তোষ ভরসা এগিয়ে জয় বিজয় স্বপ্ন অবিস্মরণীয় "
    "কিংবদন্তি পথিকৃৎ আলোকিত"
)
BLAME = (
    "নিন্দা সমালোচনা সমালোচিত অভিযোগ অভিযুক্ত ব্যর্থ দায়ী দায় দোষ লঙ্ঘন অবৈধ বেআইনি আগ্রাসন আগ্রাসী দখল হুমকি "
    "হুঁশিয়ারি উসকানি উস্কানি দমন নিপীড়ন নির্যাতন হত্যা গণহত্যা নৃশংস বর্বর নিষ্ঠুর সন্ত্রাস যুদ্ধাপরাধ অপরাধ "
    "দুর্নীতি অনিয়ম জালিয়াতি প্রতারণা মিথ্যা ভুয়া গোপন আড়াল ধামাচাপা অস্বীকার ক্ষোভ ক্ষুব্ধ প্রতিবাদ বিক্ষোভ "
    "বিতর্ক প্রশ্ন উদ্বেগ আশঙ্কা ভয় আতঙ্ক বিপজ্জনক বিপদ ঝুঁকি ক্ষতি সংকট অবহেলা গাফিলতি উদাসীন দায়িত্বহীন অযোগ্য "
    "অদক্ষ বিলম্ব প্রতিশ্রুতি ভঙ্গ একতরফা স্বেচ্ছাচার স্বৈরাচার কর্তৃত্ববাদী দ্বিচারিতা ভণ্ডামি অপমান লজ্জা বৈষম্য "
    "বৈরী ষড়যন্ত্র চাপ হস্তক্ষেপ শোষণ লুট আত্মসাৎ পাচার গ্রেপ্তার আটক মামলা শাস্তি জরিমানা তদন্ত রক্তক্ষয়ী বেপরোয়া "
    "অমানবিক কটাক্ষ তিরস্কার প্রত্যাখ্যান বর্জন পদত্যাগ"
)
REPORTING = (
    "বলেন বলেছেন বলেছে জানান জানিয়েছেন জানিয়েছে জানায় বলে জানানো অভিযোগ দাবি মন্তব্য মতে ভাষ্য বিবৃতি উল্লেখ ব্যাখ্যা "
    "বললেন জানালেন"
)
NEGATION = "না নয় নেই নি নাই ছাড়া পারেনি হয়নি করেনি দেয়নি"
"""The first three are stems: a word that begins with one is a hit. A negation is the whole word."""

BESIDE = 6
"""So many words on a side of a mention stand beside it."""

NEAR = 3

PLAIN_ENDINGS = ("", "ই", "ও", "ে", "তে")
"""What a mention ends in where it is no one's object: nothing, emphasis, a place."""

Floats = NDArray[np.float64]


@lru_cache(maxsize=1)
def _stems() -> dict[str, tuple[str, ...]]:
    lexicon = {"praise": PRAISE, "blame": BLAME, "reporting": REPORTING, "negation": NEGATION}
    return {name: tuple(respell(words, "ascii").split()) for name, words in lexicon.items()}


def _hits(words: list[str]) -> dict[str, NDArray[np.bool_]]:
    """Return which words each lexicon holds."""
    stems = _stems()
    hits = {name: np.array([w.startswith(own) for w in words], bool) for name, own in stems.items()}
    hits["negation"] = np.array([w in stems["negation"] for w in words], bool)
    return hits


def spread(mark: NDArray[np.bool_], starts: NDArray[np.int64], before: int, after: int) -> NDArray[np.bool_]:
    """Return which words stand at most so many words before or after a marked one, in its text."""
    places = np.flatnonzero(mark)
    text = np.searchsorted(starts, places, side="right") - 1
    near = np.zeros(len(mark) + 1, np.int64)
    np.add.at(near, np.maximum(places - before, starts[text]), 1)
    np.add.at(near, np.minimum(places + after + 1, starts[text + 1]), -1)
    return np.cumsum(near)[:-1] > 0


def cues(X: TargetTokens) -> dict[str, Floats]:
    """Return each cue by name, an array of shape (n_rows,)."""
    n, row, ids = len(X), X.row, X.tokens.ids
    hits = {name: found[ids] for name, found in _hits(X.tokens.words).items()}
    target = X.mark == TARGET

    def per_row(kept: NDArray[np.bool_]) -> Floats:
        return np.bincount(row[kept], minlength=n).astype(float)

    starts = X.tokens.starts
    zones = {
        "article": np.ones(len(ids), bool),
        "headline": X.headline,
        "sentences": X.with_target,
        "before": spread(target, starts, BESIDE, 0) & ~target,
        "after": spread(target, starts, 0, BESIDE) & ~target,
        "quoted": X.quoted,
    }
    found: dict[str, Floats] = {}
    for zone, inside in zones.items():
        size = np.maximum(per_row(inside), 8)  # a headline of three words is no measure
        for name, hit in hits.items():
            found[f"{name} in {zone}"] = 10 * per_row(hit & inside) / size
    times, others = per_row(target), per_row(X.mark == OTHER)
    found["target in headline"] = np.minimum(per_row(target & X.headline), 1)
    found["target named more than others"] = np.log1p(times) - np.log1p(others)
    found["target in quotations"] = per_row(target & X.quoted) / np.maximum(times, 1)
    found |= _directed(X, hits)
    return found


def _directed(X: TargetTokens, hits: dict[str, NDArray[np.bool_]]) -> dict[str, Floats]:
    """Count hits by the mention before, after and first in their sentence; roots of counts."""
    n, row, key = len(X), X.row, X.sentence_key
    place = np.arange(len(key))
    oblique = np.array(
        [w[:3] in ("<T>", "<O>") and w[3:] not in PLAIN_ENDINGS for w in X.tokens.words], dtype=bool
    )[X.tokens.ids]
    mentions = np.flatnonzero(X.mark)
    kind = np.where(X.mark == TARGET, 0, 2) + oblique
    kinds = ("target", "target with ending", "other", "other with ending")

    # The number of a mention before, after and first in the sentence of each word, or -1.
    none = np.full(len(key), -1)
    ends = np.searchsorted(mentions, place)  # how many mentions stand before
    before, after, first = none.copy(), none.copy(), none.copy()
    if len(mentions):
        candidate = mentions[np.maximum(ends - 1, 0)]
        before = np.where((ends > 0) & (key[candidate] == key), candidate, -1)
        candidate = mentions[np.minimum(ends, len(mentions) - 1)]
        after = np.where((ends < len(mentions)) & (key[candidate] == key), candidate, -1)
        heads = mentions[np.unique(key[mentions], return_index=True)[1]]
        at = np.minimum(np.searchsorted(key[heads], key), len(heads) - 1)
        first = np.where(key[heads[at]] == key, heads[at], -1)

    found: dict[str, Floats] = {}

    def count(name: str, kept: NDArray[np.bool_]) -> None:
        found[name] = np.sqrt(np.bincount(row[kept], minlength=n))

    once = np.append(True, key[1:] != key[:-1]) if len(key) else np.zeros(0, bool)
    for part, inside in (("", ~X.headline), (" in headline", X.headline)):
        for name in ("praise", "blame"):
            hit = hits[name] & inside
            for i, who in enumerate(kinds):
                after_it = hit & (before >= 0) & (kind[before] == i)
                near = place - before <= NEAR
                count(f"{name} right after {who}{part}", after_it & near)
                count(f"{name} after {who}{part}", after_it & ~near)
                count(f"{name} before {who}{part}", hit & (after >= 0) & (kind[after] == i))
        for name in ("praise", "blame", "reporting"):
            holding = np.isin(key, key[hits[name]]) & once & inside & (first >= 0)
            for i, who in enumerate(kinds):
                count(f"sentence of {who} with {name}{part}", holding & (kind[first] == i))
    for name in ("praise", "blame"):
        count(f"{name} in sentences without a name", hits[name] & (first < 0))
    return found
