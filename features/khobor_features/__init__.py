"""Bangla news text in, feature matrix out; knows no configs, no files and no MLflow."""
