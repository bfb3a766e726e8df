import base64
import re
import shutil
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from outcomes import NAMES, outcome

from khobor_training import evaluate
from khobor_training.card import card
from khobor_training.record import Comparison, Report, WorstError, measure
from khobor_training.report import page
from khobor_training.verdict import listed, verdict

BAD = "<script>alert(1)</script>\"'&"


@dataclass(frozen=True)
class Found:
    kind: str
    severity: str
    message: str
    rows: list[int]


def report(told=None, **fields):
    told = told or outcome(noise=0.05)
    held = evaluate.figures(
        told.y,
        told.predicted,
        told.y,
        told.groups,
        told.labels,
        multiclass=told.multiclass,
        seed=0,
    )
    pieces = [("শিরোনাম\n", 0.0), ("মহাকাশ", 0.7), (" ", 0.0), ("সেনা", -0.3)]
    even = dict.fromkeys(told.labels, 0.5)
    filled = {
        "comparisons": [
            Comparison("majority", 0.1, 0.1, 0.1),
            Comparison("random split", 0.95, 0.94, 0.96, kind="random"),
        ],
        "learning_curve": [(60, 0.5, 0.4, 0.6), (120, 0.7, 0.65, 0.75), (240, 0.9, 0.88, 0.92)],
        "top_words": {told.labels[0]: [("চুক্তি", 1.5), ("খেলা", -0.5)]},
        "topics": [("চাঁদ মহাকাশ", dict.fromkeys(told.labels, 0.1))],
        "findings": [Found("duplicate", "warning", "two articles are one", [3, 4])],
        "errors": [WorstError("a1", "শিরোনাম", [], told.labels[:1], even, told.labels[0], pieces)],
        "config_text": "name: tiny\n# কেন",
        "facts": {"data SHA-256": "0" * 64},
    }
    return Report("tiny", "multilabel", told, held, **filled | fields)


class Structure(HTMLParser):
    """Collect what a test asks about, and see that every element is closed."""

    VOID = ("meta", "link", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def headings(self):
        return [int(tag[1]) for tag, _ in self.tags if re.fullmatch(r"h[1-6]", tag)]


SECTIONS = [
    "verdict", "labels", "confusion", "errors", "slices", "calibration", "thresholds", "learning", "words",
    "topics", "findings", "provenance",
]  # fmt: skip


@pytest.mark.parametrize("multiclass", [False, True])
def test_the_page_has_all_sections_and_is_well_formed(multiclass):
    found = Structure(page(report(outcome(noise=0.05, multiclass=multiclass))))
    assert [told["id"] for tag, told in found.tags if tag == "section"] == SECTIONS
    headings = found.headings()
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    assert all(told.get("scope") for tag, told in found.tags if tag == "th")
    ids = [told["id"] for _, told in found.tags if "id" in told]
    assert len(ids) == len(set(ids))


def test_what_was_not_given_is_left_out():
    empty = {key: [] for key in ("comparisons", "learning_curve", "topics", "errors")} | {"findings": None}
    found = Structure(page(report(**empty, top_words={}, facts={}, config_text="")))
    ids = [told["id"] for tag, told in found.tags if tag == "section"]
    assert ids == ["verdict", "labels", "confusion", "slices", "calibration", "thresholds", "provenance"]


def test_the_page_loads_nothing_and_runs_nothing():
    text = page(report())
    found = Structure(text)
    assert "script" not in {tag for tag, _ in found.tags}
    assert not [told for _, told in found.tags if "src" in told]
    assert {told["href"] for _, told in found.tags if "href" in told} == {"data:,"}
    assert not re.search(r"https?:|@import", text)
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {"#hatch-against", "#hatch-missed"}
    assert not [key for _, told in found.tags for key in told if key.startswith("on")]


def test_nothing_of_a_users_data_is_taken_for_markup():
    labels = [f"{name}{BAD}" for name in NAMES]
    told = outcome(labels=labels, outlet=[f"{BAD}{i % 2}" for i in range(240)], genre=BAD)
    error = WorstError(BAD, BAD, labels[:1], [], dict.fromkeys(labels, 0.5), labels[0], [(BAD, 1.0)], BAD)
    text = page(
        report(
            told,
            comparisons=[Comparison(BAD, 0.5, note=BAD)],
            top_words={labels[0]: [(BAD, 1.0)]},
            topics=[(BAD, {labels[0]: 1.0})],
            findings=[Found(BAD, BAD, BAD, [BAD])],
            errors=[error],
            config_text=f"</pre>{BAD}",
            facts={BAD: BAD},
        )
    )
    found = Structure(text)
    assert "script" not in {tag for tag, _ in found.tags}
    assert "<script" not in text
    shown = "".join(found.text)
    assert shown.count(BAD) > 30
    assert f"</pre>{BAD}" in shown


def test_markup_among_bangla_is_escaped():
    shown = page(report(config_text="<b>ক\"<i>খ\" 'গ'</i>"))
    assert "<b>ক" not in shown
    assert "<i>" not in shown.replace("<i>none</i>", "").replace("<i>no label</i>", "")


def test_the_name_is_escaped_too():
    assert "<script" not in page(replace(report(), name=BAD))


def test_text_can_be_left_out_for_shared_servers():
    shown, hidden = page(report()), page(report(show_text=False))
    for words in ("শিরোনাম", ">মহাকাশ<sup>"):
        assert words in shown
        assert words not in hidden
    assert "a1" in hidden


def test_bangla_is_marked_as_bangla():
    text = page(report())
    assert '<span lang="bn">চাঁদ মহাকাশ</span>' in text
    assert '<span lang="bn">কেন</span>' in text


def test_the_page_shows_the_figures_that_it_was_given():
    told = report()
    shown = "".join(Structure(page(told)).text)
    for key in ("macro_f1", "macro_f1_low", "macro_f1_high"):
        assert f"{told.held[key]:.3f}" in shown
    for r in measure(told).reliabilities:
        assert f"{r.error:.3f}" in shown
        assert f"{r.brier:.3f}" in shown
    assert "0.950" in shown
    found = measure(told)
    y, predicted = told.outcome.y, told.outcome.predicted
    assert (found.low, found.high) == evaluate.interval(y, predicted, told.outcome.groups, seed=told.seed)
    assert f"{found.macro_f1:.3f} {found.low:.3f}–{found.high:.3f}" in shown


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ((0.1, 0.2), "the model is clearly better"),
        ((-0.1, 0.2), "not clearly apart"),
        ((-0.2, -0.1), "the model is clearly worse"),
    ],
)
def test_the_chart_says_in_words_who_is_better(difference, said):
    other = Comparison("other", 0.5, 0.4, 0.6, difference=difference)
    told = report(comparisons=[other])
    assert said in "".join(Structure(page(told)).text)
    assert said.removeprefix("the ").replace("model is", "model") in card(told)


