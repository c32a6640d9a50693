"""Trains with SBERT's CrossEncoderTrainer in the order of the rows, dropout off, and says what happened.

    python train_steps.py MODEL ROWS.jsonl BinaryCrossEntropyLoss PROBE.jsonl OUT.json --steps 50

Writes the loss, gradient norm and learning rate of each step, and after the last step the raw logits
of the probe's pairs (a line: {"query", "document"}).
"""

import argparse
import json
import tempfile

from datasets import Dataset
from sbert_side import columns, load_model, make_loss, raw_logits, read_rows, write_json
from sentence_transformers.base.sampler import DefaultBatchSampler
from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments
from torch.utils.data import SequentialSampler


def in_order(dataset, batch_size, drop_last, **_):
    """Batches of neighbouring rows instead of shuffled ones."""
    return DefaultBatchSampler(
        SequentialSampler(dataset), batch_size=batch_size, drop_last=drop_last
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("loss")
    parser.add_argument("probe")
    parser.add_argument("output")
    parser.add_argument("--parameters", type=json.loads, default={})
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--warmup", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--max-grad-norm", type=float, default=1.0)
    parser.add_argument("--max-length", type=int)
    arguments = parser.parse_args()
    model = load_model(arguments.model, arguments.max_length, dropout=False)
    table = columns(read_rows(arguments.rows), arguments.loss)
    with tempfile.TemporaryDirectory() as folder:
        trainer = CrossEncoderTrainer(
            model=model,
            args=CrossEncoderTrainingArguments(
                output_dir=folder,
                max_steps=arguments.steps,
                per_device_train_batch_size=arguments.batch_size,
                learning_rate=arguments.learning_rate,
                warmup_steps=arguments.warmup,
                weight_decay=arguments.weight_decay,
                max_grad_norm=arguments.max_grad_norm,
                batch_sampler=in_order,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                use_cpu=True,
            ),
            train_dataset=Dataset.from_dict(table),
            loss=make_loss(model, arguments.loss, arguments.parameters),
        )
        trainer.train()
    steps = [
        {"loss": log["loss"], "gradNorm": log["grad_norm"], "learningRate": log["learning_rate"]}
        for log in trainer.state.log_history
        if "grad_norm" in log
    ]
    probe = [(row["query"], row["document"]) for row in read_rows(arguments.probe)]
    model.eval()
    write_json(arguments.output, {"steps": steps, "logits": raw_logits(model, probe)})


if __name__ == "__main__":
    main()
