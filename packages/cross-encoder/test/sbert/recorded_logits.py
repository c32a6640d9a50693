"""A stand-in for the model, so that SBERT's own loss classes can be fed logits of our choice."""

import torch
from sentence_transformers import CrossEncoder
from torch import nn


class LogitsModel(CrossEncoder):
    """Answers each forward pass with the next prepared logits and remembers which pairs were asked for.

    SBERT's losses insist on a CrossEncoder, tokenize inside, and call the model once per column of
    documents: `columns` holds, for each call, one row of logits a pair.
    """

    def __init__(self, columns: list[list[list[float]]]):
        nn.Module.__init__(self)
        self.labels = len(columns[0][0])
        self.leaves = [torch.tensor(column, requires_grad=True) for column in columns]
        self.pairs: list[list[tuple[str, str]]] = []

    @property
    def num_labels(self) -> int:
        return self.labels

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def preprocess(self, pairs, prompt=None, task=None):
        self.pairs.append(list(pairs))
        return {}

    def forward(self, inputs, **kwargs):
        return {"scores": self.leaves[len(self.pairs) - 1]}

    def gradients(self) -> list[list[list[float]]]:
        """The gradient of the loss with respect to each of `columns`."""
        return [leaf.grad.tolist() for leaf in self.leaves]
