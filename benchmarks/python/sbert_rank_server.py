"""SBERT's `rank` behind Python's own HTTP server, to measure a service against.

    python sbert_rank_server.py MODEL PORT --threads 2 --max-length 256
"""

import argparse
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("model")
parser.add_argument("port", type=int)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--max-length", type=int, default=256)
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

import torch  # noqa: E402
from sentence_transformers import CrossEncoder  # noqa: E402

torch.set_num_threads(arguments.threads)
model = CrossEncoder(arguments.model, max_length=arguments.max_length, device="cpu", local_files_only=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        ranked = model.rank(body["query"], body["documents"], show_progress_bar=False)
        answer = json.dumps(
            {"results": [{"index": row["corpus_id"], "relevance_score": float(row["score"])} for row in ranked]}
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


HTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()
