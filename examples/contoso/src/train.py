"""Train a classifier of breast tumours, and let MLflow note everything about it."""

import argparse

import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="a CSV file with a column `target`")
parser.add_argument("--trees", type=int, required=True)
parser.add_argument("--depth", type=int, required=True)
options = parser.parse_args()

# Parameters, metrics and the model itself are logged by MLflow as it watches `fit`.
mlflow.sklearn.autolog()
table = pd.read_csv(options.data)
features, target = table.drop(columns="target"), table["target"]
train_x, test_x, train_y, test_y = train_test_split(features, target, random_state=7)
print(f"{len(train_x)} rows to learn from, {len(test_x)} to be tested on", flush=True)

# Inside a job the run is there already: it has the job's name.
with mlflow.start_run():
    forest = RandomForestClassifier(options.trees, max_depth=options.depth, random_state=7)
    forest.fit(train_x, train_y)
    accuracy = forest.score(test_x, test_y)
    mlflow.log_metric("test_accuracy", accuracy)
    print(f"{options.trees} trees of depth {options.depth}: accuracy {accuracy:.4f}", flush=True)
