"""What a run may vary: one YAML file is one experiment, checked in one go."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from khobor_features.normalise import Normalizer
from khobor_features.target import VIEWS
from khobor_training.errors import InputError
from khobor_training.findings import KINDS
from khobor_training.problems import nearest, problem

STANCES = ("supportive", "neutral", "critical")

Task = Literal["multilabel", "multiclass", "stance"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Columns(_Section):
    """What the user's file calls the columns of the article row."""

    id: str = "id"
    title: str = "title"
    body: str = "body"
    labels: str | None = None
    target: str = "target"
    event: str = "event"
    published_at: str = "published_at"
    outlet: str = "outlet"
    genre: str = "genre"


class Data(_Section):
    """Where articles come from; neither corpus nor files means: given by ``--data``."""

    corpus: Literal["starter"] | None = None
    files: list[str] = []
    columns: Columns = Columns()
    where: dict[str, list[str]] = {}
    target: str | None = Field(None, min_length=1)
    labels: list[str] = []
    on_bad_row: Literal["fail", "skip"] = "fail"


class Split(_Section):
    """How articles are held out."""

    kind: Literal["grouped", "time", "random"] = "grouped"
    held_out: float = Field(0.2, gt=0, le=0.5)
    folds: int = Field(5, ge=2, le=20)


class Text(_Section):
    """How text is normalised; the residue patterns come on top of khobor's own."""

    digits: Literal["keep", "ascii"] = "ascii"
    residue: bool = True
    inline_residue: list[str] = []
    tail_residue: list[str] = []
    stop_words: bool = False

    @model_validator(mode="after")
    def _patterns(self) -> "Text":
        try:
            Normalizer(inline_residue=self.inline_residue, tail_residue=self.tail_residue).fit([])
        except ValueError as error:
            raise ValueError(str(error)) from None
        return self


def _rising(value: tuple[int, int]) -> tuple[int, int]:
    if not 1 <= value[0] <= value[1] <= 10:
        raise ValueError(f"must be 1 <= low <= high <= 10, got {list(value)}")
    return value


NgramRange = Annotated[tuple[int, int], AfterValidator(_rising)]


class Words(_Section):
    """TF-IDF of words."""

    ngram_range: NgramRange = (1, 1)
    min_df: int = Field(1, ge=1)
    sublinear: bool = True


class Characters(Words):
    """TF-IDF of character n-grams within words."""

    ngram_range: NgramRange = (2, 5)


class Topics(_Section):
    """Proportions of a topic model."""

    kind: Literal["nmf", "lda"] = "nmf"
    n_topics: int = Field(20, ge=2, le=500)
    weight: float = Field(0.2, gt=0)
    unlabelled: list[str] = []


class View(_Section):
    """How a target is seen; the views' weights are those of ``khobor_features.target``."""

    # Pydantic takes a tuple for the values of a Literal, mypy does not; so in Audit, too.
    views: dict[Literal[VIEWS], Annotated[float, Field(gt=0)]] = {"article": 1.0}  # type: ignore[valid-type]
    window: int = Field(8, ge=1, le=100)
    cues: float = Field(0.0, ge=0)
    identity: float = Field(0.0, ge=0)
    min_rows: int = Field(10, ge=1)


class Features(_Section):
    """Which features are on."""

    words: Words | None = None
    characters: Characters | None = None
    topics: Topics | None = None
    target: View | None = None

    @model_validator(mode="after")
    def _any(self) -> "Features":
        if not (self.words or self.characters or self.topics):
            raise ValueError("must switch on words, characters or topics, got none")
        return self


class Target(_Section):
    """The other names of a target, and what only looks like one of its names."""

    aliases: list[Annotated[str, Field(min_length=2)]] = []
    exceptions: list[Annotated[str, Field(min_length=2)]] = []


class LogisticRegressionChoice(_Section):
    """Logistic regression."""

    kind: Literal["logistic_regression"]
    C: float = Field(10.0, gt=0)
    class_weight: Literal["balanced"] | None = "balanced"


class LinearSvmChoice(_Section):
    """Linear support vector machine."""

    kind: Literal["linear_svm"]
    C: float = Field(1.0, gt=0)
    class_weight: Literal["balanced"] | None = "balanced"


class ComplementNbChoice(_Section):
    """Complement naive Bayes."""

    kind: Literal["complement_nb"]
    alpha: float = Field(0.3, gt=0)


Member = Annotated[
    LogisticRegressionChoice | LinearSvmChoice | ComplementNbChoice, Field(discriminator="kind")
]


