"""The commands that hold models against labelled rows: ``evaluate``, ``calibrate``, ``compare``."""

import json
from pathlib import Path
from typing import Any

import click

from khobor_training.cli_train import say_what_was_read
from khobor_training.errors import InputError

_path = click.Path(path_type=Path)
_skip = click.option("--skip-bad-rows", is_flag=True, help="Leave out rows that cannot be used.")


@click.command()
@click.argument("model", type=_path)
@click.argument("data", type=_path)
@click.option("--out", type=_path, help="Write the report here (HTML), and a model card beside it.")
@click.option("--no-text", is_flag=True, help="Show no article's text in the report.")
@_skip
def evaluate(model: Path, data: Path, out: Path | None, no_text: bool, skip_bad_rows: bool) -> None:
    """Tell how well MODEL labels the labelled file DATA."""
    from khobor_training import assess, figure_lines, storage
    from khobor_training.summary import remarks

    predictor = storage.load(model)
    if out:
        _check_report(out)
    articles = assess.read(predictor, data, skip_bad_rows=skip_bad_rows)
    told = assess.assess(predictor, articles)
    _say_what_was_read(articles, predictor)
    for line in figure_lines.table(told.figures, "articles"):
        click.echo(line)
    for label, own in told.figures["calibration"].items():
        click.echo(f"{label}: {_calibration(own)}")
    _say_abstentions(told)
    for label, (share, before) in told.shares.items():
        known = "" if before is None else f", in training {before:.1%}"
        click.echo(f"share of {label}: here {share:.1%}{known}")
    if told.promised is not None:
        click.echo(
            f"at these shares the training promises a macro-F1 of {told.promised:.3f}; here it is "
            f"{told.figures['macro_f1']:.3f} ({told.figures['macro_f1'] - told.promised:+.3f})"
        )
    for line in remarks(told.figures, predictor):
        click.echo(f"note: {line}")
    if out:
        from khobor_training.card import card
        from khobor_training.report import page

        record = assess.report(predictor, articles, told, data.name, show_text=not no_text)
        storage.write(out, page(record).encode())
        storage.write(_card(out), card(record).encode())
        click.echo(f"report: {out}\ncard:   {_card(out)}")


def _card(out: Path) -> Path:
    """Return where the card of a report is written: ``may.card.md`` beside ``may.html``."""
    return out.with_suffix(".card.md")


def _check_report(out: Path) -> None:
    """Find out before the work whether a report can be written."""
    if out.suffix != ".html":
        raise InputError(f"--out must be named .html, got {out}; the card is written beside it as .card.md")
    for path in (out, _card(out)):
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise InputError(
                f"{path} must be a file in a folder that exists, got none; make the folder first"
            )


def _say_what_was_read(articles: Any, predictor: Any) -> None:
    from khobor_training.assess import n_seen

    say_what_was_read(articles)
    if n := n_seen(predictor, articles):
        click.echo(
            f"note: the model was trained on {n} of these {len(articles.texts)}, so these figures praise its "
            "memory; hold it against articles that it has not seen"
        )
    if articles.sha256 == predictor.info.get("calibrated_on", {}).get("data_sha256"):
        click.echo("note: the model was calibrated on this very file, so these figures flatter it a little")


def _calibration(own: dict[str, float]) -> str:
    return (
        f"Brier score {own['brier']:.3f} ({own['brier_low']:.3f} to {own['brier_high']:.3f}), expected "
        f"calibration error {own['ece']:.3f} ({own['ece_low']:.3f} to {own['ece_high']:.3f})"
    )


def _say_abstentions(told: Any) -> None:
    withheld = [reason for reason in told.reasons if reason]
    if not withheld:
        click.echo("no answer was withheld")
        return
    counts = ", ".join(f"{reason} {withheld.count(reason)}" for reason in sorted(set(withheld)))
    answered = told.figures["answered"]
    click.echo(
        f"{len(withheld)} answers were withheld ({counts}) and count as no label; macro-F1 of the other "
        f"{answered['n']}: {answered['macro_f1']:.3f}"
    )


