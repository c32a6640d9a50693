"""What SBERT's evaluators, scikit-learn and SciPy say about random scores, tied and untied."""

import random

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sentence_transformers.cross_encoder.evaluation import (
    CrossEncoderClassificationEvaluator,
    CrossEncoderCorrelationEvaluator,
    CrossEncoderRerankingEvaluator,
)
from sklearn.metrics import average_precision_score, ndcg_score

TIED_STEP = 0.5


class _Scores:
    """A model that knows the score of every pair by its text, as far as the evaluators look at one."""

    def __init__(self, table: dict, num_labels: int = 1):
        self.table = table
        self.num_labels = num_labels
        self.model_card_data = type("NoCard", (), {"set_evaluation_metrics": lambda *_: None})()

    def predict(self, pairs, **_):
        return np.array([self.table[tuple(pair)] for pair in pairs])


def _score(draw: random.Random, tied: bool) -> float:
    value = draw.gauss(0, 2)
    return round(value / TIED_STEP) * TIED_STEP if tied else round(value, 6)


def _plain(metrics: dict) -> dict:
    return {key: float(value) for key, value in metrics.items()}


def ranking_metrics() -> list[dict]:
    """Single rankings: NDCG by scikit-learn (ties averaged, graded), average precision where untied."""
    draw = random.Random("ranking")
    recorded = []
    for index in range(60):
        tied = index % 2 == 1
        size = draw.randrange(2, 40)
        grades = [draw.choice([0, 0, 0, 1, 1, 2, 3]) for _ in range(size)]
        scores = [_score(draw, tied) for _ in range(size)]
        k = draw.choice([1, 3, 5, 10, 100])
        case = {"scores": scores, "grades": grades, "k": k, "ndcg": ndcg_score([grades], [scores], k=k)}
        if len(set(scores)) == size and any(grades):
            relevant = [int(grade > 0) for grade in grades]
            case["averagePrecision"] = average_precision_score(relevant, scores)
        recorded.append(case)
    return recorded


def reranking() -> list[dict]:
    """Whole evaluations: negatives given, documents given, positives missing; all scores untied."""
    draw = random.Random("reranking")
    recorded = []
    for kind in ["negative", "documents", "documents without positives"]:
        samples, table = [], {}
        for query_number in range(25):
            query = f"q{query_number}"
            positive = [f"{query} p{number}" for number in range(draw.randrange(1, 4))]
            negative = [f"{query} n{number}" for number in range(draw.randrange(1, 25))]
            if kind == "negative":
                sample = {"query": query, "positive": positive, "negative": negative}
            else:
                documents = [text for text in positive if draw.random() < 0.6] + negative
                draw.shuffle(documents)
                sample = {"query": query, "positive": positive, "documents": documents}
            samples.append(sample)
            for text in positive + negative:
                table[(query, text)] = _score(draw, tied=False) + (0.5 if " p" in text else 0.0)
        always = kind != "documents without positives"
        evaluator = CrossEncoderRerankingEvaluator(
            samples, at_k=10, always_rerank_positives=always, name="dev", write_csv=False
        )
        recorded.append(
            {
                "samples": samples,
                "alwaysRerankPositives": always,
                "scores": [[*pair, value] for pair, value in table.items()],
                "metrics": _plain(evaluator(_Scores(table))),
                "primaryMetric": evaluator.primary_metric,
            }
        )
    return recorded


def classification() -> list[dict]:
    """Binary (one score) and three-class evaluations."""
    draw = random.Random("classification")
    recorded = []
    for index in range(12):
        tied, classes = index % 2 == 1, 3 if index % 3 == 2 else 1
        size = draw.randrange(10, 80)
        labels = [draw.randrange(max(classes, 2)) for _ in range(size)]
        pairs = [[str(number), "d"] for number in range(size)]
        if classes == 1:
            scores = [_score(draw, tied) + label for label in labels]
        else:
            scores = [[round(draw.gauss(float(c == label), 1), 6) for c in range(3)] for label in labels]
        evaluator = CrossEncoderClassificationEvaluator(pairs, labels, write_csv=False)
        table = {tuple(pair): score for pair, score in zip(pairs, scores)}
        metrics = _plain(evaluator(_Scores(table, classes)))
        recorded.append(
            {
                "labels": labels,
                "scores": scores,
                "metrics": metrics,
                "primaryMetric": evaluator.primary_metric,
            }
        )
    return recorded


def correlation() -> list[dict]:
    """Pearson and Spearman, through the evaluator and, on the same numbers, straight from SciPy."""
    draw = random.Random("correlation")
    recorded = []
    for index in range(10):
        size = draw.randrange(3, 60)
        gold = [_score(draw, index % 2 == 1) for _ in range(size)]
        scores = [round(value + draw.gauss(0, 1), 1 if index % 2 else 6) for value in gold]
        pairs = [[str(number), "d"] for number in range(size)]
        evaluator = CrossEncoderCorrelationEvaluator(pairs, gold, write_csv=False)
        table = {tuple(pair): score for pair, score in zip(pairs, scores)}
        metrics = _plain(evaluator(_Scores(table)))
        assert metrics["pearson"] == float(pearsonr(gold, scores)[0])
        assert metrics["spearman"] == float(spearmanr(gold, scores)[0])
        recorded.append({"gold": gold, "scores": scores, "metrics": metrics})
    return recorded