class VoteChoice(_Section):
    """A soft vote: the mean of the members' scores, each on its own scale."""

    kind: Literal["vote"]
    members: list[Member] = Field(min_length=2)


Classifier = Annotated[
    LogisticRegressionChoice | LinearSvmChoice | ComplementNbChoice | VoteChoice,
    Field(discriminator="kind"),
]


class Thresholds(_Section):
    """What the threshold of each label of a multilabel task aims at."""

    aim: Literal["best_f1", "precision"] = "best_f1"
    at_least: float | None = Field(None, gt=0, lt=1)

    @model_validator(mode="after")
    def _aim(self) -> "Thresholds":
        if self.aim == "precision" and self.at_least is None:
            raise ValueError("at_least is missing; aim: precision needs it, such as at_least: 0.9")
        if self.aim == "best_f1" and self.at_least is not None:
            raise ValueError(
                f"at_least must stand beside aim: precision, got {self.at_least:g} beside aim: best_f1"
            )
        return self


class Abstain(_Section):
    """When a prediction is withheld."""

    min_words: int = Field(3, ge=0)
    min_bangla: float = Field(0.5, ge=0, le=1)
    min_confidence: float = Field(0.0, ge=0, le=1)
    unmentioned: bool | None = None


class Audit(_Section):
    """Which findings about the data stop a training: kinds of finding, or ``serious`` for all of those."""

    fatal: list[Literal["serious", *KINDS]] = []  # type: ignore[valid-type]


class ReportChoice(_Section):
    """What the report of a training shows."""

    show_text: bool = True


class _Search(_Section):
    trials: int = Field(20, ge=1, le=10_000)
    values: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(min_length=1)


class GridSearch(_Search):
    """Every combination of the values, in the order of the file."""

    kind: Literal["grid"]


class RandomSearch(_Search):
    """Combinations of the values, drawn at random."""

    kind: Literal["random"]


class HalvingSearch(_Search):
    """Combinations drawn at random; the best of each round go on with more of the events."""

    kind: Literal["halving"]
    factor: int = Field(3, ge=2, le=5)
    smallest: float = Field(0.25, ge=0.05, le=0.5)


Search = Annotated[GridSearch | RandomSearch | HalvingSearch, Field(discriminator="kind")]


class Tracking(_Section):
    """What goes to MLflow."""

    enabled: bool = True


