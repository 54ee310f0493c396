/*===- program.h - what generated code tells the runtime -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* The constant that the compiler puts into every artifact, and the functions of
 * the runtime that generated code calls. Not for users of an artifact: those
 * include runtime.h. lib/Emit/Program.cpp writes these structures field by
 * field. */

#ifndef QUANTC_C_PROGRAM_H
#define QUANTC_C_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QC_PROGRAM_MAGIC 0x47504351u /* "QCPG" */
#define QC_PROGRAM_ABI 1u

/* One input or output. */
typedef struct {
  const char *name;
  int32_t dtype_code, dtype_bits; /* DLPack */
  int32_t rank;
  int32_t role;       /* 0: plain; 1: a cache that is updated in place */
  int32_t state_axis; /* dimension along which a cache grows */
  int32_t reserved;
  const int64_t *dims;          /* elements, -1 where dynamic; NULL at rank 0 */
  const char *const *dim_names; /* a name or NULL for each; NULL at rank 0 */
} qc_tensor_desc;

/* `in_dims`: the sizes of all inputs, one after the other; for a stateful entry
 * followed by the number of positions that its caches hold. Fills `out_dims`,
 * the sizes of all outputs, for a stateful entry followed by the number of
 * positions that it appends, and the size of the arena. Returns 0, or the
 * number, from 1 on, of the size check of the entry that these sizes fail. */
typedef int32_t (*qc_shapes_fn)(const int64_t *in_dims, int64_t *out_dims,
                                int64_t *arena_bytes);

/* Runs an entry. `arena` starts on 64 bytes, `weights` is the first byte of the
 * stored weights, inputs and outputs are contiguous and row-major. */
typedef int32_t (*qc_run_fn)(void *ctx, uint8_t *arena, const uint8_t *weights,
                             void *const *inputs, void *const *outputs,
                             const int64_t *in_dims, const int64_t *out_dims);

/* An entry compiled for one instruction-set level. */
typedef struct {
  int32_t level; /* 0: any machine, 1: x86-64-v3, 2: x86-64-v4 with VNNI */
  int32_t reserved;
  qc_shapes_fn shapes;
  qc_run_fn run;
} qc_level_code;

typedef struct {
  const char *name;
  int32_t num_inputs, num_outputs, num_levels;
  int32_t stateful; /* takes its caches as state */
  const qc_tensor_desc *inputs, *outputs;
  const qc_level_code *levels; /* ascending */
  int32_t num_size_checks, reserved;
  const char *const *size_checks; /* what fails, in words */
} qc_entry;

/* Kernels of a GPU. PTX is compiled by its driver and runs on all later GPUs,
 * machine code on those of the same major number: of sm_80 also on sm_86. */
typedef struct {
  int32_t architecture; /* that is needed at least: 80 for sm_80 */
  int32_t is_machine_code;
  const char *code; /* PTX with a zero behind it, or a cubin */
} qc_device_image;

typedef struct {
  uint32_t magic, abi_version;
  const char *signature_json;
  uint64_t weights_bytes;    /* size of the data section */
  uint64_t weights_checksum; /* FNV-1a over little-endian 8-byte words, the last
                                filled with zeros */
  const char *weights_name;  /* file beside the library, or NULL */
  const uint8_t *embedded_weights; /* 64-byte aligned, or NULL */
  int32_t num_entries, reserved;
  const qc_entry *entries;
  /* Not 0: the code of the entries launches these kernels, and all pointers
   * that it takes lie in the memory of the GPU. */
  int32_t num_images, reserved_images;
  const qc_device_image *images; /* the same kernels, the best last */
  /* Bits that weights of planes can be read at, descending; none without. */
  int32_t num_precisions, reserved_precisions;
  const int32_t *precisions;
} qc_program;

/* Defined by the compiler. */
extern const qc_program qc_the_program;

/* --- What generated code may call --------------------------------------------
 */

/* Reports a fault in the values of an input; the run that is under way ends
 * with an error. Code 1: an index (`value`) lies outside a table. May be called
 * from any thread of the run. */
void qc_rt_report(int32_t code, int64_t value);

/* Hands `rows` rows of `cols` fp32 numbers to the observer, if there is one. */
void qc_rt_observe_rows(int64_t id, const float *data, int64_t rows,
                        int64_t cols);

/* The bits that weights of planes are read at in the run that is under way. */
int32_t qc_rt_precision(void);

/* Launches a kernel of the image in use: `words` are its arguments. */
void qc_rt_launch(const char *kernel, int64_t blocks, int64_t threads,
                  const int64_t *words, int64_t num_words);

#ifdef __cplusplus
}
#endif

#endif /* QUANTC_C_PROGRAM_H */
