/*===- State.c - caches of an entry with state -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Allocates the caches and keeps their length. They are written by runs. */

#include "Device.h"
#include <stdlib.h>
#include <string.h>

/* Elements of one cache; -1 when a size besides its length is not fixed. */
static int64_t cache_elements(const qc_tensor_desc *desc, int64_t capacity) {
  int64_t dims[QC_MAX_RANK];
  if (desc->rank > QC_MAX_RANK)
    return -1;
  for (int32_t i = 0; i < desc->rank; ++i)
    dims[i] = i == desc->state_axis ? capacity : desc->dims[i];
  return qc_count(dims, desc->rank);
}

static qc_status allocate(qc_model *model, qc_state *state) {
  const qc_entry *entry = state->entry;
  state->buffers = calloc((size_t)entry->num_inputs, sizeof *state->buffers);
  if (!state->buffers)
    return qc_fail(model->error, QC_NO_MEMORY, "no memory for a state");
  for (int32_t i = 0; i < entry->num_inputs; ++i) {
    const qc_tensor_desc *desc = &entry->inputs[i];
    if (desc->role != 1)
      continue;
    int64_t count = cache_elements(desc, state->capacity);
    if (count < 0)
      return qc_fail(model->error, QC_BAD_ARGUMENT,
                     "cache '%s' has a size that is not fixed, or %lld "
                     "positions are too many",
                     desc->name, (long long)state->capacity);
    size_t bytes = (size_t)count * qc_element_bytes(desc);
    if (state->device) {
      qc_status status =
          qc_device_allocate(state->device, bytes,
                             &state->buffers[state->num_buffers], model->error);
      if (status != QC_OK)
        return status;
      ++state->num_buffers;
      continue;
    }
    void *buffer = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (!buffer)
      return qc_fail(model->error, QC_NO_MEMORY,
                     "no memory for %zu bytes of cache '%s'", bytes,
                     desc->name);
    memset(buffer, 0, bytes);
    state->buffers[state->num_buffers++] = buffer;
  }
  return QC_OK;
}

qc_status qc_state_create(qc_model *model, const char *name, int64_t capacity,
                          qc_state **state) {
  *state = NULL;
  const qc_entry *entry = qc_find_entry(model, name);
  if (!entry)
    return QC_BAD_ARGUMENT;
  if (!entry->stateful)
    return qc_fail(model->error, QC_BAD_ARGUMENT, "entry '%s' keeps no state",
                   name);
  if (capacity < 1)
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "a state needs room for 1 position, found %lld",
                   (long long)capacity);
  qc_state *made = calloc(1, sizeof *made);
  if (!made)
    return qc_fail(model->error, QC_NO_MEMORY, "no memory for a state");
  made->entry = entry;
  made->device = qc_share_device(model->device);
  made->capacity = capacity;
  qc_status status = allocate(model, made);
  if (status == QC_OK)
    *state = made;
  else
    qc_state_destroy(made);
  return status;
}

void qc_state_destroy(qc_state *state) {
  if (!state)
    return;
  for (int32_t i = 0; i < state->num_buffers; ++i)
    if (state->device)
      qc_device_free(state->device, state->buffers[i]);
    else
      free(state->buffers[i]);
  qc_close_device(state->device);
  free(state->buffers);
  free(state);
}

int64_t qc_state_length(const qc_state *state) { return state->length; }
int64_t qc_state_capacity(const qc_state *state) { return state->capacity; }

qc_status qc_state_truncate(qc_state *state, int64_t length) {
  if (length < 0 || length > state->length)
    return QC_BAD_ARGUMENT;
  state->length = length;
  return QC_OK;
}
