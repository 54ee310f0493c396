/*===- Device.h - an NVIDIA GPU for the runtime -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Memory, kernels and runs of models that were compiled for a GPU. One stream.
 * Errors are QC_NO_DEVICE or QC_NO_MEMORY, with a text in `error`. */

#ifndef QUANTC_LIB_RUNTIME_DEVICE_H
#define QUANTC_LIB_RUNTIME_DEVICE_H

#include "Internal.h"

/* Opens the first GPU and loads the kernels of `program` into it. */
qc_status qc_open_device(const qc_program *program, qc_device **device,
                         char *error);
/* A state may live longer than its model, and needs the GPU as long. */
qc_device *qc_share_device(qc_device *device);
/* Closes it for one user; the last one gives it back. */
void qc_close_device(qc_device *device);

/* Copies the weights to the GPU, where they stay. */
qc_status qc_upload_weights(qc_device *device, const uint8_t *data,
                            size_t bytes, char *error);

/* Memory of the GPU, filled with zeros. */
qc_status qc_device_allocate(qc_device *device, size_t bytes, void **memory,
                             char *error);
void qc_device_free(qc_device *device, void *memory);

/* Whether runs launch their kernels as one graph. QC_NO_DEVICE, with a text,
 * when the driver has no graphs. */
qc_status qc_device_use_graphs(qc_device *device, int on, char *error);

/* One run: what generated code takes, with inputs and outputs in the memory of
 * the host or where `..._there` is not 0 in that of the GPU, caches in the
 * latter. */
typedef struct {
  const qc_entry *entry;
  const qc_level_code *code;
  void *const *inputs, *const *outputs;
  const uint8_t *inputs_there, *outputs_there;
  const int64_t *in_dims, *out_dims;
  int64_t arena_bytes;
} qc_device_run;
qc_status qc_run_on_device(qc_model *model, const qc_device_run *run);

#endif /* QUANTC_LIB_RUNTIME_DEVICE_H */
