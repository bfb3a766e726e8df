"""Train: rows in, a saved and tracked model version out; the story in one function."""

import hashlib
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khobor_training import config as configuration
from khobor_training import (
    data,
    families,
    findings,
    planning,
    registry,
    reporting,
    stopping,
    storage,
    summary,
    tracking,
)
from khobor_training.card import card
from khobor_training.config import Config
from khobor_training.errors import InputError
from khobor_training.families import Ablation
from khobor_training.findings import Finding
from khobor_training.fit import Fitted, Plan, fit
from khobor_training.outcome import HELD_OUT, OUT_OF_FOLD, to_jsonl
from khobor_training.predict import Predictor
from khobor_training.promise import rates
from khobor_training.report import page
from khobor_training.stance import StancePredictor

REPORT, CARD = "report.html", "card.md"


@dataclass(frozen=True)
class Result:
    """What a training left behind."""

    model: Path
    report: Path
    figures: dict[str, Any]
    articles: data.Articles
    findings: list[Finding]
    version: str | None
    store: str | None
    predictor: Predictor
    ablations: list[Ablation]


def train(config_file: Path, given: list[Path], n_jobs: int = 1, *, ablate: bool = False) -> Result:
    """Train, evaluate on held-out articles, save and track a model.

    Parameters
    ----------
    config_file : Path
    given : list of Path
        Data files in place of the config's own.
    n_jobs : int
        Fits at a time; the result does not depend on it.
    ablate : bool, default=False
        Whether to measure what each feature family is worth, too.
    """
    config = configuration.read(config_file)
    project = configuration.project_folder(config_file)
    storage.check_writable(model_file(config, project))
    with tracked(config, project) as record:
        planned = planning.plan(config, project, given)
        found = planning.examine(config, planned.articles)
        return complete(config, config_file, planned, found, record, n_jobs, ablate=ablate)


def model_file(config: Config, project: Path) -> Path:
    """Return where the model of a config is saved."""
    return project / "models" / f"{config.name}.joblib"


def tracked(config: Config, project: Path, name: str | None = None) -> AbstractContextManager[Any]:
    """Return an MLflow run to stand in, or, where tracking is off, nothing."""
    if config.tracking.enabled:
        return tracking.run(project, f"khobor-{config.task}", name or config.name)
    return nullcontext()


def complete(
    config: Config,
    config_file: Path,
    planned: Plan,
    found: list[Finding],
    record: Any,
    n_jobs: int,
    *,
    ablate: bool = False,
    searched: dict[str, float] | None = None,
) -> Result:
    """Fit what a plan says, evaluate, save and track the model.

    Parameters
    ----------
    config : Config
    config_file : Path
    planned : Plan
    found : list of Finding
        Of `examine`.
    record : callable or None
        What `tracked` gave.
    n_jobs : int
    ablate : bool, default=False
        Whether to measure what each feature family is worth, too.
    searched : dict of str to float or None, default=None
        The figures by which a search chose this config; they stand beside the held-out ones.
    """
    articles = planned.articles
    model = model_file(config, configuration.project_folder(config_file))
    fitted = fit(config, planned, n_jobs)
    figures = summary.figures(config, planned, fitted) | ({"searched": searched} if searched else {})
    ablations = families.ablations(config, planned, n_jobs, fitted.out_of_fold) if ablate else []
    predictor = _predictor(config, planned, fitted, figures)
    pages = _pages(config, config_file, fitted, figures, found, predictor, bool(record))
    version = store = None
    stopping.check()
    if record:
        facts = {
            "data_sha256": articles.sha256,
            "unlabelled_sha256": hashlib.sha256("\0".join(planned.unlabelled).encode()).hexdigest(),
            "n_rows": articles.n_rows,
            "n_skipped": articles.n_skipped,
            "n_articles": len(articles.texts),
            **{f"audit_{name}": sum(f.severity == name for f in found) for name in findings.SEVERITIES},
            **summary.verdicts(figures),
        }
        plain = config.model_dump(mode="json")
        texts = pages | {OUT_OF_FOLD: to_jsonl(fitted.out_of_fold), HELD_OUT: to_jsonl(fitted.held)}
        with tempfile.TemporaryDirectory() as folder:
            draft = Path(folder) / model.name
            storage.save(predictor, draft)
            try:
                if ablations:
                    families.log(ablations)
                version, store = record(plain, config_file, facts, figures, predictor, draft, texts)
            except InputError as error:  # the store failed; the work of the training is not lost
                _save(predictor, model, pages)
                raise InputError(f"{error}; {model} was saved, but it is not registered") from None
    _save(predictor, model, pages)
    drawn = beside(model, REPORT)
    return Result(model, drawn, figures, articles, found, version, store, predictor, ablations)


def beside(model: Path, name: str) -> Path:
    """Return where the report or the card of a model lies: ``topic.report.html`` beside ``topic.joblib``."""
    return model.with_name(f"{model.stem}.{name}")


def _save(predictor: Predictor, model: Path, pages: dict[str, str]) -> None:
    """Write a model, then its report and card."""
    storage.save(predictor, model)
    for name, written in pages.items():
        storage.write(beside(model, name), written.encode())


def _pages(
    config: Config,
    config_file: Path,
    fitted: Fitted,
    figures: dict[str, Any],
    found: list[Finding],
    predictor: Predictor,
    is_tracked: bool,
) -> dict[str, str]:
    """Return the report and the model card."""
    model = f"khobor-{config.name}"
    champion = registry.champion(configuration.project_folder(config_file), model) if is_tracked else None
    drawn = reporting.report(config, config_file, fitted, figures, found, predictor.info, champion)
    return {REPORT: page(drawn), CARD: card(drawn)}


def _predictor(config: Config, planned: Plan, fitted: Fitted, figures: dict[str, Any]) -> Predictor:
    articles = planned.articles
    share = f"{len(planned.held) / len(articles.texts):.0%} of {len(articles.texts)} articles"
    info = {
        "name": config.name,
        "trained_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data_sha256": articles.sha256,
        "n_articles": len(articles.texts),
        "versions": tracking.versions(),
        "figures": figures,
        "figures_from": f"{config.split.kind} hold-out, {share}"
        + (" that no trial of the search saw" if "searched" in figures else "")
        + (", from before the refit on all articles" if config.refit_on_all else ""),
        "columns": config.data.columns.model_dump(exclude_unset=True) | {"labels": config.label_column},
        "thresholds": config.thresholds.model_dump(),
        "out_of_fold": rates(fitted.out_of_fold),
        "seen": sorted({data.text_digest(text) for text in articles.texts}),
    }
    abstain = config.abstain.model_dump()
    if config.task == "stance":
        abstain |= {"unmentioned": config.abstain_unmentioned, "target": config.data.target}
        return StancePredictor(fitted.pipeline, fitted.calibration, config.labels, abstain, info)
    return Predictor(fitted.pipeline, fitted.calibration, config.labels, abstain, info)
