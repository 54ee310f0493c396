/*===- FakeProgram.c - a program written by hand -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* What the compiler would emit, small enough to foresee every result. Two
 * entries:
 *
 *   main:   a, b f32 [N, 3] -> sum f32 [N, 3] = a + b + weight,
 *                              level i32 [] = level of the code that ran;
 *           shows `sum` to the observer as place 7; an element of `a` below
 *           -1000 is an index fault. N = 13 fits no shape, N = 14 makes the run
 *           end with code 9, N = 15 asks for 2^60 rows of output.
 *   decode: ids i64 [1, T], cache f32 [1, C, 2] -> total f32 [1, T]: the sum of
 *           all ids so far, taken from the cache.
 *
 * The weights are one 64-byte tensor whose first number is 0.5. */

#include "quantc-c/program.h"
#include <stddef.h>

static const int64_t matrix_dims[] = {-1, 3};
static const char *const matrix_names[] = {"N", NULL};
static const int64_t ids_dims[] = {1, -1};
static const char *const ids_names[] = {NULL, "T"};
static const int64_t cache_dims[] = {1, -1, 2};
static const char *const cache_names[] = {NULL, "C", NULL};

static const qc_tensor_desc main_inputs[] = {
    {"a", 2, 32, 2, 0, 0, 0, matrix_dims, matrix_names},
    {"b", 2, 32, 2, 0, 0, 0, matrix_dims, matrix_names}};
static const qc_tensor_desc main_outputs[] = {
    {"sum", 2, 32, 2, 0, 0, 0, matrix_dims, matrix_names},
    {"level", 0, 32, 0, 0, 0, 0, NULL, NULL}};
static const qc_tensor_desc decode_inputs[] = {
    {"ids", 0, 64, 2, 0, 0, 0, ids_dims, ids_names},
    {"cache", 2, 32, 3, 1, 1, 0, cache_dims, cache_names}};
static const qc_tensor_desc decode_outputs[] = {
    {"total", 2, 32, 2, 0, 0, 0, ids_dims, ids_names}};

static int32_t main_shapes(const int64_t *in_dims, int64_t *out_dims,
                           int64_t *arena_bytes) {
  out_dims[0] = in_dims[0] == 15 ? (int64_t)1 << 60 : in_dims[0];
  out_dims[1] = 3;
  *arena_bytes = in_dims[0] * 3 * (int64_t)sizeof(float);
  return in_dims[0] == 13 ? 2 : in_dims[0] == 12 ? 7 : 0;
}

/* The sum is made in the arena, so that a wrong arena shows. */
static int32_t add(int32_t level, uint8_t *arena, const uint8_t *weights,
                   void *const *inputs, void *const *outputs,
                   const int64_t *in_dims) {
  const float *a = inputs[0], *b = inputs[1], *weight = (const float *)weights;
  float *scratch = (float *)arena, *sum = outputs[0];
  int64_t count = in_dims[0] * 3;
#pragma omp parallel for
  for (int64_t i = 0; i < count; ++i) {
    if (a[i] < -1000)
      qc_rt_report(1, (int64_t)a[i]);
    scratch[i] = a[i] + b[i];
  }
  for (int64_t i = 0; i < count; ++i)
    sum[i] = scratch[i] + *weight;
  /* Each bit that is not read counts 100. */
  *(int32_t *)outputs[1] = level + 100 * (8 - qc_rt_precision());
  qc_rt_observe_rows(7, sum, in_dims[0], 3);
  return in_dims[0] == 14 ? 9 : 0;
}

#define ADD(level)                                                             \
  static int32_t add_##level(                                                  \
      void *ctx, uint8_t *arena, const uint8_t *weights, void *const *inputs,  \
      void *const *outputs, const int64_t *in_dims, const int64_t *out_dims) { \
    (void)ctx, (void)out_dims;                                                 \
    return add(level, arena, weights, inputs, outputs, in_dims);               \
  }
ADD(0)
ADD(1)
ADD(2)

/* in_dims: 1 T 1 C 2, then the past length. */
static int32_t decode_shapes(const int64_t *in_dims, int64_t *out_dims,
                             int64_t *arena_bytes) {
  out_dims[0] = 1;
  out_dims[1] = in_dims[1];
  out_dims[2] = in_dims[1]; /* new positions */
  *arena_bytes = 0;
  return 0;
}

static int32_t decode_run(void *ctx, uint8_t *arena, const uint8_t *weights,
                          void *const *inputs, void *const *outputs,
                          const int64_t *in_dims, const int64_t *out_dims) {
  (void)ctx, (void)arena, (void)weights, (void)out_dims;
  const int64_t *ids = inputs[0];
  float *cache = inputs[1], *total = outputs[0];
  int64_t past = in_dims[5];
  for (int64_t t = 0; t < in_dims[1]; ++t) {
    cache[(past + t) * 2] = cache[(past + t) * 2 + 1] = (float)ids[t];
    total[t] = 0;
    for (int64_t p = 0; p <= past + t; ++p)
      total[t] += (cache[p * 2] + cache[p * 2 + 1]) / 2;
  }
  return 0;
}

static const qc_level_code main_levels[] = {{0, 0, main_shapes, add_0},
                                            {1, 0, main_shapes, add_1},
                                            {2, 0, main_shapes, add_2}};
static const qc_level_code decode_levels[] = {
    {0, 0, decode_shapes, decode_run}};
static const char *const main_checks[] = {"'a' is odd", "'b' has bad luck"};
static const qc_entry entries[] = {{"main", 2, 2, 3, 0, main_inputs,
                                    main_outputs, main_levels, 2, 0,
                                    main_checks},
                                   {"decode", 2, 1, 1, 1, decode_inputs,
                                    decode_outputs, decode_levels, 0, 0, NULL}};

static const char signature[] =
    "{\"format\":1,\"model\":\"fake\",\"entries\":["
    "{\"name\":\"main\",\"stateful\":false,"
    "\"inputs\":[{\"name\":\"a\",\"type\":\"f32\",\"dims\":[\"N\",3]},"
    "{\"name\":\"b\",\"type\":\"f32\",\"dims\":[\"N\",3]}],"
    "\"outputs\":[{\"name\":\"sum\",\"type\":\"f32\",\"dims\":[\"N\",3]},"
    "{\"name\":\"level\",\"type\":\"i32\",\"dims\":[]}]},"
    "{\"name\":\"decode\",\"stateful\":true,"
    "\"inputs\":[{\"name\":\"ids\",\"type\":\"i64\",\"dims\":[1,\"T\"]},"
    "{\"name\":\"cache\",\"type\":\"f32\",\"dims\":[1,\"C\",2],"
    "\"state_axis\":1}],"
    "\"outputs\":[{\"name\":\"total\",\"type\":\"f32\",\"dims\":[1,\"T\"]}]}]}";

static const int32_t precisions[] = {8, 4, 2};

const qc_program qc_the_program = {QC_PROGRAM_MAGIC,
                                   QC_PROGRAM_ABI,
                                   signature,
                                   64,
                                   0x9635b2cfc98ecb7du,
                                   "fake.weights",
                                   NULL,
                                   2,
                                   0,
                                   entries,
                                   0,
                                   0,
                                   NULL,
                                   3,
                                   0,
                                   precisions};
