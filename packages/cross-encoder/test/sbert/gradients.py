"""Writes one loss and the gradient of every parameter, dropout off, as a safetensors file.

    python gradients.py MODEL ROWS.jsonl BinaryCrossEntropyLoss OUT.safetensors --parameters '{}'

The names are those of the model file; the loss itself is the tensor `loss`.
"""

import argparse
import json

import torch
from safetensors.torch import save_file
from sbert_side import columns, load_model, make_loss, read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("loss")
    parser.add_argument("output")
    parser.add_argument("--parameters", type=json.loads, default={})
    parser.add_argument("--max-length", type=int)
    arguments = parser.parse_args()
    model = load_model(arguments.model, arguments.max_length, dropout=False)
    model.train()
    table = columns(read_rows(arguments.rows), arguments.loss)
    labels = torch.tensor(table.pop("label")) if "label" in table else None
    loss = make_loss(model, arguments.loss, arguments.parameters)(list(table.values()), labels)
    loss.backward()
    gradients = {
        name: parameter.grad.contiguous()
        for name, parameter in model.transformers_model.named_parameters()
        if parameter.grad is not None
    }
    save_file({**gradients, "loss": loss.detach()}, arguments.output)


if __name__ == "__main__":
    main()
