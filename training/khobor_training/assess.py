"""Hold a saved model against a labelled file that it was not trained on.

Figures of a training are a promise; a desk wants to know what holds on its own articles.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from khobor_features.counts import in_blocks
from khobor_training import data, evaluate, promise, summary
from khobor_training.audit import audit
from khobor_training.calibrate import Floats
from khobor_training.config import Columns, Task
from khobor_training.data import Articles
from khobor_training.errors import InputError
from khobor_training.labelled_file import reading
from khobor_training.model_words import top_words, topics, worst_errors
from khobor_training.outcome import Outcome
from khobor_training.predict import Predictor
from khobor_training.record import Comparison, Report
from khobor_training.stance import StancePredictor

SEED = 7
"""Of resamples and folds: the same file gives the same figures."""


@dataclass(frozen=True)
class Assessment:
    """What a model said of a labelled file, and its figures.

    Attributes
    ----------
    outcome : Outcome
        The answers as they were given: an abstention has no label.
    reasons : list of (str or None)
        Why an answer was withheld.
    figures : dict
        Those of ``evaluate.figures``; ``calibration`` of each label; ``answered`` (``macro_f1, n``)
        without the abstentions.
    shares : dict of str to (float, float or None)
        Of each label: in the file, and in the training's data where the model knows it.
    promised : float or None
        The macro-F1 that the training's figures promise at the file's shares.
    """

    outcome: Outcome
    reasons: list[str | None]
    figures: dict[str, Any]
    shares: dict[str, tuple[float, float | None]]
    promised: float | None


def read(predictor: Predictor, path: Path, *, skip_bad_rows: bool = False) -> Articles:
    """Read a labelled file by a model's labels and the columns that it was trained with.

    Raises
    ------
    InputError
        Naming every row that cannot be used, unless they are to be skipped.
    """
    columns = dict(predictor.info.get("columns", {}))
    stance = isinstance(predictor, StancePredictor)
    multilabel = predictor.calibration.thresholds is not None
    task: Task = "stance" if stance else "multilabel" if multilabel else "multiclass"
    target: Any = predictor.abstain.get("target") if stance else None
    # A bad row is refused below, with a remedy that fits a file without a config.
    reads = reading(task, predictor.labels, target)
    # Only what an article cannot be without must be there.
    named = Columns.model_construct(_fields_set=set(), **Columns(**columns).model_dump())
    reads = reads.model_copy(update={"data": reads.data.model_copy(update={"columns": named})})
    try:
        articles = data.read(reads, [path], to_train=False)
    except InputError as error:
        remedy = "call your columns as the model's training data did"
        raise InputError(str(error).replace("name your columns under data.columns", remedy)) from None
    if articles.n_skipped and not skip_bad_rows:
        raise InputError(
            f"{articles.n_skipped} of {articles.n_rows} rows cannot be used; mend them, or leave them out "
            "with --skip-bad-rows\n  " + "\n  ".join(articles.problems)
        )
    return articles


def n_seen(predictor: Predictor, articles: Articles) -> int:
    """Return how many of the rows have a text that the model was trained on."""
    seen = set(predictor.info.get("seen", ()))
    return sum(data.text_digest(text) in seen for text in articles.texts)


def scores(predictor: Predictor, articles: Articles) -> Floats:
    """Return the uncalibrated scores of articles, of shape (n_samples, n_labels)."""
    inputs = articles.inputs(with_targets=isinstance(predictor, StancePredictor))
    blocks = in_blocks(lambda a, b: predictor.pipeline.decision_function(inputs[a:b]), len(inputs))
    return np.concatenate(blocks)


def assess(predictor: Predictor, articles: Articles) -> Assessment:
    """Return what a model says of labelled articles, and its figures."""
    labels, multilabel = predictor.labels, predictor.calibration.thresholds is not None
    given = [
        {"body": text, "target": target}
        for text, target in zip(articles.texts, articles.frame["target"], strict=True)
    ]
    answers = predictor(given)
    predicted = np.array(
        [[int(name in (a.labels if multilabel else (a.label,))) for name in labels] for a in answers]
    )
    probabilities = np.array([[a.probabilities[name] for name in labels] for a in answers])
    outcome = Outcome(
        labels,
        not multilabel,
        articles.y,
        probabilities,
        predicted,
        articles.groups,
        articles.texts,
        articles.frame,
    )
    known = predictor.info.get("out_of_fold")
    shares = {
        name: (share, known["shares"][name] if known else None)
        for name, share in zip(labels, articles.y.mean(axis=0).tolist(), strict=True)
    }
    learnt = np.array([[known["shares"][name] for name in labels]]) if known else articles.y
    figures = evaluate.figures(
        outcome.y,
        predicted,
        learnt,  # only the shares matter to the majority
        outcome.groups,
        labels,
        multiclass=not multilabel,
        seed=SEED,
    )
    figures["calibration"] = summary.calibration(outcome, seed=SEED)
    answered = np.array([not a.abstained for a in answers])
    figures["answered"] = {
        "macro_f1": evaluate.macro_f1(outcome.y[answered], predicted[answered]),
        "n": int(answered.sum()),
    }
    promised = None
    if known:
        promised = promise.macro(promise.promised(known, {name: own for name, (own, _) in shares.items()}))
    return Assessment(outcome, [a.reason for a in answers], figures, shares, promised)


def report(
    predictor: Predictor, articles: Articles, told: Assessment, name: str, *, show_text: bool
) -> Report:
    """Return the record of an evaluation, from which the page and the card are written."""
    outcome, figures, info = told.outcome, told.figures, predictor.info
    facts = {
        "model": str(info.get("name", "unknown")),
        "trained at": str(info.get("trained_at", "unknown")),
        "data SHA-256 of the training": str(info.get("data_sha256", "unknown")),
        "file": name,
        "data SHA-256 of the file": articles.sha256,
        "rows left out as bad": str(articles.n_skipped),
        "rows that the model was trained on": str(n_seen(predictor, articles)),
        "answers withheld (counted as no label)": str(len(outcome) - figures["answered"]["n"]),
    }
    for label, (own, before) in told.shares.items():
        known = "unknown" if before is None else f"{before:.1%}"
        facts[f"share of {label}"] = f"{own:.1%} in the file, {known} in training"
    found = audit(
        articles.texts,
        articles.y,
        predictor.labels,
        articles.frame,
        multiclass=outcome.multiclass,
        seed=SEED,
        clusters=articles.clusters,
        show_text=show_text,
    )
    if told.promised is not None:
        facts["macro-F1 that the training promises at these shares"] = f"{told.promised:.3f}"
    return Report(
        str(info.get("name", name)),
        "stance" if isinstance(predictor, StancePredictor) else "topics",
        outcome,
        figures,
        comparisons=[
            Comparison("majority class", figures["majority_macro_f1"], note="the training's commonest answer")
        ],
        top_words=top_words(predictor.pipeline, predictor.labels),
        topics=topics(predictor.pipeline, predictor.labels),
        findings=found,
        errors=worst_errors(predictor.pipeline, outcome, show_text=show_text),
        facts=facts,
        show_text=show_text,
        seed=SEED,
        chance=(figures["chance"]["low"], figures["chance"]["high"]),
        evaluated_on=name,
    )