class Config(_Section):
    """One experiment."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    task: Task
    seed: int = Field(7, ge=0, lt=2**32)
    data: Data
    targets: dict[str, Target] = {}
    shares: dict[str, Annotated[float, Field(gt=0)]] = {}
    audit: Audit = Audit()
    split: Split = Split()
    text: Text = Text()
    features: Features
    classifier: Classifier
    thresholds: Thresholds = Thresholds()
    abstain: Abstain = Abstain()
    keywords: dict[str, list[str]] = {}
    refit_on_all: bool = True
    search: Search | None = None
    report: ReportChoice = ReportChoice()
    tracking: Tracking = Tracking()

    @field_validator("targets", "shares", "keywords", mode="before")
    @classmethod
    def _emptied(cls, value: Any) -> Any:
        return {} if value is None else value  # the section is there, and all of it was taken away

    @property
    def multiclass(self) -> bool:
        """Whether exactly one label holds for a row."""
        return self.task != "multilabel"

    @property
    def labels(self) -> list[str]:
        """The labels; of a stance, if the config names none: supportive, neutral, critical."""
        return self.data.labels or (list(STANCES) if self.task == "stance" else [])

    @property
    def label_column(self) -> str:
        """The column that labels stand in."""
        return self.data.columns.labels or ("stance" if self.task == "stance" else "topics")

    @property
    def abstain_unmentioned(self) -> bool:
        """Whether a stance is withheld where the target is not mentioned; by default, if it varies."""
        return self.data.target is None if self.abstain.unmentioned is None else self.abstain.unmentioned

    @model_validator(mode="after")
    def _labels(self) -> "Config":
        labels = self.labels
        least = {"multilabel": 1, "multiclass": 2, "stance": 3}[self.task]
        if len(labels) < least:
            raise ValueError(f"data.labels: must name at least {least} labels, got {len(labels)}")
        if self.task == "stance" and len(labels) > least:
            raise ValueError(
                "data.labels: must be three for a stance, in the order supportive, neutral, critical, "
                f"got {len(labels)}"
            )
        if len(set(labels)) < len(labels) or any("|" in label or not label.strip() for label in labels):
            raise ValueError("data.labels: must be distinct, not blank and without '|'")
        for name in ("labels", "reason", "evidence"):
            if name in labels:
                raise ValueError(f"data.labels: must not hold '{name}', which names a column of the answers")
        if self.data.corpus and self.data.files:
            raise ValueError("data: must name a corpus or files, got both")
        if empty := sorted(label for label, words in self.keywords.items() if not all(map(str.strip, words))):
            raise ValueError(f"keywords.{empty[0]}: must hold letters, got an empty keyword")
        for section in ("keywords", "shares"):
            if unknown := sorted(set(getattr(self, section)) - set(labels)):
                also = f", and so are {', '.join(unknown[1:])}" if unknown[1:] else ""
                raise ValueError(
                    f"{section}.{unknown[0]}: unknown label{nearest(unknown[0], set(labels))}{also}; "
                    "take it away or add it to data.labels"
                )
        return self

    @model_validator(mode="after")
    def _task(self) -> "Config":
        stance = self.task == "stance"
        if self.shares and (not self.multiclass or set(self.shares) != set(self.labels)):
            raise ValueError(
                "shares: must name every label of a multiclass or stance task, "
                f"got {', '.join(self.shares)} for {', '.join(self.labels)}"
            )
        if self.shares and abs(sum(self.shares.values()) - 1) > 0.01:
            raise ValueError(f"shares: must add up to 1, got {sum(self.shares.values()):g}")
        for name, given in (
            ("features.target", self.features.target),
            ("targets", self.targets),
            ("data.target", self.data.target),
        ):
            if given and not stance:
                raise ValueError(f"{name}: must stand in a config of task stance, got task {self.task}")
        if self.multiclass and self.thresholds != Thresholds():
            raise ValueError(
                f"thresholds: must stand in a config of task multilabel, got task {self.task}, of which "
                "the most probable label is given; take them away"
            )
        if stance and self.features.topics:
            raise ValueError("features.topics: must not stand in a config of task stance; take it away")
        if stance and self.keywords:
            raise ValueError("keywords: must not stand in a config of task stance; take them away")
        cues = self.features.target.cues if self.features.target else 0
        members = self.classifier.members if self.classifier.kind == "vote" else [self.classifier]
        if cues and any(member.kind == "complement_nb" for member in members):
            raise ValueError(
                "features.target.cues: must be 0 for complement_nb, which takes no negative features, "
                f"got {cues:g}; take them away or choose another classifier"
            )
        return self

    @model_validator(mode="after")
    def _names(self) -> "Config":
        named = {"data.target": [self.data.target] if self.data.target is not None else []}
        for target, table in self.targets.items():
            if target == "all":
                raise ValueError("targets.all: must be another name; 'all' asks for every target")
            named[f"targets.{target}"] = [target]
            named[f"targets.{target}.aliases"] = table.aliases
            named[f"targets.{target}.exceptions"] = table.exceptions
        for path, names in named.items():
            for name in names:
                if not any(map(str.isalpha, name)):
                    raise ValueError(f"{path}: must hold letters, got {name!r}")
        return self


def project_folder(path: Path) -> Path:
    """Return the folder that relative paths of a config start from."""
    folder = path.resolve().parent
    return folder.parent if folder.name == "configs" else folder


class _Loader(yaml.SafeLoader):
    """Refuse a key that stands twice, of which YAML would keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' twice", key.start_mark
                )
        return super().construct_mapping(node, deep)


def read(path: Path) -> Config:
    """Read and check a config file.

    Raises
    ------
    InputError
        With all problems of the file, each with its path, value and nearest valid name.
    """
    try:
        raw = yaml.load(path.read_text("utf-8"), _Loader)  # a safe loader
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "bytes that are not UTF-8"
        raise InputError(f"{path} must be a readable UTF-8 file, got {reason}; check the path") from None
    except (yaml.YAMLError, ValueError) as error:
        mark, reason = getattr(error, "problem_mark", None), getattr(error, "problem", error)
        line = f", line {mark.line + 1}," if mark else ""
        raise InputError(f"{path}{line} must be YAML, got '{reason}'; mend that line") from None
    if not isinstance(raw, dict):
        raise InputError(
            f"{path} must hold keys and values, got {type(raw).__name__}; start from configs/topic.yaml"
        )
    problems = []
    if raw.get("name") not in (None, path.stem):
        problems.append(f"name: must equal the file's stem '{path.stem}', got {raw['name']!r}")
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        problems += [problem(item, Config) for item in error.errors()]
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InputError("\n  ".join([f"{path} has {count}:", *problems]))
    return config
