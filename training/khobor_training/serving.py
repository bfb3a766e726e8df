"""The code that travels with a registered model: MLflow runs this file when it loads one."""

from typing import Any

import joblib
import mlflow


class Served(mlflow.pyfunc.PythonModel):
    """Label the articles of a frame with the columns ``title`` and ``body``."""

    def load_context(self, context: Any) -> None:
        """Load the predictor that lies beside this code."""
        self.predict_ = joblib.load(context.artifacts["predictor"])

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # MLflow reads hints as a schema
        """Return a frame: ``labels`` joined by ``|``, then a probability a label."""
        import pandas as pd

        rows = []
        for prediction in self.predict_(model_input):
            plain = prediction.to_dict()
            labels = plain["labels"] if "labels" in plain else [plain["label"] or ""]
            rows.append({"labels": "|".join(labels), **plain["probabilities"]})
        return pd.DataFrame(rows)


mlflow.models.set_model(Served())
