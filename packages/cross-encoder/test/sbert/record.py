"""Records what SBERT computes as JSON fixtures, or compares it with the fixtures that are there.

    python record.py            writes fixtures/*.json
    python record.py --compare  recomputes everything, changes nothing, exits 1 on a difference

Made for sentence-transformers 6.2.0 and torch 2.13.0; another version is refused.
"""

import argparse
import json
import sys
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"
VERSIONS = {"sentence_transformers": "6.2.0", "torch": "2.13.0"}
# Other processors add numbers in another order: the last digit may differ.
TOLERANCE = 2e-6


def record() -> dict[str, object]:
    import record_evaluators
    import record_losses
    import record_optimizer

    return {
        "losses.json": record_losses.losses_on_random_batches(),
        "golden-losses.json": record_losses.golden_values(),
        "adamw.json": record_optimizer.adamw_runs(),
        "schedules.json": record_optimizer.schedules(),
        "decayed-parameters.json": record_optimizer.decayed_parameters(),
        "ranking-metrics.json": record_evaluators.ranking_metrics(),
        "reranking.json": record_evaluators.reranking(),
        "classification.json": record_evaluators.classification(),
        "correlation.json": record_evaluators.correlation(),
    }


def refuse_other_versions() -> None:
    for package, wanted in VERSIONS.items():
        found = __import__(package).__version__.split("+")[0]
        if found != wanted:
            sys.exit(f"{package}: expected {wanted}, found {found}. Use the pinned versions.")


def differences(path: str, expected, found) -> list[str]:
    """Where two JSON values differ by more than the tolerance, relative to the larger of 1 and the value."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        parts = [(f"{path}.{key}", expected[key], found[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        parts = [(f"{path}[{i}]", *both) for i, both in enumerate(zip(expected, found))]
    elif isinstance(expected, float) or isinstance(found, float):
        near = abs(expected - found) <= TOLERANCE * max(1, abs(expected))
        return [] if near else [f"{path}: expected {expected}, found {found}"]
    else:
        return [] if expected == found else [f"{path}: expected {expected!r}, found {found!r}"]
    return [line for part in parts for line in differences(*part)]


def compact(value):
    """Nine significant digits hold every float32; float64 metrics keep all of theirs."""
    if isinstance(value, dict):
        return {key: item if key == "metrics" else compact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [compact(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


FLOAT32_FILES = {"losses.json", "golden-losses.json", "adamw.json"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--compare", action="store_true", help="compare with the fixtures, write nothing")
    parser.add_argument("--output", type=Path, default=FIXTURES, help="where to write (default: fixtures/)")
    arguments = parser.parse_args()
    refuse_other_versions()
    found_differences = []
    for name, value in record().items():
        value = compact(value) if name in FLOAT32_FILES else value
        if arguments.compare:
            expected = json.loads((FIXTURES / name).read_text())
            found_differences += differences(name, expected, json.loads(json.dumps(value)))
        else:
            arguments.output.mkdir(parents=True, exist_ok=True)
            (arguments.output / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")
    for line in found_differences[:20]:
        print(line)
    if found_differences:
        sys.exit(f"{len(found_differences)} values differ from the fixtures.")


if __name__ == "__main__":
    main()
