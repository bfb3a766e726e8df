"""Train: rows in, a saved and tracked model version out; the story in one function."""

import hashlib
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from khobor_features.tokenise import Tokens
from khobor_training import calibrate, data, evaluate, files, split, storage, tracking
from khobor_training import config as configuration
from khobor_training.config import Config
from khobor_training.errors import InputError
from khobor_training.keywords import keyword_rule
from khobor_training.pipeline import build
from khobor_training.predict import Predictor

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Round:
    """One model, and the folds of its rows that its calibration is fitted on.

    Attributes
    ----------
    rows : ndarray of int
        The articles that the model is fitted on.
    folds : list of (train, test) pairs
        Indices into `rows`.
    """

    rows: Rows
    folds: list[tuple[Rows, Rows]]


@dataclass(frozen=True)
class Plan:
    """What a training will do, found out without fitting anything.

    Attributes
    ----------
    articles : Articles
    unlabelled : list of str
        More text for the topic model.
    rounds : list of Round
        The model that is evaluated, then, if it is another one, the model that is saved.
    held : ndarray of int
        The articles that the first one is evaluated on.
    """

    articles: data.Articles
    unlabelled: list[str]
    rounds: list[Round]
    held: Rows


@dataclass(frozen=True)
class Result:
    """What a training left behind."""

    model: Path
    figures: dict[str, Any]
    articles: data.Articles
    version: str | None
    store: str | None
    predictor: Predictor


def plan(config: Config, project: Path, given: list[Path]) -> Plan:
    """Read the data, split it, and check that every part can be trained on.

    Parameters
    ----------
    config : Config
    project : Path
        Where relative paths of the config start.
    given : list of Path
        Data files in place of the config's own.
    """
    named = [data.CORPUS] if config.data.corpus else [project / name for name in config.data.files]
    if not (given or named):
        raise InputError(f"{config.name} names no data; give it: khobor train CONFIG --data FILE")
    articles = data.read(config, given or named)
    topics = config.features.topics
    unlabelled = _unlabelled(config, [project / name for name in topics.unlabelled] if topics else [])
    times = articles.frame["published_at"].to_numpy(dtype=str)
    options: dict[str, Any] = {"by_time": config.split.kind == "time", "share": config.split.held_out}
    try:
        rows, held = split.holdout(articles.y, articles.groups, times, seed=config.seed, **options)
        rounds = [
            Round(own, split.folds(articles.y[own], articles.groups[own], config.split.folds, config.seed))
            for own in ([rows, np.arange(len(times))] if config.refit_on_all else [rows])
        ]
    except ValueError as error:
        raise InputError(f"split.{error}") from None
    for own in rounds:
        for part in [own.rows, *(own.rows[fit] for fit, _ in own.folds)]:
            _check_both_sides(config, articles.y[part])
    return Plan(articles, unlabelled, rounds, held)


def train(config_file: Path, given: list[Path], n_jobs: int = 1) -> Result:
    """Train, evaluate on held-out articles, save and track a model.

    Parameters
    ----------
    config_file : Path
    given : list of Path
        Data files in place of the config's own.
    n_jobs : int
        Fits at a time; the result does not depend on it.
    """
    config = configuration.read(config_file)
    project = configuration.project_folder(config_file)
    model = project / "models" / f"{config.name}.joblib"
    storage.check_writable(model)
    tracked = (
        tracking.run(project, f"khobor-{config.task}", config.name)
        if config.tracking.enabled
        else nullcontext()
    )
    with tracked as record:
        planned = plan(config, project, given)
        articles = planned.articles
        figures, pipeline, calibration = _fit(config, planned, n_jobs)
        share = f"{len(planned.held) / len(articles.texts):.0%} of {len(articles.texts)} articles"
        info = {
            "name": config.name,
            "trained_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "data_sha256": articles.sha256,
            "n_articles": len(articles.texts),
            "versions": tracking.versions(),
            "figures": figures,
            "figures_from": f"{config.split.kind} hold-out, {share}"
            + (", from before the refit on all articles" if config.refit_on_all else ""),
        }
        predictor = Predictor(pipeline, calibration, config.data.labels, config.abstain.model_dump(), info)
        version = store = None
        if record:
            facts = {
                "data_sha256": articles.sha256,
                "unlabelled_sha256": hashlib.sha256("\0".join(planned.unlabelled).encode()).hexdigest(),
                "n_rows": articles.n_rows,
                "n_skipped": articles.n_skipped,
                "n_articles": len(articles.texts),
            }
            plain = config.model_dump(mode="json")
            with tempfile.TemporaryDirectory() as folder:
                draft = Path(folder) / model.name
                storage.save(predictor, draft)
                try:
                    version, store = record(plain, config_file, facts, figures, predictor, draft)
                except InputError as error:  # the store failed; the work of the training is not lost
                    storage.save(predictor, model)
                    raise InputError(f"{error}; {model} was saved, but it is not registered") from None
        storage.save(predictor, model)
    return Result(model, figures, articles, version, store, predictor)


