"""The code that travels with a registered model: MLflow runs this file when it loads one."""

from typing import Any

import joblib
import mlflow
import pandas as pd


class Served(mlflow.pyfunc.PythonModel):
    """Label the articles of a frame with the columns ``title`` and ``body``."""

    def load_context(self, context: Any) -> None:
        """Load the predictor that lies beside this code."""
        self.predict_ = joblib.load(context.artifacts["predictor"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Return a frame: ``labels`` joined by ``|``, then a probability a label."""
        rows = []
        for prediction in self.predict_(model_input):
            plain = prediction.to_dict()
            labels = plain["labels"] if "labels" in plain else [plain["label"] or ""]
            rows.append({"labels": "|".join(labels), **plain["probabilities"]})
        return pd.DataFrame(rows)


mlflow.models.set_model(Served())
