# linalg operations and copies against NumPy: broadcasts, several outputs, integer
# and boolean elements, gathers, indices, reductions, transpositions, views.

import numpy as np

from kernels import check, noise, on_all_levels


def generic(name, arguments, maps, ins, outs, body, iterators="parallel, parallel"):
    """arguments: name -> type; maps, ins, outs: by position."""
    loops = ", ".join(f'"{kind}"' for kind in iterators.split(", "))
    head = ", ".join(f"%in_{n}: {t}" for n, t in arguments.items())
    part = lambda names: f"({', '.join('%in_' + n for n in names)} : {', '.join(arguments[n] for n in names)})"
    indexing = ", ".join(f"affine_map<{m}>" for m in maps)
    inputs = f"ins{part(ins)}" if ins else ""
    return f"""
func.func @{name}({head}) {{
  linalg.generic {{indexing_maps = [{indexing}], iterator_types = [{loops}]}} {inputs} outs{part(outs)} {{
{body}
  }}
  return
}}
"""


D, S = "memref<?x?xf32>", "memref<?x?xf32, strided<[?, 1], offset: ?>>"
ID, ROW, COLUMN = "(i, j) -> (i, j)", "(i, j) -> (j)", "(i, j) -> (i, 0)"
TEXT = "".join([
    generic("silu", {"x": D, "z": D, "y": D}, [ID] * 3, ["x", "z"], ["y"], """
      ^bb0(%a: f32, %b: f32, %c: f32):
        %one = arith.constant 1.0 : f32
        %n = arith.negf %a : f32
        %e = math.exp %n : f32
        %d = arith.addf %e, %one : f32
        %q = arith.divf %a, %d : f32
        %r = arith.mulf %q, %b : f32
        linalg.yield %r : f32"""),
    generic("cast", {"x": D, "r": "memref<?xf32>", "c": "memref<?x1xf32>", "y": S, "z": "memref<?x?xi64>"},
            [ID, ROW, COLUMN, ID, ID], ["x", "r", "c"], ["y", "z"], """
      ^bb0(%a: f32, %b: f32, %c: f32, %p: f32, %q: i64):
        %s = arith.mulf %a, %b : f32
        %t = arith.addf %s, %c : f32
        %i = arith.fptosi %t : f32 to i64
        linalg.yield %t, %i : f32, i64"""),
    generic("less", {"x": D, "z": D, "y": "memref<?x?xi1>"}, [ID] * 3, ["x", "z"], ["y"], """
      ^bb0(%a: f32, %b: f32, %c: i1):
        %l = arith.cmpf olt, %a, %b : f32
        linalg.yield %l : i1"""),
    generic("where", {"m": "memref<?x?xi1>", "x": D, "y": D}, [ID] * 3, ["m", "x"], ["y"], """
      ^bb0(%m: i1, %a: f32, %c: f32):
        %z = arith.constant -1.0 : f32
        %l = arith.select %m, %a, %z : f32
        linalg.yield %l : f32"""),
    # The output is read as well.
    generic("twice", {"x": "memref<?x?xi32>", "y": "memref<?x?xi32>"}, [ID] * 2, ["x"], ["y"], """
      ^bb0(%a: i32, %b: i32):
        %s = arith.muli %a, %b : i32
        linalg.yield %s : i32"""),
    generic("iota", {"y": "memref<?x?xi64>"}, [ID], [], ["y"], """
      ^bb0(%b: i64):
        %i = linalg.index 0 : index
        %j = linalg.index 1 : index
        %s = arith.muli %i, %j : index
        %r = arith.index_cast %s : index to i64
        linalg.yield %r : i64"""),
    generic("gather", {"t": "memref<?xf32>", "i": "memref<?x?xi64>", "y": D}, [ID] * 2, ["i"], ["y"], """
      ^bb0(%i: i64, %b: f32):
        %p = arith.index_cast %i : i64 to index
        %v = memref.load %in_t[%p] : memref<?xf32>
        linalg.yield %v : f32"""),
    generic("nested", {"x": D, "y": D}, [ID] * 2, ["x"], ["y"], """
      ^bb0(%a: f32, %b: f32):
        %z = arith.constant 0.0 : f32
        %c = arith.cmpf ogt, %a, %z : f32
        %r = scf.if %c -> (f32) {
          %l = math.sqrt %a : f32
          %m = math.tanh %l : f32
          scf.yield %m : f32
        } else {
          scf.yield %z : f32
        }
        linalg.yield %r : f32"""),
    generic("product", {"x": D, "z": D, "y": D}, ["(i, j, k) -> (i, k)", "(i, j, k) -> (k, j)", "(i, j, k) -> (i, j)"],
            ["x", "z"], ["y"], """
      ^bb0(%a: f32, %b: f32, %c: f32):
        %s = math.fma %a, %b, %c : f32
        linalg.yield %s : f32""", "parallel, parallel, reduction"),
    generic("crossed", {"x": D, "z": D, "y": D}, [ID, "(i, j) -> (j, i)", ID], ["x", "z"], ["y"], """
      ^bb0(%a: f32, %b: f32, %c: f32):
        %s = arith.subf %a, %b : f32
        linalg.yield %s : f32"""),
    generic("number", {"x": "memref<f32>", "y": "memref<f32>"}, ["() -> ()"] * 2, ["x"], ["y"], """
      ^bb0(%a: f32, %b: f32):
        %s = arith.addf %a, %a : f32
        linalg.yield %s : f32""", "").replace('[""]', "[]"),
]) + "".join(
    f"""
func.func @transpose{''.join(map(str, order))}(%x: memref<?x?x?x?xf32>, %y: memref<?x?x?x?xf32>) {{
  linalg.transpose ins(%x : memref<?x?x?x?xf32>) outs(%y : memref<?x?x?x?xf32>) permutation = {list(order)}
  return
}}
"""
    for order in [(0, 2, 1, 3), (0, 2, 3, 1), (0, 3, 1, 2), (3, 2, 1, 0), (0, 1, 2, 3)]
) + "".join(
    f"""
func.func @copy{i}(%x: {source}, %y: {target}) {{
  memref.copy %x, %y : {source} to {target}
  return
}}
"""
    for i, (source, target) in enumerate([
        ("memref<?x?x?xf32>", "memref<?x?x?xf32, strided<[?, ?, 1], offset: ?>>"),
        ("memref<?x?x?xi8, strided<[?, ?, ?], offset: ?>>", "memref<?x?x?xi8>"),
        ("memref<3x20x40xi1>", "memref<?x?x?xi1>"),
        ("memref<i64>", "memref<i64>"),
    ])
) + """
func.func @fill(%y: memref<?x?xf32>) {
  %s = arith.constant 2.5 : f32
  linalg.fill ins(%s : f32) outs(%y : memref<?x?xf32>)
  return
}
func.func @map(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  linalg.map { math.exp } ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
  return
}
func.func @generate(%y: memref<?x?xi64>) {
  linalg.map outs(%y : memref<?x?xi64>) (%o: i64) {
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %s = arith.subi %i, %j : index
    %r = arith.index_cast %s : index to i64
    linalg.yield %r : i64
  }
  return
}
func.func @spread(%x: memref<?xf32>, %y: memref<?x?xf32>) {
  linalg.broadcast ins(%x : memref<?xf32>) outs(%y : memref<?x?xf32>) dimensions = [1]
  return
}
"""  # fmt: skip


