"""Train: rows in, a saved and tracked model version out; the story in one function."""

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


@dataclass(frozen=True)
class Result:
    """What a training left behind."""

    model: Path
    figures: dict[str, Any]
    articles: data.Articles
    version: str | None
    store: str | None
    predictor: Predictor


def sources(config: Config, project: Path, given: list[Path]) -> list[Path]:
    """Return the files that a run reads: the given ones, or those that the config names."""
    named = [data.CORPUS] if config.data.corpus else [project / name for name in config.data.files]
    if not (given or named):
        raise InputError(f"{config.name} names no data; give it: khobor train CONFIG --data FILE")
    return given or named


def train(config_file: Path, given: list[Path], n_jobs: int = 1) -> Result:
    """Train, evaluate on held-out articles, save and track a model.

    Parameters
    ----------
    config_file : Path
    given : list of Path
        Data files in place of the config's own.
    n_jobs : int
        Folds trained at a time; the result does not depend on it.
    """
    config = configuration.read(config_file)
    project = configuration.project_folder(config_file)
    model = project / "models" / f"{config.name}.joblib"
    named = sources(config, project, given)
    tracked = (
        tracking.run(project, f"khobor-{config.task}", config.name)
        if config.tracking.enabled
        else nullcontext()
    )
    with tracked as record:
        articles = data.read(config, named)
        figures, pipeline, calibration = _fit(config, articles, project, n_jobs)
        info = {
            "name": config.name,
            "trained_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "data_sha256": articles.sha256,
            "n_articles": len(articles.texts),
            "versions": tracking.versions(),
            "figures": figures,
            "figures_from": f"{config.split.kind} hold-out of {config.split.held_out:.0%}"
            + (", from before the refit on all articles" if config.refit_on_all else ""),
        }
        predictor = Predictor(pipeline, calibration, config.data.labels, config.abstain.model_dump(), info)
        storage.save(predictor, model)
        version = store = None
        if record:
            metrics = {k: float(v) for k, v in tracking.flatten(figures).items()}
            facts = {
                "data_sha256": articles.sha256,
                "n_rows": articles.n_rows,
                "n_skipped": articles.n_skipped,
                "n_articles": len(articles.texts),
            }
            version, store = record(
                config.model_dump(mode="json"),
                config_file,
                facts,
                metrics,
                figures,
                predictor,
                model,
            )
    return Result(model, figures, articles, version, store, predictor)


def _fit(
    config: Config, articles: data.Articles, project: Path, n_jobs: int
) -> tuple[dict[str, Any], Pipeline, calibrate.Calibration]:
    frame = articles.frame
    try:
        rows, held = split.holdout(
            articles.y,
            articles.groups,
            frame["published_at"].to_numpy(dtype=str),
            by_time=config.split.kind == "time",
            share=config.split.held_out,
            seed=config.seed,
        )
        plans = [rows, np.arange(len(frame))] if config.refit_on_all else [rows]
        folds = [
            split.folds(articles.y[r], articles.groups[r], config.split.folds, config.seed) for r in plans
        ]
    except ValueError as error:
        raise InputError(f"split.{error}") from None
    blank = build(config)
    tokenise, rest = blank[0], blank[1:]
    tokens = _tokens(tokenise, articles.texts, "articles")
    if config.features.topics and config.features.topics.unlabelled:
        paths = [project / name for name in config.features.topics.unlabelled]
        rest = build(config, _tokens(tokenise, _unlabelled(config, paths), "unlabelled texts"))[1:]

    # Every fit is a task of its own, so the result is the same for any number of jobs.
    tasks = []
    for plan, pairs in zip(plans, folds, strict=True):
        tasks += [(plan[fit], plan[score]) for fit, score in pairs]
        tasks.append((plan, held))
    _check_both_sides(config, articles.y, [fit for fit, _ in tasks])
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    work = parallel(
        delayed(_fit_and_score)(rest, tokens.take(fit), articles.y[fit], tokens.take(score))
        for fit, score in tasks
    )
    done = list(tqdm(work, total=len(tasks), desc="fitting", unit="fit", disable=None))

    multiclass = config.task == "multiclass"
    calibrations, scores, step = [], [], 0
    for plan, pairs in zip(plans, folds, strict=True):
        out_of_fold = np.empty((len(plan), articles.y.shape[1]))
        for i, (_, score) in enumerate(pairs):
            out_of_fold[score] = done[step + i][1]
        calibrations.append(
            calibrate.fit(out_of_fold, articles.y[plan], multiclass=multiclass, seed=config.seed)
        )
        step += len(pairs) + 1
        scores.append(done[step - 1])
    first = calibrations[0]
    predicted = first.labels(first.probabilities(scores[0][1]))
    figures = evaluate.figures(
        articles.y[held],
        predicted,
        articles.y[rows],
        articles.groups[held],
        config.data.labels,
        multiclass=multiclass,
        seed=config.seed,
    )
    if config.keywords:
        names = config.data.labels
        rule = keyword_rule(config.keywords, names, tokenise.normalizer, tokens.take(held))
        figures["keyword_rule_macro_f1"] = evaluate.macro_f1(articles.y[held], rule)
    pipeline = Pipeline([*blank.steps[:1], *scores[-1][0].steps])
    return figures, pipeline, calibrations[-1]


def _tokens(tokenise: Any, texts: list[str], what: str) -> Tokens:
    return tokenise.transform(  # type: ignore[no-any-return]  # scikit-learn ships no types
        tqdm(texts, desc=f"tokenising {what}", unit="text", disable=None)
    )


def _check_both_sides(config: Config, y: NDArray[np.int_], parts: list[NDArray[np.intp]]) -> None:
    for rows in parts:
        for label, column in zip(config.data.labels, y[rows].T, strict=True):
            if column.min() == column.max():
                raise InputError(
                    f"label '{label}' must hold for some and not for all articles of each training part, "
                    f"got {column.sum()} of {len(rows)} in one; add articles of other events or times"
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