@click.command()
@click.argument("model", type=_path)
@click.argument("labelled", type=_path)
@click.option("--out", type=_path, help="Where to save it; by default MODEL_calibrated.joblib beside MODEL.")
@_skip
def calibrate(model: Path, labelled: Path, out: Path | None, skip_bad_rows: bool) -> None:
    """Refit calibration and thresholds of MODEL on the file LABELLED."""
    from khobor_training import assess, recalibrate, storage

    predictor = storage.load(model)
    out = out or model.with_name(f"{model.stem}_calibrated{model.suffix}")
    if out.suffix != ".joblib":
        raise InputError(f"--out must be named .joblib, got {out}; a model is written there")
    storage.check_writable(out)
    articles = assess.read(predictor, labelled, skip_bad_rows=skip_bad_rows)
    done = recalibrate.recalibrate(predictor, articles, labelled.name)
    _say_what_was_read(articles, predictor)
    click.echo("before -> after, each article by a calibration that had not seen it:")
    for line in recalibrate.lines(done):
        click.echo(f"  {line}")
    storage.save(done.predictor, out)
    click.echo(f"model: {out}")


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--project", type=_path, default=Path(), help="The folder that holds mlruns/; default: here.")
@click.option("--out-of-fold", is_flag=True, help="On all articles out of fold, not on the held-out ones.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(runs: tuple[str, ...], project: Path, out_of_fold: bool, as_json: bool) -> None:
    """Put RUNS side by side: a run's id, or MODEL/VERSION or MODEL@ALIAS, such as khobor-topic/3."""
    from khobor_training import compare as comparison
    from khobor_training import registry
    from khobor_training.outcome import HELD_OUT, OUT_OF_FOLD, from_jsonl

    if len(runs) < 2:
        raise InputError(f"compare must be given two runs at least, got {len(runs)}; name another one")
    file = OUT_OF_FOLD if out_of_fold else HELD_OUT
    found = [registry.logged(project, name, [file]) for name in runs]
    given = [comparison.Run(one.name, from_jsonl(one.texts[file]), one.params) for one in found]
    rows, configs = comparison.compare(given), comparison.differing(given)
    n = len(given[0].outcome)
    if as_json:
        plain = {
            "rows": "out_of_fold" if out_of_fold else "held_out",
            "n": n,
            "runs": [row.to_dict() | {"run_id": one.run_id} for row, one in zip(rows, found, strict=True)],
            "config": configs,
        }
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    what = f"{n} articles, out of fold" if out_of_fold else f"{n} held-out articles"
    for line in comparison.lines(rows, configs, what):
        click.echo(line)


@click.command()
@click.argument("run")
@click.option("--project", type=_path, default=Path(), help="The folder that holds mlruns/; default: here.")
@click.option("--out", type=_path, help="Write the page here and open nothing.")
def report(run: str, project: Path, out: Path | None) -> None:
    """Open the report of RUN: a model file, a run's id, or MODEL/VERSION or MODEL@ALIAS."""
    import tempfile
    import webbrowser

    from khobor_training import registry, storage
    from khobor_training.train import REPORT, beside

    model = Path(run)
    if model.suffix == ".joblib":
        page = beside(model, REPORT)
        if not page.is_file():
            raise InputError(
                f"{page} must be the report of {model}, got no such file; train it again, or hold the model "
                "against labelled articles: khobor evaluate MODEL FILE --out report.html"
            )
        if out:
            storage.write(out, page.read_bytes())
    else:
        found = registry.logged(project, run, [REPORT])
        page = out or Path(tempfile.mkdtemp()) / f"khobor-report-{found.run_id}.html"  # nobody else's to read
        storage.write(page, found.texts[REPORT].encode())
    click.echo(f"report: {out or page}")
    if not out and not webbrowser.open(page.resolve().as_uri()):
        click.echo("no browser was found; open the file in one")
