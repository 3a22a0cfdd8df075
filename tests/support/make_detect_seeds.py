#!/usr/bin/env python3
"""Writes the seeds of fuzz_model_file and fuzz_layer_analysis. usage: make_detect_seeds.py tests/fuzz/corpus

They are the same on every run. The layouts are those of lib/detect/model_file.cpp and lib/model/layer_analysis.cpp; when the serial
form of a layer analysis changes, its seed is made anew here.
"""
import hashlib
import json
import os
import struct
import sys


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(value)) + value


def number(value):
    return struct.pack("<Q", value)


def items(parts):
    parts = list(parts)
    return number(len(parts)) + b"".join(parts)


# GGUF: type numbers as in lib/detect/model_file.cpp
def pair(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def array(kind, values):
    return struct.pack("<IQ", kind, len(values)) + b"".join(values)


def gguf(pairs, version=3, tensors=291):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, len(pairs)) + b"".join(pairs)


LLAMA = [
    pair("general.architecture", 8, text("llama")),
    pair("general.name", 8, text("Llama 2 7B")),
    pair("llama.block_count", 4, struct.pack("<I", 32)),
    pair("llama.rope.freq_base", 6, struct.pack("<f", 10000.0)),
    pair("tokenizer.ggml.tokens", 9, array(8, [text("<s>"), text("</s>"), text("a\n")])),
    pair("tokenizer.ggml.token_type", 9, array(5, [struct.pack("<i", 3), struct.pack("<i", -1)])),
    pair("general.file_type", 11, struct.pack("<q", -2)),
    pair("tokenizer.ggml.add_bos_token", 7, b"\1"),
]


def safetensors(value):
    header = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return struct.pack("<Q", len(header)) + header


TENSORS = {
    "__metadata__": {"format": "pt"},
    "model.embed_tokens.weight": {"dtype": "BF16", "shape": [151936, 4096], "data_offsets": [0, 8]},
    "odd\nname": {"dtype": "F8", "shape": [-1, "x"], "data_offsets": [8, 9]},
}

MODELS = {
    "gguf": gguf(LLAMA),
    "gguf_cut": gguf(LLAMA)[:150],
    "gguf_huge_counts": gguf([pair("a", 9, struct.pack("<IQ", 8, 2**64 - 1)), pair("b", 8, number(2**64 - 1))], tensors=2**64 - 1),
    "gguf_nested_array": gguf([pair("a", 9, array(9, [array(0, [b"x"])]))]),
    "gguf_long_text": gguf([pair("template", 8, text("t" * 5000)), pair("a", 0, b"\7")]),
    "safetensors": safetensors(TENSORS),
    "safetensors_cut": safetensors(TENSORS)[:60],
    "safetensors_deep": safetensors(b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"),
    "safetensors_huge_length": number(2**64 - 1) + b"{}",
}


def digest(value):
    return text("sha256:" + hashlib.sha256(value).hexdigest())


def entry(path, kind, size=0, mode=0o644, target="", architecture=""):
    return text(path) + number(kind) + number(size) + number(mode) + text(target) + text(architecture)


def problem(path, message):
    return text(path) + text(message)


def layer_analysis():
    package = number(0) + text("bash") + text("5-1") + text("noarch")
    database = text("db") + number(0) + items([package]) + items([problem("db", "odd")]) + text("/src")
    return b"".join(
        [
            b"VLA3",
            digest(b"blob"), number(1024), text("gzip"), number(0), digest(b"table of contents"), digest(b"tar"), number(2048),
            items([digest(b"with end blocks")]),
            items([
                entry("etc/os-release", 2, mode=0o777, target="../usr/lib/os-release"),
                entry("usr/lib/os-release", 0, size=6),
                entry("bin/sh", 0, size=100, mode=0o755, architecture="arm64"),
            ]),
            items([text("gone")]), items([text("opt")]),
            items([text("usr/lib/os-release") + text("ID=x\n\0") + number(6)]),
            items([text("bin/sh") + text("strings x(.)") + text("xy"), text("m.gguf") + text("gguf") + text("")]),
            items([database]),
            items([problem("a", "b")]),
        ]
    )


def write(folder, seeds):
    os.makedirs(folder, exist_ok=True)
    for name, content in seeds.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def main():
    corpus = sys.argv[1]
    write(os.path.join(corpus, "fuzz_model_file"), MODELS)
    write(os.path.join(corpus, "fuzz_layer_analysis"), {"sample": layer_analysis()})


if __name__ == "__main__":
    main()