def floats(kernels):
    for shape in [(1, 1), (3, 16), (70, 513), (5, 7), (0, 4), (4, 0)]:
        x, z, y = noise(*shape), noise(*shape, seed=2), np.empty(shape, np.float32)
        kernels.silu(x, z, y)
        check(f"silu {shape}", y, x / (1 + np.exp(-x)) * z)
        yield np.copy(y)
        r, c = noise(shape[1]), noise(shape[0], 1, seed=3) * 100
        wide, i = np.empty((shape[0], shape[1] + 3), np.float32), np.empty(shape, np.int64)
        kernels.cast(x, r, c, wide[:, : shape[1]], i)
        check(f"cast {shape}", wide[:, : shape[1]], x * r + c)
        check(f"cast {shape} to i64", i, (x * r + c).astype(np.int64), atol=1)
        yield np.copy(wide[:, : shape[1]])
        kernels.nested(x, y)
        check(f"nested {shape}", y, np.tanh(np.sqrt(np.maximum(x, 0))))
        if shape[0] == 5:
            kernels.crossed(x[:, :5].copy(), z[:, :5].copy(), y[:, :5].copy())
        kernels.fill(y)
        check(f"fill {shape}", y, np.full_like(y, 2.5))


def others(kernels):
    x, z = noise(33, 37), noise(33, 37, seed=2)
    less = np.empty((33, 37), np.bool_).view(np.int8)
    kernels.less(x, z, less)
    check("less", less, (x < z).astype(np.int8))
    y = np.empty_like(x)
    kernels.where(less, x, y)
    check("where", y, np.where(x < z, x, np.float32(-1)))
    a = np.arange(33 * 37, dtype=np.int32).reshape(33, 37)
    b = a[::-1].copy()
    kernels.twice(a, b)
    check("twice", b, a * a[::-1])
    i = np.empty((33, 37), np.int64)
    kernels.iota(i)
    check("iota", i, np.arange(33)[:, None] * np.arange(37))
    kernels.generate(i)
    check("generate", i, np.arange(33)[:, None] - np.arange(37))
    kernels.map(x, y)
    check("map", y, np.exp(x))
    kernels.spread(x[:, 0].copy(), y)
    check("spread", y, np.repeat(x[:, :1], 37, 1), rtol=0, atol=0)
    kernels.iota(i)
    kernels.gather(noise(33 * 37), i, y)
    check("gather", y, noise(33 * 37)[i])
    square = np.empty((33, 33), np.float32)
    kernels.crossed(noise(33, 33), noise(33, 33, seed=2), square)
    check("crossed", square, noise(33, 33) - noise(33, 33, seed=2).T)
    total = np.zeros((33, 33), np.float32)
    kernels.product(x, z.T.copy(), total)
    check("product", total, x @ z.T, rtol=1e-4, atol=1e-4)
    number = np.empty((), np.float32)
    kernels.number(np.array(3, np.float32), number)
    check("number", number, np.array(6, np.float32))
    yield from (y, total, square)


