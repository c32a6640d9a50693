"""What the live comparisons share: loading a model without dropout, rows and losses."""

import json
from pathlib import Path

import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import losses

NO_DROPOUT = {
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "classifier_dropout": 0.0,
}


def load_model(folder: str, max_length: int | None = None, dropout: bool = True) -> CrossEncoder:
    return CrossEncoder(
        folder,
        device="cpu",
        max_length=max_length,
        local_files_only=True,
        config_kwargs={} if dropout else NO_DROPOUT,
    )


def read_rows(path: str) -> list[dict]:
    """One JSON object a line: {"query", "documents": [...], "labels"?: [...]}."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def columns(rows: list[dict], loss_name: str) -> dict[str, list]:
    """Rows as the columns that SBERT's losses are fed: query, documents one by one, label."""
    count = len(rows[0]["documents"])
    table = {"query": [row["query"] for row in rows]}
    for number in range(count):
        table[f"document_{number}"] = [row["documents"][number] for row in rows]
    if "labels" in rows[0]:
        labels = [row["labels"] for row in rows]
        if loss_name == "CrossEntropyLoss":
            labels = [[int(label) for label in row] for row in labels]
        table["label"] = [row[0] for row in labels] if len(labels[0]) == 1 else labels
    return table


def make_loss(model: CrossEncoder, name: str, parameters: dict):
    parameters = dict(parameters)
    if parameters.get("pos_weight") is not None:
        parameters["pos_weight"] = torch.tensor(parameters["pos_weight"])
    return getattr(losses, name)(model, **parameters)


def raw_logits(model: CrossEncoder, pairs: list[tuple[str, str]], batch_size: int = 32) -> list:
    return model.predict(
        pairs, batch_size=batch_size, activation_fn=torch.nn.Identity(), show_progress_bar=False
    ).tolist()


def write_json(path: str, value) -> None:
    Path(path).write_text(json.dumps(value) + "\n", encoding="utf-8")
