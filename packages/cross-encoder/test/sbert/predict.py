"""Writes SBERT's raw logits, and its scores with the model's own activation, for pairs of texts.

    python predict.py MODEL PAIRS.jsonl OUT.json      (a line: {"query", "document"})
"""

import argparse

import torch
from sbert_side import load_model, raw_logits, read_rows, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("pairs")
    parser.add_argument("output")
    parser.add_argument("--max-length", type=int)
    arguments = parser.parse_args()
    model = load_model(arguments.model, arguments.max_length)
    pairs = [(row["query"], row["document"]) for row in read_rows(arguments.pairs)]
    logits = raw_logits(model, pairs)
    scores = model.activation_fn(torch.tensor(logits)).tolist()
    write_json(arguments.output, {"logits": logits, "scores": scores})


if __name__ == "__main__":
    main()