def moves(kernels):
    x = noise(2, 17, 33, 70)
    for order in [(0, 2, 1, 3), (0, 2, 3, 1), (0, 3, 1, 2), (3, 2, 1, 0), (0, 1, 2, 3)]:
        y = np.empty([x.shape[d] for d in order], np.float32)
        getattr(kernels, "transpose" + "".join(map(str, order)))(x, y)
        check(f"transpose {order}", y, x.transpose(order), rtol=0, atol=0)
    x, room = noise(3, 20, 40), np.zeros((3, 30, 40), np.float32)
    kernels.copy0(x, room[:, 5:25])
    check("copy into a view", room, np.pad(x, ((0, 0), (5, 5), (0, 0))), rtol=0, atol=0)
    kernels.copy0(x[:, :0], room[:, :0])
    steps = np.arange(4800, dtype=np.int64).astype(np.int8).reshape(3, 40, 40)
    y = np.empty((3, 20, 13), np.int8)
    kernels.copy1(steps[:, ::2, 1::3], y)
    check("copy with steps", y, steps[:, ::2, 1::3], rtol=0, atol=0)
    bits, y = (x > 0).view(np.int8), np.empty((3, 20, 40), np.int8)
    kernels.copy2(bits, y)
    check("copy of bits", y, bits, rtol=0, atol=0)
    y = np.array(0)
    kernels.copy3(np.array(2**40), y)
    check("copy of a number", y, np.array(2**40), rtol=0, atol=0)
    return [room]


on_all_levels(TEXT, lambda kernels: [*floats(kernels), *others(kernels), *moves(kernels)], grids=True)