def said(told):
    return verdict(told, measure(told))


def test_the_verdict_says_what_is_reliable_and_what_is_weak():
    told = outcome(1200, noise=0.02)
    wrong = told.y[:, 2].astype(bool) & (np.arange(1200) % 2 == 0)
    told.predicted[wrong, 2] = 0
    found = said(report(told))
    assert found.summary.startswith("Good at diplomacy and space")
    assert "Weak at military" in found.summary
    assert any(line.startswith("military: of 100 articles that get it") for line in found.care)


def test_of_many_labels_only_the_best_and_the_poorest_have_a_sentence():
    few = outcome(1200, noise=0.05)
    wide = {key: np.tile(getattr(few, key), (1, 4)) for key in ("y", "probabilities", "predicted")}
    told = replace(few, labels=[f"label{i}" for i in range(12)], **wide)
    found = said(report(told))
    assert sum("of 100 articles that get it" in line for line in found.good + found.care) == 6
    assert listed(list("abcd"), most=3) == "a, b and 2 more"
    assert listed(list("abc"), "or", most=3) == "a, b or c"


@pytest.mark.parametrize("kind", ["baseline", "control"])
def test_a_model_that_is_not_clearly_above_is_not_called_worth_using(kind):
    told = report()
    value = told.held["macro_f1"] - 0.001
    found = said(report(comparisons=[Comparison("other", value, value - 0.05, value + 0.05, kind=kind)]))
    assert found.summary.startswith("Not shown to be worth using")
    assert any("Not clearly above" in line for line in found.care)


def test_a_difference_on_the_same_rows_decides_over_two_intervals():
    value = report().held["macro_f1"] - 0.01
    close = Comparison("champion", value, value - 0.05, value + 0.05, kind="champion")
    assert "Not clearly above the champion" in " ".join(said(report(comparisons=[close])).care)
    paired = replace(close, difference=(0.002, 0.02))
    assert "Clearly better than the champion" in " ".join(said(report(comparisons=[paired])).good)
    worse = replace(close, difference=(-0.02, -0.002))
    assert "Clearly worse than the champion" in " ".join(said(report(comparisons=[worse])).care)


