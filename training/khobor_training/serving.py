"""The code that travels with a registered model: MLflow runs this file when it loads one."""

import json
from typing import Any

import joblib
import mlflow
import pandas as pd


class Served(mlflow.pyfunc.PythonModel):
    """Label the articles of a frame: ``title``, ``body`` and, of a stance, ``target``."""

    def load_context(self, context: Any) -> None:
        """Load the predictor that lies beside this code."""
        self.predict_ = joblib.load(context.artifacts["predictor"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Return a frame, a row for each row.

        ``labels`` joined by ``|``, a probability a label, ``reason`` (why an answer is withheld, or an
        empty string) and, of a stance, ``evidence``: sentences with their offsets, as JSON.
        """
        rows = []
        for prediction in self.predict_(model_input):
            plain = prediction.to_dict()
            labels = plain["labels"] if "labels" in plain else [plain["label"] or ""]
            row = {"labels": "|".join(labels), **plain["probabilities"], "reason": plain["reason"] or ""}
            if "evidence" in plain:
                row["evidence"] = json.dumps(plain["evidence"], ensure_ascii=False)
            rows.append(row)
        return pd.DataFrame(rows)


mlflow.models.set_model(Served())
