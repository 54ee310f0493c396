"""Prints attention whose query comes out of a long chain of activations."""

import sys

T = "tensor<1x2x?x8xf32>"
print(f"func.func @main(%x0: {T}, %k: {T}, %m: tensor<?x?xf32>) -> {T} {{")
count = int(sys.argv[1])
for i in range(count):
    print(f"  %x{i + 1} = nn.activation relu %x{i} : {T}")
print(f"  %y = nn.attention %x{count}, %k, %k mask %m {{scale = 1.0 : f32}} : {T}, {T}, {T}, tensor<?x?xf32> -> {T}")
print(f"  return %y : {T}\n}}")
