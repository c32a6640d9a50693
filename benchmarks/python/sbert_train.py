"""Trains with SBERT's own CrossEncoderTrainer, in its default configuration, and says how fast it was.

    python sbert_train.py MODEL ROWS.jsonl OUT.json --precision fp32 --threads 2 --steps 30

A row is {"query", "document", "label"}. The first steps (--warmup-steps) are left out of the figures;
a step is everything from one optimizer update to the next, and tokens are real ones, not padding. Times are seconds, memory is bytes.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("output")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--warmup-steps", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--save", help="folder for the trained model")
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    # Before torch is imported, which reads it once.
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

    import psutil
    import torch
    from datasets import Dataset
    from sentence_transformers import CrossEncoder
    from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss
    from transformers import TrainerCallback

    process_started = psutil.Process().create_time()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)

    with open(arguments.rows, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    dataset = Dataset.from_dict(
        {
            "query": [row["query"] for row in rows],
            "document": [row["document"] for row in rows],
            "label": [float(row["label"]) for row in rows],
        }
    )
    model = CrossEncoder(
        arguments.model,
        num_labels=1,
        max_length=arguments.max_length,
        device="cpu",
        local_files_only=True,
        config_kwargs={
            "hidden_dropout_prob": arguments.dropout,
            "attention_probs_dropout_prob": arguments.dropout,
        },
    )

    step_ends: list[float] = []
    step_tokens: list[int] = []
    first_step_after: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_, **__):
            step_tokens.append(0)

        def on_step_end(self, *_, **__):
            step_ends.append(time.perf_counter())
            if not first_step_after:
                first_step_after.append(time.time() - process_started)

    preprocess = model.preprocess

    def counting_preprocess(*args, **kwargs):
        features = preprocess(*args, **kwargs)
        if step_tokens:  # the model card tokenizes too, before the first step
            step_tokens[-1] += int(features["attention_mask"].sum())
        return features

    model.preprocess = counting_preprocess

    with tempfile.TemporaryDirectory() as folder:
        trainer = CrossEncoderTrainer(
            model=model,
            args=CrossEncoderTrainingArguments(
                output_dir=folder,
                max_steps=arguments.warmup_steps + arguments.steps,
                per_device_train_batch_size=arguments.batch_size,
                learning_rate=arguments.learning_rate,
                bf16=arguments.precision == "bf16",
                seed=arguments.seed,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                use_cpu=True,
            ),
            train_dataset=dataset,
            loss=BinaryCrossEntropyLoss(model),
            callbacks=[Clock()],
        )
        trainer.train()
    if arguments.save:
        model.save_pretrained(arguments.save, create_model_card=False)

    skipped = max(1, arguments.warmup_steps)  # the first step has no beginning to count from
    seconds = [end - start for start, end in zip(step_ends, step_ends[1:])][skipped - 1 :]
    tokens = step_tokens[skipped:]
    result = {
        "side": f"sentence-transformers {arguments.precision}",
        "arguments": vars(arguments),
        "secondsPerStep": {"median": statistics.median(seconds), "all": seconds},
        "tokensPerStep": tokens,
        "tokensPerSecond": sum(tokens) / sum(seconds),
        "pairsPerSecond": arguments.batch_size / statistics.median(seconds),
        "secondsToFirstStep": first_step_after[0],
        "peakRssBytes": peak_rss_bytes(),
        "trainLoss": trainer.state.log_history[-1].get("train_loss"),
        "versions": versions(),
    }
    with open(arguments.output, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)


def peak_rss_bytes() -> int:
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def versions() -> dict[str, str]:
    import platform

    import sentence_transformers
    import torch
    import transformers

    return {
        "python": platform.python_version(),
        "sentence-transformers": sentence_transformers.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


if __name__ == "__main__":
    main()