def test_a_random_split_that_flatters_is_called_so():
    high = Comparison("random split", 0.999, kind="random")
    assert "more than articles on unseen events bear out" in " ".join(said(report(comparisons=[high])).care)
    low = Comparison("random split", 0.5, kind="random")
    assert "nothing is flattered" in " ".join(said(report(comparisons=[low])).good)


def test_probabilities_that_promise_too_much_are_not_called_right():
    told = outcome(1200, multiclass=True, noise=0.5)
    assert "It promises too much" in " ".join(said(report(told)).care)


def test_targets_that_are_told_apart_are_counted():
    ids = [f"a{i // 2}" for i in range(240)]
    found = said(report(outcome(multiclass=True, noise=0.0, id=ids, target=["x", "y"] * 120)))
    assert any("gets both right" in line and "(100%)" in line for line in found.good)


def test_the_card_tells_the_same_figures_in_markdown():
    told = report()
    text = card(told)
    assert text.startswith("# Model card: tiny\n")
    found = said(told)
    assert found.summary in text
    assert all(f"- {line}" in text for line in found.good)
    held = told.held
    assert f"{held['macro_f1']:.3f} ({held['macro_f1_low']:.3f}–{held['macro_f1_high']:.3f})" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_card_takes_nothing_of_a_users_data_for_markup():
    bad = "a|b `c` <b> [d](e)\n# f"
    told = report(outcome(labels=[f"{name}|" for name in NAMES]), findings=[Found(bad, "note", bad, [])])
    text = card(told)
    assert "a\\|b \\`c\\` \\<b\\> \\[d\\](e) \\# f" in text
    rows = [line.replace("\\|", "") for line in text.splitlines() if line.startswith("| diplomacy")]
    assert rows
    assert {line.count("|") for line in rows} <= {6, 7}


@pytest.fixture(params=[360, 1440], ids=["phone", "desk"])
def width(request):
    return request.param


def browser(folder, width, dark):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("chromium and chromedriver are not on the path")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder}",
    ):  # fmt: skip
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver))
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    return opened


# The colours that text has and stands on, worked out by the browser; ratios as WCAG 2.2 defines them.
CONTRAST = """
const light = c => { const [r, g, b] = c.map(v => v / 255).map(
  v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b };
const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n };
const ground = e => { const under = [];
  for (let p = e; p; p = p.parentElement) under.unshift(parse(getComputedStyle(p).backgroundColor));
  return under.reduce((below, c) => below.map((v, i) => v * (1 - c[3]) + c[i] * c[3]), [255, 255, 255]) };
let worst = [99, ''];
for (const e of document.querySelectorAll('body *')) {
  if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) || e.closest('title, desc')) continue;
  const style = getComputedStyle(e);
  const ink = light(parse(e.closest('svg') ? style.fill : style.color).slice(0, 3)), on = light(ground(e));
  const ratio = (Math.max(ink, on) + 0.05) / (Math.min(ink, on) + 0.05);
  if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 120)];
}
return worst;
"""


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("multiclass", [False, True], ids=["multilabel", "multiclass"])
def test_a_browser_shows_the_page_without_error_and_without_scrolling_sideways(
    tmp_path, width, dark, multiclass
):
    long = "খুব" * 60
    labels = ["diplomacy", "space", f"label-{'x' * 70}"]
    ids = [f"a{i // 2}" for i in range(240)]
    outlets = [f"{long}{i % 2}" for i in range(240)]
    told = outcome(multiclass=multiclass, labels=labels, outlet=outlets, id=ids)
    file = tmp_path / "report.html"
    findings = [Found("duplicate", "warning", "y" * 200, list(range(400)))]
    file.write_text(page(report(told, findings=findings, config_text="z" * 400)), "utf-8")
    opened = browser(tmp_path / "profile", width, dark)
    try:
        opened.get(file.as_uri())
        run = opened.execute_script
        for unfolded in (False, True):
            run("document.querySelectorAll('details').forEach(d => d.open = arguments[0])", unfolded)
            assert run("return document.documentElement.scrollWidth") <= width
        assert opened.get_log("browser") == []
        hidden = run(
            "return [...document.querySelectorAll('section')]"
            ".filter(s => s.getBoundingClientRect().height < 40 || !s.checkVisibility()).map(s => s.id)"
        )
        assert hidden == []
        ratio, where = run(CONTRAST)
        assert ratio >= 4.5, where
        shown = run("return getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", shown)[:3])) < 384) == dark
        printed = opened.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
        assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    finally:
        opened.quit()
