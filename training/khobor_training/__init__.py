"""Turn labelled rows into a model version that can be trusted."""
