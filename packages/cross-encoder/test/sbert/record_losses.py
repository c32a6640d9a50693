"""Values and logit gradients of SBERT's cross-encoder losses on random batches, and hand-checked ones."""

import random

import torch
from recorded_logits import LogitsModel
from sentence_transformers.cross_encoder import losses

BATCHES = 20


def losses_on_random_batches() -> dict:
    """For each loss: its parameters and 20 batches of {rows, logits, labels, loss, gradient}.

    `logits` and `gradient` are one list a row, row after row: [rows][logits of the row]. For
    MultipleNegativesRankingLoss a row is [positive, sampled in-batch negatives..., hard negatives...]
    and `documents` says which document each logit belongs to: documents of a batch are numbered
    column by column, so that document number `column * rows + row` is the one that stands in that
    column of that row (column 0: the positives, then the hard negatives).
    """
    return {
        "binaryCrossEntropy": _pointwise("BinaryCrossEntropyLoss", {}, 1, _binary_label),
        "binaryCrossEntropyPosWeight": _pointwise(
            "BinaryCrossEntropyLoss", {"pos_weight": 4.0}, 1, _binary_label
        ),
        "binaryCrossEntropySoftLabels": _pointwise(
            "BinaryCrossEntropyLoss", {"pos_weight": 2.5}, 1, lambda draw: round(draw.random(), 3)
        ),
        "crossEntropyTwoClasses": _pointwise("CrossEntropyLoss", {}, 2, _class_label(2)),
        "crossEntropyThreeClasses": _pointwise("CrossEntropyLoss", {}, 3, _class_label(3)),
        "multipleNegativesRanking": _multiple_negatives_ranking({}, hard_negatives=0),
        "multipleNegativesRankingHardNegatives": _multiple_negatives_ranking({}, hard_negatives=2),
        "multipleNegativesRankingAll": _multiple_negatives_ranking(
            {"num_negatives": None, "scale": 5.0}, hard_negatives=1
        ),
        "marginMseOneNegative": _margin_mse(negatives=1, scores=False),
        "marginMseManyNegatives": _margin_mse(negatives=3, scores=False),
        "marginMseScores": _margin_mse(negatives=3, scores=True),
    }


def _binary_label(draw: random.Random) -> float:
    return float(draw.random() < 0.3)


def _class_label(classes: int):
    return lambda draw: draw.randrange(classes)


def _logits(draw: random.Random, rows: int, width: int, scale: float) -> list[list[float]]:
    return [[round(draw.gauss(0, scale), 4) for _ in range(width)] for _ in range(rows)]


def _shape(index: int) -> tuple[int, float]:
    """The rows and the spread of the logits of a batch: one row to 32, timid to confident."""
    return [1, 2, 3, 7, 16, 32][index % 6], [0.5, 2.0, 6.0][index % 3]


def _evaluate(loss_name: str, parameters: dict, model: LogitsModel, columns, labels) -> float:
    arguments = dict(parameters)
    if "pos_weight" in arguments:
        arguments["pos_weight"] = torch.tensor(arguments["pos_weight"])
    loss = getattr(losses, loss_name)(model, **arguments)(columns, labels)
    loss.backward()
    return loss.item()


def _pointwise(loss_name: str, parameters: dict, width: int, label) -> dict:
    draw = random.Random(f"{loss_name} {parameters} {width}")
    batches = []
    for index in range(BATCHES):
        rows, scale = _shape(index)
        logits = _logits(draw, rows, width, scale)
        labels = [label(draw) for _ in range(rows)]
        model = LogitsModel([logits])
        texts = [str(row) for row in range(rows)]
        value = _evaluate(loss_name, parameters, model, [texts, texts], torch.tensor(labels))
        batch = {"logits": logits, "labels": labels, "loss": value, "gradient": model.gradients()[0]}
        batches.append(batch)
    return {"loss": loss_name, "parameters": parameters, "numLabels": width, "batches": batches}