def _fit(
    config: Config, planned: Plan, n_jobs: int
) -> tuple[dict[str, Any], Pipeline, calibrate.Calibration]:
    """Return the figures of the first round, and the model and calibration of the last."""
    articles, y, rounds = planned.articles, planned.articles.y, planned.rounds
    blank = build(config)
    tokenise, rest = blank[0], blank[1:]
    tokens = _tokens(tokenise, articles.texts, "articles")
    if planned.unlabelled:
        rest = build(config, _tokens(tokenise, planned.unlabelled, "unlabelled texts"))[1:]

    # Every fit is a task of its own, so the result is the same for any number of jobs. Only the
    # model of the first round, which never saw them, scores the held-out articles.
    nothing = np.empty(0, dtype=np.intp)
    tasks: list[tuple[Rows, Rows]] = []
    for i, own in enumerate(rounds):
        tasks += [(own.rows[fit], own.rows[score]) for fit, score in own.folds]
        tasks.append((own.rows, nothing if i else planned.held))
    work = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_fit_and_score)(rest, tokens.take(fit), y[fit], tokens.take(score)) for fit, score in tasks
    )
    try:
        done = iter(list(tqdm(work, total=len(tasks), desc="fitting", unit="fit", disable=None)))
    except ValueError as error:  # such as a min_df that leaves no feature
        raise InputError(f"{config.name} cannot be trained on this data: {error}") from None

    multiclass = config.task == "multiclass"
    models, calibrations, scores = [], [], []
    for own in rounds:
        out_of_fold = np.empty((len(own.rows), y.shape[1]))
        for _, score in own.folds:
            out_of_fold[score] = next(done)[1]
        calibrations.append(calibrate.fit(out_of_fold, y[own.rows], multiclass=multiclass, seed=config.seed))
        model, score_of_held = next(done)
        models.append(model)
        scores.append(score_of_held)
    first, held = calibrations[0], planned.held
    figures = evaluate.figures(
        y[held],
        first.labels(first.probabilities(scores[0])),
        y[rounds[0].rows],
        articles.groups[held],
        config.data.labels,
        multiclass=multiclass,
        seed=config.seed,
    )
    if config.keywords:
        names = config.data.labels
        rule = keyword_rule(config.keywords, names, tokenise.normalizer, tokens.take(held))
        figures["keyword_rule_macro_f1"] = evaluate.macro_f1(y[held], rule)
    return figures, Pipeline([*blank.steps[:1], *models[-1].steps]), calibrations[-1]


def _tokens(tokenise: Any, texts: list[str], what: str) -> Tokens:
    return tokenise.transform(  # type: ignore[no-any-return]  # scikit-learn ships no types
        tqdm(texts, desc=f"tokenising {what}", unit="text", disable=None)
    )


def _check_both_sides(config: Config, y: NDArray[np.int_]) -> None:
    for label, column in zip(config.data.labels, y.T, strict=True):
        if column.min() == column.max():
            raise InputError(
                f"label '{label}' must hold for some and not for all articles of each training part, "
                f"got {column.sum()} of {len(y)} in one; add articles of other events or times"
            )


def _fit_and_score(
    rest: Pipeline, fit: Tokens, y: NDArray[np.int_], score: Tokens
) -> tuple[Pipeline, NDArray[np.float64]]:
    with threadpool_limits(1):  # sums in one order, whatever the number of cores
        fitted = clone(rest).fit(fit, y)
        return fitted, fitted.decision_function(score)


def _unlabelled(config: Config, paths: list[Path]) -> list[str]:
    columns, texts = config.data.columns, []
    for path in paths:
        for row in files.read_rows(path):
            body, title = (data.string(row.values.get(name)) for name in (columns.body, columns.title))
            text = data.article_text(title, body)
            if problem := row.problem or data.text_problem(body, text):
                raise InputError(f"{path.name}, row {row.number}: {problem}; mend or remove the row")
            texts.append(text)
    return texts
