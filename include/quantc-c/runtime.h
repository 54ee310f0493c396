/*===- runtime.h - the C interface of a compiled model -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* What a program calls that uses a model compiled by quantc. Link with the
 * model's library or load it at run time; neither C++ nor Python is needed.
 *
 *   qc_model *model;
 *   if (qc_model_create(NULL, NULL, &model) != QC_OK)
 *     fprintf(stderr, "%s\n", qc_create_error());
 *   qc_run(model, "main", inputs, 2, outputs, 1);
 *   qc_model_destroy(model);
 *
 * A model may be used by one thread at a time; calls that run it wait for each
 * other. Different models are independent. Functions that return qc_status
 * leave a text behind, see qc_last_error. */

#ifndef QUANTC_C_RUNTIME_H
#define QUANTC_C_RUNTIME_H

#include "quantc-c/dlpack.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QC_API __attribute__((visibility("default")))
#else
#define QC_API
#endif

typedef enum {
  QC_OK = 0,
  QC_BAD_ARGUMENT = 1, /* a wrong name, number, type or shape */
  QC_BAD_WEIGHTS = 2,  /* the weights file is missing or damaged */
  QC_NO_MEMORY = 3,
  QC_BAD_VALUE = 4, /* a value of an input, such as an index, is out of range */
  QC_FULL = 5,      /* a state has no room for the new positions */
  QC_NO_DEVICE = 6  /* there is no GPU to run on, or it failed */
} qc_status;

typedef struct qc_model qc_model;
typedef struct qc_state qc_state;

typedef struct {
  int32_t num_threads;   /* 0: what OpenMP decides */
  int32_t skip_checksum; /* not 0: do not read all weights at the start */
} qc_options;

/* Version of this interface. */
QC_API int32_t qc_abi_version(void);

/* Inputs, outputs, sizes, recipe and levels as JSON. */
QC_API const char *qc_signature_json(void);

/* Makes a model ready. `weights_path`: the weights file, or NULL for the one
 * beside the library. `options` may be NULL. */
QC_API qc_status qc_model_create(const char *weights_path,
                                 const qc_options *options, qc_model **model);
/* The same with the bytes of a weights file that the caller holds, aligned to
 * 64 bytes, as they are until the model is destroyed. A caller that changes
 * them between runs (with skip_checksum) changes what the model computes. */
QC_API qc_status qc_model_create_in_memory(const void *weights, size_t bytes,
                                           const qc_options *options,
                                           qc_model **model);
QC_API void qc_model_destroy(qc_model *model);

/* Why the last qc_model_create of this thread failed. */
QC_API const char *qc_create_error(void);
/* Why the last call on `model` failed; valid until the next one. */
QC_API const char *qc_last_error(const qc_model *model);

/* Number of threads for the following runs. Results do not depend on it. */
QC_API qc_status qc_set_num_threads(qc_model *model, int32_t num_threads);
/* The bits that weights of planes are read at in the following runs, all layers
 * alike, at first the most there are: one of "precisions" in the signature.
 * Fewer bits are fewer bytes and larger errors; caches of a state are kept.
 * Costs nothing, so that it may change between tokens. QC_BAD_ARGUMENT, and no
 * change, for another number, and for a model without such weights. */
QC_API qc_status qc_set_precision(qc_model *model, int32_t bits);
/* The bits in use; 0 for a model without weights of planes. */
QC_API int32_t qc_precision(const qc_model *model);
/* For a model that runs on a GPU: not 0 to launch the kernels of a run as one
 * CUDA graph. It is captured in the first run of an entry with these sizes and
 * addresses, gets new arguments when they change, and is launched again when
 * they do not. QC_NO_DEVICE for a model on the CPU or a driver without graphs.
 */
QC_API qc_status qc_use_graphs(qc_model *model, int32_t on);
/* "generic", "v3" or "v4": the code that was chosen for this machine; "cuda"
 * for a model that runs on a GPU. The environment variable QUANTC_LEVEL asks
 * for a lower one when a model is made; a name that is none of these is an
 * error of qc_model_create. */
QC_API const char *qc_level_name(const qc_model *model);
/* Bytes of working memory in use. */
QC_API size_t qc_arena_bytes(const qc_model *model);

/* Sizes of the outputs of `entry` for these inputs, for the caller to allocate:
 * `dims` gets the sizes of all outputs, one after the other, at most `capacity`
 * of them; `count`, which may be NULL, how many there are. */
QC_API qc_status qc_output_dims(qc_model *model, const char *entry,
                                const DLTensor *const *inputs,
                                int32_t num_inputs, int64_t *dims,
                                int32_t capacity, int32_t *count);

/* Runs an entry without state. Outputs are allocated by the caller and compact;
 * inputs may have strides. A model on a GPU takes and gives tensors of the
 * first GPU (kDLCUDA), too: compact, without a copy when they start on 16
 * bytes, what fills them done or under way on the default stream. A call
 * returns when its outputs are there. */
QC_API qc_status qc_run(qc_model *model, const char *entry,
                        const DLTensor *const *inputs, int32_t num_inputs,
                        DLTensor *const *outputs, int32_t num_outputs);

/* Caches of an entry with state, empty, with room for `capacity` positions. */
QC_API qc_status qc_state_create(qc_model *model, const char *entry,
                                 int64_t capacity, qc_state **state);
QC_API void qc_state_destroy(qc_state *state);
/* Positions that are filled, and room for them. */
QC_API int64_t qc_state_length(const qc_state *state);
QC_API int64_t qc_state_capacity(const qc_state *state);
/* Forgets all positions from `length` on. QC_BAD_ARGUMENT, without a text, when
 * the state holds fewer. */
QC_API qc_status qc_state_truncate(qc_state *state, int64_t length);

/* The same as qc_output_dims and qc_run for an entry with state: the caches are
 * not among the inputs, and grow by the new positions. */
QC_API qc_status qc_state_output_dims(qc_model *model, qc_state *state,
                                      const DLTensor *const *inputs,
                                      int32_t num_inputs, int64_t *dims,
                                      int32_t capacity, int32_t *count);
QC_API qc_status qc_run_state(qc_model *model, qc_state *state,
                              const DLTensor *const *inputs, int32_t num_inputs,
                              DLTensor *const *outputs, int32_t num_outputs);

/* Statistics of a model that was compiled for calibration: called with the
 * number of the place, and `rows` rows of `cols` fp32 numbers. */
typedef void (*qc_observer)(void *user, int64_t id, const float *data,
                            int64_t rows, int64_t cols);
QC_API void qc_set_observer(qc_model *model, qc_observer observer, void *user);

#ifdef __cplusplus
}
#endif

#endif /* QUANTC_C_RUNTIME_H */