def _multiple_negatives_ranking(parameters: dict, hard_negatives: int) -> dict:
    draw = random.Random(f"mnr {parameters} {hard_negatives}")
    batches = []
    for index in range(BATCHES):
        rows, scale = _shape(index)
        rows = max(rows, 2)  # one row has no in-batch negatives
        columns = 1 + hard_negatives
        limit = parameters.get("num_negatives", 4)
        others = columns * (rows - 1)
        sampled = others if limit is None else min(limit, others)
        logits = _logits(draw, rows, columns + sampled, scale)
        model = LogitsModel([[[row[column]] for row in logits] for column in range(len(logits[0]))])
        queries = [f"q{row}" for row in range(rows)]
        documents = [[str(column * rows + row) for row in range(rows)] for column in range(columns)]
        torch.manual_seed(index)
        value = _evaluate(
            "MultipleNegativesRankingLoss", parameters, model, [queries, *documents], None
        )
        for asked in model.pairs:
            assert [query for query, _ in asked] == queries
        by_column = model.gradients()
        batches.append(
            {
                "logits": logits,
                "documents": [
                    [int(asked[row][1]) for asked in model.pairs] for row in range(rows)
                ],
                "loss": value,
                "gradient": [[column[row][0] for column in by_column] for row in range(rows)],
            }
        )
    return {
        "loss": "MultipleNegativesRankingLoss",
        "parameters": parameters,
        "hardNegatives": hard_negatives,
        "batches": batches,
    }


def _margin_mse(negatives: int, scores: bool) -> dict:
    draw = random.Random(f"margin mse {negatives} {scores}")
    batches = []
    for index in range(BATCHES):
        rows, scale = _shape(index)
        width = 1 + negatives
        logits = _logits(draw, rows, width, scale)
        labels = _logits(draw, rows, width if scores else negatives, 3.0)
        model = LogitsModel([[[row[column]] for row in logits] for column in range(width)])
        texts = [[f"{column} {row}" for row in range(rows)] for column in range(1 + width)]
        given = torch.tensor([row[0] for row in labels]) if negatives == 1 else torch.tensor(labels)
        value = _evaluate("MarginMSELoss", {}, model, texts, given)
        by_column = model.gradients()
        gradient = [[column[row][0] for column in by_column] for row in range(rows)]
        batches.append({"logits": logits, "labels": labels, "loss": value, "gradient": gradient})
    return {"loss": "MarginMSELoss", "parameters": {}, "negatives": negatives, "batches": batches}


def golden_values() -> dict:
    """Small cases that were re-derived by hand with plain loops, equal to six decimals."""
    pairs, labels = [0.3, -1.2, 2.0, 0.7], [1.0, 0.0, 0.3, 1.0]
    texts = ["a", "b", "c", "d"]

    def binary(parameters: dict) -> dict:
        model = LogitsModel([[[value] for value in pairs]])
        value = _evaluate(
            "BinaryCrossEntropyLoss", parameters, model, [texts, texts], torch.tensor(labels)
        )
        return {"logits": pairs, "labels": labels, "parameters": parameters, "loss": value}

    def margin(given: list) -> dict:
        logits = [[0.3, 2.0], [-1.2, 0.7]]
        model = LogitsModel([[[row[column]] for row in logits] for column in range(2)])
        value = _evaluate("MarginMSELoss", {}, model, [texts[:2]] * 3, torch.tensor(given))
        return {"logits": logits, "labels": given, "loss": value}

    columns = [[2, 1, 0], [0.5, -0.5, 0.1], [0.2, 0.3, -0.4], [-1, 0.6, 0.9], [0.15, -0.25, 0.35], [1, -2, 0.45]]
    model = LogitsModel([[[float(value)] for value in column] for column in columns])
    documents = [["a", "b", "c"], ["pa", "pb", "pc"], ["na", "nb", "nc"]]
    ranking = _evaluate(
        "MultipleNegativesRankingLoss", {"num_negatives": None}, model, documents, None
    )
    return {
        "binaryCrossEntropy": binary({}),
        "binaryCrossEntropyPosWeight": binary({"pos_weight": 4.0}),
        "marginMse": margin([1.0, 2.0]),
        "marginMseScores": margin([[3.0, 2.0], [1.0, -1.0]]),
        "multipleNegativesRanking": {
            "logits": [[float(column[row]) for column in columns] for row in range(3)],
            "documents": [[asked[row][1] for asked in model.pairs] for row in range(3)],
            "parameters": {"num_negatives": None},
            "loss": ranking,
        },
    }
