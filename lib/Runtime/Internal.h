/*===- Internal.h - what the files of the runtime share -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Structures behind runtime.h. Nothing here is visible outside an artifact. */

#ifndef QUANTC_LIB_RUNTIME_INTERNAL_H
#define QUANTC_LIB_RUNTIME_INTERNAL_H

#include "quantc-c/program.h"
#include "quantc-c/runtime.h"

#define QC_MAX_ERROR 512
#define QC_MAX_RANK 16

/* The stored weights: mapped, or inside the library. */
typedef struct {
  const uint8_t *data; /* first byte of the data section */
  void *mapping;       /* NULL when embedded */
  size_t mapping_bytes;
} qc_weights;

typedef struct qc_device qc_device;

struct qc_model {
  qc_device *device; /* NULL: the model runs on the CPU */
  qc_weights weights;
  uint8_t *arena;
  size_t arena_bytes;
  int32_t num_threads;
  int32_t level;
  int32_t precision; /* of weights of planes; 0 without any */
  qc_observer observer;
  void *observer_user;
  /* Fault that generated code reported during the run under way; 0: none. */
  int32_t fault_code;
  int64_t fault_value;
  char error[QC_MAX_ERROR];
};

struct qc_state {
  qc_device *device; /* that holds the buffers, or NULL */
  const qc_entry *entry;
  int64_t capacity, length;
  int32_t num_buffers;
  void **buffers; /* one for each input with role 1, in order */
};

/* Writes `format` into `buffer` and returns `status`. */
qc_status qc_fail(char *buffer, qc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Highest level that this machine runs, at most what QUANTC_LEVEL asks for; -1
 * when that variable holds no name of a level. */
int32_t qc_machine_level(void);
const char *qc_name_of_level(int32_t level);
/* The best code of `entry` up to `level`, or NULL. */
const qc_level_code *qc_code_for(const qc_entry *entry, int32_t level);

/* Entry of that name, or NULL with an error text in `model`. */
const qc_entry *qc_find_entry(qc_model *model, const char *name);

/* Maps and checks the weights of `program`. */
qc_status qc_open_weights(const qc_program *program, const char *path,
                          int skip_checksum, qc_weights *weights, char *error);
/* The same from the bytes of a file in the caller's memory. */
qc_status qc_borrow_weights(const qc_program *program, const void *data,
                            size_t bytes, int skip_checksum,
                            qc_weights *weights, char *error);
void qc_close_weights(qc_weights *weights);

/* Elements of a shape, or -1 when a size is negative or the product too large.
 */
int64_t qc_count(const int64_t *dims, int32_t rank);
/* Bytes of one element of `desc`. */
size_t qc_element_bytes(const qc_tensor_desc *desc);

/* Runs `entry`; `state` is NULL for an entry without. */
qc_status qc_call(qc_model *model, const qc_entry *entry, qc_state *state,
                  const DLTensor *const *inputs, int32_t num_inputs,
                  DLTensor *const *outputs, int32_t num_outputs);
/* The sizes of the outputs, as qc_output_dims gives them. */
qc_status qc_call_dims(qc_model *model, const qc_entry *entry, qc_state *state,
                       const DLTensor *const *inputs, int32_t num_inputs,
                       int64_t *dims, int32_t capacity, int32_t *count);

/* Makes `model` the one that generated code reports to. Only one run of a
 * library is under way at a time. */
void qc_begin_run(qc_model *model);
void qc_end_run(void);
/* The GPU of the run under way, or NULL. */
qc_device *qc_running_device(void);

#endif /* QUANTC_LIB_RUNTIME_INTERNAL_H */
