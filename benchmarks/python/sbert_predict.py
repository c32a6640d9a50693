"""Scores pairs with SBERT's CrossEncoder.predict at its defaults and says how fast it was.

    python sbert_predict.py MODEL PAIRS.jsonl OUT.json --precision fp32 --threads 2 --repeats 3

A pair is {"query", "document"}. One run over a few pairs goes before and is not counted. Times are
seconds, memory is bytes; `scores` are the model's scores in the order of the pairs.
"""

import argparse
import json
import os
import statistics
import time


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("pairs")
    parser.add_argument("output")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--max-length", type=int, default=256)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    # Before torch is imported, which reads it once.
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

    import psutil
    import torch
    from sbert_train import peak_rss_bytes, versions
    from sentence_transformers import CrossEncoder

    process_started = psutil.Process().create_time()
    torch.set_num_threads(arguments.threads)
    with open(arguments.pairs, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    pairs = [(row["query"], row["document"]) for row in rows]
    model = CrossEncoder(
        arguments.model,
        max_length=arguments.max_length,
        device="cpu",
        local_files_only=True,
        model_kwargs={"dtype": torch.bfloat16 if arguments.precision == "bf16" else torch.float32},
    )
    model.predict(pairs[:32], show_progress_bar=False)
    seconds_to_first = time.time() - process_started
    seconds = []
    for _ in range(arguments.repeats):
        start = time.perf_counter()
        scores = model.predict(pairs, show_progress_bar=False)
        seconds.append(time.perf_counter() - start)
    result = {
        "side": f"sentence-transformers {arguments.precision}",
        "arguments": vars(arguments),
        "pairs": len(pairs),
        "seconds": {"median": statistics.median(seconds), "all": seconds},
        "pairsPerSecond": len(pairs) / statistics.median(seconds),
        "secondsToFirstScores": seconds_to_first,
        "peakRssBytes": peak_rss_bytes(),
        "scores": scores.tolist(),
        "versions": versions(),
    }
    with open(arguments.output, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
