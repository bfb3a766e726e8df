"""Search for a config: the best of many on grouped folds, trained and then judged on articles that none saw.

The best of many trials looks better than it is, since some of them are lucky. So trials are scored on
the training part alone; the winner's figure is that of the held-out articles, and the score by which it
won stands beside it under the name ``searched``.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from khobor_training import config as configuration
from khobor_training import evaluate, planning, storage, tracking, train, trials
from khobor_training.candidates import Candidate, candidates, n_combinations
from khobor_training.config import Config
from khobor_training.cross_score import CrossScore, cross_scores
from khobor_training.errors import InputError
from khobor_training.fit import Plan
from khobor_training.train import Result
from khobor_training.trials import Rung, Trial


@dataclass(frozen=True)
class Found:
    """What a search left behind.

    Attributes
    ----------
    trials : list of Trial
        The best first; failed ones last.
    n_combinations : int
        How many there are; the budget may be smaller.
    result : Result
        Of training the winner.
    """

    trials: list[Trial]
    n_combinations: int
    result: Result


def search(config_file: Path, given: list[Path], n_jobs: int = 1) -> Found:
    """Try the configs of the section ``search``, train the best one, save and track it.

    Parameters
    ----------
    config_file : Path
    given : list of Path
        Data files in place of the config's own.
    n_jobs : int
        Fits at a time; the result does not depend on it.

    Raises
    ------
    InputError
        If the config has no section ``search``, a trial would be no valid config, or all trials failed.
    """
    config = configuration.read(config_file)
    tried = candidates(config)
    assert config.search is not None
    project = configuration.project_folder(config_file)
    storage.check_writable(train.model_file(config, project))
    with train.tracked(config, project) as record:
        planned = planning.plan(config, project, given)
        findings = planning.examine(config, planned.articles)
        ranked = _rank(config, planned, tried, n_jobs, bool(record))
        best = ranked[0]
        if best.error:
            raise InputError(f"{config.name}: every trial failed, the first with: {best.error}")
        if record:
            _log(config, ranked)
        result = train.complete(
            best.candidate.config.model_copy(update={"search": config.search}),
            config_file,
            planned,
            findings,
            record,
            n_jobs,
            searched={**best.figures(), "n_trials": len(tried)},
        )
    return Found(ranked, n_combinations(config.search), result)


def _rank(config: Config, planned: Plan, tried: list[Candidate], n_jobs: int, keep: bool) -> list[Trial]:
    """Score the candidates, of a halving rung by rung; return them, the best first."""
    ranked: list[Trial] = []
    left = tried
    for rung in trials.rungs(config, planned):
        scored = sorted(_scored(planned, rung, left, n_jobs, keep), key=Trial.order)
        ranked = scored + ranked[len(left) :]
        going_on = math.ceil(len(left) / rung.factor)
        left = [trial.candidate for trial in scored[:going_on] if not trial.error]
        if not left:
            break
    return sorted(ranked, key=lambda trial: bool(trial.error))


def _scored(planned: Plan, rung: Rung, left: list[Candidate], n_jobs: int, keep: bool) -> list[Trial]:
    """Score candidates on a rung; those whose score the tracking store holds are not fitted."""
    basis = trials.basis(planned, rung)
    digests = {c.number: trials.digest(c.config, planned, basis) for c in left}
    stored = tracking.finished_trials(basis) if keep else {}
    found, missing = [], []
    for candidate in left:
        metrics = stored.get(digests[candidate.number])
        if metrics is None:
            missing.append(candidate)
        else:
            found.append(trials.remembered(candidate, rung, metrics))
    scores = cross_scores(
        [candidate.config for candidate in missing],
        planned.articles,
        planned.unlabelled,
        rung.rows,
        rung.folds,
        n_jobs,
        f"trials on {rung.share:.0%} of the events" if rung.share < 1 else "trials",
    )
    for candidate, answer in zip(missing, scores, strict=True):
        trial = _trial(candidate, rung, answer)
        found.append(trial)
        if keep:
            chosen = candidate.config.model_dump(mode="json", include={"text", "features", "classifier"})
            tags = {"trial_basis": basis, "trial_digest": digests[candidate.number], "trial": str(candidate)}
            tracking.log_trial(f"trial {candidate.number}", tags, chosen, trial.metrics(), trial.error)
    return found


def _trial(candidate: Candidate, rung: Rung, answer: CrossScore) -> Trial:
    said = answer.outcome
    if said is None:
        return Trial(candidate, rung.share, 0.0, 0.0, 0.0, (), answer.seconds, answer.error)
    seed = candidate.config.seed
    low, high = evaluate.interval(said.y, said.predicted, said.groups, seed=seed)
    folds = tuple(evaluate.macro_f1(said.y[test], said.predicted[test]) for _, test in rung.folds)
    macro_f1 = evaluate.macro_f1(said.y, said.predicted)
    return Trial(candidate, rung.share, macro_f1, low, high, folds, answer.seconds)


def _log(config: Config, ranked: list[Trial]) -> None:
    assert config.search is not None
    table = [
        {**asdict(trial), "candidate": trial.candidate.number, "values": trial.candidate.values}
        for trial in ranked
    ]
    tracking.add(
        metrics={
            "searched.n_failed": sum(bool(trial.error) for trial in ranked),
            "searched.n_remembered": sum(trial.remembered for trial in ranked),
        },
        files={"search.json": json.dumps(table, ensure_ascii=False, indent=2)},
        tags={"search": config.search.kind, "search_winner": str(ranked[0].candidate)},
    )
