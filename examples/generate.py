#!/usr/bin/env python3
"""Writes text with a compiled decoder, word by word.

    generate.py build/demo/smollm2.so --tokenizer tokenizer.json --prompt "Once upon a time"

The model keeps its caches: its entry "decode" takes the new tokens, int64 [1, T], and
gives their logits, [1, T, vocabulary]. Needs the packages quantc, numpy and tokenizers.
"""

import argparse
import sys
import time
from collections.abc import Iterator

import numpy as np
import quantc
from tokenizers import Tokenizer

CHAT = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
END_TOKENS = ("<|im_end|>", "<|endoftext|>", "</s>")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", metavar="MODEL.so", help="the compiled decoder")
    parser.add_argument("--model", metavar="MODEL.so", help="the same, as an option")
    parser.add_argument("--tokenizer", required=True, metavar="tokenizer.json")
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--max-tokens", type=int, default=128, metavar="N")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 (default): greedy")
    parser.add_argument("--greedy", action="store_true", help="always the likeliest token")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of tokens")
    parser.add_argument("--threads", type=int, default=0, help="0 (default): all")
    parser.add_argument(
        "--chat",
        action=argparse.BooleanOptionalAction,
        help="wrap the prompt as a chat message (default: if the tokenizer has <|im_start|>)",
    )
    arguments = parser.parse_args()
    arguments.model = arguments.model or arguments.path
    if not arguments.model:
        parser.error("name the compiled model")
    if arguments.max_tokens < 1:
        parser.error("--max-tokens must be at least 1")
    return arguments


def encode(tokenizer: Tokenizer, prompt: str, chat: bool | None) -> list[int]:
    """The prompt's tokens; at least one."""
    if chat is None:
        chat = tokenizer.token_to_id("<|im_start|>") is not None
    text = CHAT.format(prompt) if chat else prompt
    ids = tokenizer.encode(text).ids
    if not ids:
        sys.exit("generate.py: the prompt is empty")
    return ids


def choose(logits: np.ndarray, temperature: float, random: np.random.Generator) -> int:
    """The next token: the likeliest at temperature 0, else by softmax(logits / t)."""
    if temperature <= 0:
        return int(logits.argmax())
    scaled = logits.astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    return int(random.choice(len(weights), p=weights / weights.sum()))


class Decoder:
    """A compiled decoder with room for one text, and how long it took."""

    def __init__(self, model: quantc.Model, capacity: int) -> None:
        entries = {entry["name"]: entry for entry in model.signature["entries"]}
        if "decode" not in entries:
            sys.exit("generate.py: the model has no entry 'decode', only " + ", ".join(entries))
        plain = [t["name"] for t in entries["decode"]["inputs"] if "state_axis" not in t]
        if len(plain) != 1:
            sys.exit(f"generate.py: expected one input beside the caches, found {plain}")
        self.input, self.output = plain[0], entries["decode"]["outputs"][0]["name"]
        self.state = model.state(capacity)

    def logits(self, ids: list[int]) -> np.ndarray:
        """Appends tokens; the logits after the last."""
        return self.state.run({self.input: np.array([ids], np.int64)})[self.output][0, -1]


def generate(decoder: Decoder, ids: list[int], ends: set[int], options: argparse.Namespace) -> Iterator[int]:
    """Tokens until an end token or --max-tokens."""
    random = np.random.default_rng(options.seed)
    temperature = 0.0 if options.greedy else options.temperature
    logits = decoder.logits(ids)
    for count in range(options.max_tokens):
        token = choose(logits, temperature, random)
        if token in ends:
            return
        yield token
        if count + 1 < options.max_tokens:
            logits = decoder.logits([token])


def print_stream(tokenizer: Tokenizer, tokens: Iterator[int]) -> list[float]:
    """Prints text as soon as its bytes are complete; the time of every token."""
    ids: list[int] = []
    shown, times = "", []
    for token in tokens:
        times.append(time.perf_counter())
        ids.append(token)
        text = tokenizer.decode(ids)
        if not text.endswith("\ufffd"):
            print(text[len(shown) :], end="", flush=True)
            shown = text
    print()
    return times


def rate(count: int, seconds: float) -> str:
    return f"{count} tokens, {count / max(seconds, 1e-9):.1f} tokens/s"


def main() -> None:
    options = parse_arguments()
    tokenizer = Tokenizer.from_file(options.tokenizer)
    ids = encode(tokenizer, options.prompt, options.chat)
    model = quantc.load(options.model, num_threads=options.threads)
    decoder = Decoder(model, len(ids) + options.max_tokens)
    ends = {tokenizer.token_to_id(name) for name in END_TOKENS} - {None}

    start = time.perf_counter()
    times = print_stream(tokenizer, generate(decoder, ids, ends, options))
    if times:
        print(f"prefill: {rate(len(ids), times[0] - start)}", file=sys.stderr)
        print(f"decode: {rate(len(times) - 1, times[-1] - times[0])}", file=sys.stderr)
    print(f"level {model.level}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except quantc.Error as error:
        sys.exit(f"generate.py: {error}")
    except BrokenPipeError:
        sys.exit(1)
