/*===- Call.c - one run of a model -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Checks what a caller gives against the program, finds the sizes of all
 * outputs, and runs the code of this machine's level. */

#include "Device.h"
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* One call: what the generated code wants, and copies of inputs with strides.
 */
typedef struct {
  const qc_level_code *code;
  int64_t *in_dims, *out_dims;
  void **inputs, **outputs;
  uint8_t *inputs_there, *outputs_there; /* not 0: in the memory of the GPU */
  void **copies;
  int32_t num_out_dims;
  int64_t arena_bytes;
} qc_frame;

int64_t qc_count(const int64_t *dims, int32_t rank) {
  int64_t count = 1;
  for (int32_t i = 0; i < rank; ++i)
    if (dims[i] < 0 || __builtin_mul_overflow(count, dims[i], &count) ||
        count > INT64_MAX / 64)
      return -1;
  return count;
}

size_t qc_element_bytes(const qc_tensor_desc *desc) {
  return (size_t)(desc->dtype_bits + 7) / 8;
}

static int is_compact(const DLTensor *tensor) {
  int64_t expected = 1;
  for (int32_t i = tensor->ndim - 1; tensor->strides && i >= 0; --i) {
    if (tensor->shape[i] != 1 && tensor->strides[i] != expected)
      return 0;
    expected *= tensor->shape[i];
  }
  return 1;
}

static int has_dtype(const DLTensor *tensor, const qc_tensor_desc *desc) {
  int same = tensor->dtype.code == desc->dtype_code ||
             (tensor->dtype.code == kDLUInt && desc->dtype_code == kDLInt) ||
             (tensor->dtype.code == kDLUInt && desc->dtype_code == kDLBool);
  return same && tensor->dtype.bits == desc->dtype_bits &&
         tensor->dtype.lanes == 1;
}

/* Type, rank and sizes. */
static qc_status check_shape(qc_model *model, const DLTensor *tensor,
                             const qc_tensor_desc *desc) {
  if (!has_dtype(tensor, desc))
    return qc_fail(
        model->error, QC_BAD_ARGUMENT,
        "'%s' has elements of DLPack type (%d, %d), expected (%d, %d)",
        desc->name, tensor->dtype.code, tensor->dtype.bits, desc->dtype_code,
        desc->dtype_bits);
  if (tensor->ndim != desc->rank || (desc->rank && !tensor->shape))
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "'%s' has %d dimensions, expected %d", desc->name,
                   tensor->shape ? tensor->ndim : 0, desc->rank);
  for (int32_t i = 0; i < desc->rank; ++i) {
    if (tensor->shape[i] < 0)
      return qc_fail(model->error, QC_BAD_ARGUMENT,
                     "dimension %d of '%s' is negative: %lld", i, desc->name,
                     (long long)tensor->shape[i]);
    if (desc->dims[i] >= 0 && tensor->shape[i] != desc->dims[i])
      return qc_fail(model->error, QC_BAD_ARGUMENT,
                     "dimension %d of '%s' is %lld, expected %lld", i,
                     desc->name, (long long)tensor->shape[i],
                     (long long)desc->dims[i]);
  }
  if (qc_count(tensor->shape, tensor->ndim) < 0)
    return qc_fail(model->error, QC_BAD_ARGUMENT, "'%s' has too many elements",
                   desc->name);
  return QC_OK;
}

static int is_there(const DLTensor *tensor) {
  return tensor->device.device_type == kDLCUDA;
}

/* The model's GPU is the first one. */
static int is_reachable(const qc_model *model, const DLTensor *tensor) {
  return tensor->device.device_type == kDLCPU ||
         (model->device && tensor->device.device_type == kDLCUDAHost) ||
         (model->device && is_there(tensor) && tensor->device.device_id == 0);
}

static qc_status check_tensor(qc_model *model, const DLTensor *tensor,
                              const qc_tensor_desc *desc) {
  if (!tensor)
    return qc_fail(model->error, QC_BAD_ARGUMENT, "'%s' is NULL", desc->name);
  if (!is_reachable(model, tensor))
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "'%s' is on device %d, expected the CPU%s", desc->name,
                   (int)tensor->device.device_type,
                   model->device ? " or the first GPU" : "");
  qc_status status = check_shape(model, tensor, desc);
  if (status == QC_OK && !tensor->data &&
      qc_count(tensor->shape, tensor->ndim) != 0)
    return qc_fail(model->error, QC_BAD_ARGUMENT, "'%s' has no data",
                   desc->name);
  return status;
}

/* Dimensions of one name have one size over all inputs. */
static qc_status check_names(qc_model *model, const qc_entry *entry,
                             const int64_t *dims) {
  const int64_t *left = dims;
  for (int32_t a = 0; a < entry->num_inputs; left += entry->inputs[a++].rank)
    for (int32_t i = 0; i < entry->inputs[a].rank; ++i) {
      const char *name =
          entry->inputs[a].dim_names ? entry->inputs[a].dim_names[i] : NULL;
      const int64_t *right = left;
      for (int32_t b = a; name && b < entry->num_inputs;
           right += entry->inputs[b++].rank)
        for (int32_t j = 0; j < entry->inputs[b].rank; ++j) {
          const char *other =
              entry->inputs[b].dim_names ? entry->inputs[b].dim_names[j] : NULL;
          int is_state = entry->inputs[a].role || entry->inputs[b].role;
          if (!is_state && other && strcmp(name, other) == 0 &&
              left[i] != right[j])
            return qc_fail(model->error, QC_BAD_ARGUMENT,
                           "dimension %s is %lld in '%s' but %lld in '%s'",
                           name, (long long)left[i], entry->inputs[a].name,
                           (long long)right[j], entry->inputs[b].name);
        }
    }
  return QC_OK;
}

/* A compact copy of a tensor with strides. */
static void *copy_compact(const DLTensor *tensor, size_t element) {
  int64_t count = qc_count(tensor->shape, tensor->ndim),
          index[QC_MAX_RANK] = {0};
  const char *source = (const char *)tensor->data + tensor->byte_offset;
  char *copy = malloc((size_t)count * element + 1);
  for (int64_t n = 0; copy && n < count; ++n) {
    int64_t place = 0;
    for (int32_t i = 0; i < tensor->ndim; ++i)
      place += index[i] * tensor->strides[i];
    memcpy(copy + (size_t)n * element, source + place * (int64_t)element,
           element);
    for (int32_t i = tensor->ndim - 1; i >= 0 && ++index[i] == tensor->shape[i];
         --i)
      index[i] = 0;
  }
  return copy;
}

static void free_frame(const qc_entry *entry, qc_frame *frame) {
  for (int32_t i = 0; frame->copies && i < entry->num_inputs; ++i)
    free(frame->copies[i]);
  free(frame->copies);
  free(frame->inputs);
  free(frame->outputs);
  free(frame->inputs_there);
  free(frame->outputs_there);
  free(frame->in_dims);
  free(frame->out_dims);
}

static qc_status allocate_frame(qc_model *model, const qc_entry *entry,
                                qc_frame *frame) {
  size_t in_dims = 1, out_dims = 0;
  for (int32_t i = 0; i < entry->num_inputs; ++i)
    in_dims += (size_t)entry->inputs[i].rank;
  for (int32_t i = 0; i < entry->num_outputs; ++i)
    out_dims += (size_t)entry->outputs[i].rank;
  frame->num_out_dims = (int32_t)out_dims;
  frame->in_dims = calloc(in_dims, sizeof(int64_t));
  frame->out_dims = calloc(out_dims + 1, sizeof(int64_t));
  frame->inputs = calloc((size_t)entry->num_inputs + 1, sizeof(void *));
  frame->outputs = calloc((size_t)entry->num_outputs + 1, sizeof(void *));
  frame->copies = calloc((size_t)entry->num_inputs + 1, sizeof(void *));
  frame->inputs_there = calloc((size_t)entry->num_inputs + 1, 1);
  frame->outputs_there = calloc((size_t)entry->num_outputs + 1, 1);
  if (!frame->in_dims || !frame->out_dims || !frame->inputs ||
      !frame->outputs || !frame->copies || !frame->inputs_there ||
      !frame->outputs_there)
    return qc_fail(model->error, QC_NO_MEMORY, "no memory for a call");
  return QC_OK;
}

/* Pointer and sizes of one input given by the caller. */
static qc_status take_input(qc_model *model, const qc_tensor_desc *desc,
                            const DLTensor *tensor, int64_t *dims, void **data,
                            void **copy) {
  qc_status status = check_tensor(model, tensor, desc);
  if (status != QC_OK)
    return status;
  memcpy(dims, tensor->shape, (size_t)desc->rank * sizeof *dims);
  *data = (char *)tensor->data + tensor->byte_offset;
  if (is_compact(tensor))
    return QC_OK;
  if (is_there(tensor))
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "'%s' is on the GPU and has strides, expected it compact",
                   desc->name);
  if (desc->rank > QC_MAX_RANK)
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "'%s' has strides and more than %d dimensions", desc->name,
                   QC_MAX_RANK);
  *data = *copy = copy_compact(tensor, qc_element_bytes(desc));
  if (!*data)
    return qc_fail(model->error, QC_NO_MEMORY, "no memory to copy '%s'",
                   desc->name);
  return QC_OK;
}

/* Number of inputs that callers give: all that are not state. */
static int32_t plain_inputs(const qc_entry *entry) {
  int32_t count = 0;
  for (int32_t i = 0; i < entry->num_inputs; ++i)
    count += entry->inputs[i].role == 0;
  return count;
}

static qc_status take_inputs(qc_model *model, const qc_entry *entry,
                             qc_state *state, const DLTensor *const *inputs,
                             int32_t num_inputs, qc_frame *frame) {
  if (num_inputs != plain_inputs(entry))
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "entry '%s' takes %d inputs, found %d", entry->name,
                   plain_inputs(entry), num_inputs);
  int64_t *dims = frame->in_dims;
  int32_t given = 0, cache = 0;
  for (int32_t i = 0; i < entry->num_inputs; ++i) {
    const qc_tensor_desc *desc = &entry->inputs[i];
    if (desc->role == 0) {
      qc_status status = take_input(model, desc, inputs[given], dims,
                                    &frame->inputs[i], &frame->copies[i]);
      if (status != QC_OK)
        return status;
      frame->inputs_there[i] = (uint8_t)is_there(inputs[given++]);
    } else {
      memcpy(dims, desc->dims, (size_t)desc->rank * sizeof *dims);
      dims[desc->state_axis] = state->capacity;
      frame->inputs[i] = state->buffers[cache++];
    }
    dims += desc->rank;
  }
  *dims = state ? state->length : 0;
  return check_names(model, entry, frame->in_dims);
}

/* Positions that a run of a stateful entry adds. */
static int64_t new_positions(const qc_frame *frame) {
  return frame->out_dims[frame->num_out_dims];
}

static qc_status check_room(qc_model *model, const qc_state *state,
                            const qc_frame *frame) {
  int64_t added = new_positions(frame);
  if (added <= state->capacity - state->length)
    return QC_OK;
  return qc_fail(model->error, QC_FULL,
                 "the state has room for %lld positions and holds %lld: %lld "
                 "more do not fit",
                 (long long)state->capacity, (long long)state->length,
                 (long long)added);
}

/* Everything up to the sizes of the outputs. */
static qc_status prepare(qc_model *model, const qc_entry *entry,
                         qc_state *state, const DLTensor *const *inputs,
                         int32_t num_inputs, qc_frame *frame) {
  memset(frame, 0, sizeof *frame);
  model->error[0] = 0;
  if ((entry->stateful != 0) != (state != NULL))
    return qc_fail(model->error, QC_BAD_ARGUMENT, "entry '%s' %s", entry->name,
                   state ? "keeps no state" : "needs a state");
  frame->code = qc_code_for(entry, model->level);
  qc_status status = allocate_frame(model, entry, frame);
  if (status == QC_OK)
    status = take_inputs(model, entry, state, inputs, num_inputs, frame);
  if (status != QC_OK)
    return status;
  int32_t check =
      frame->code->shapes(frame->in_dims, frame->out_dims, &frame->arena_bytes);
  if (state)
    status = check_room(model, state, frame);
  if (status != QC_OK)
    return status;
  if (check > 0 && check <= entry->num_size_checks)
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "these input sizes do not fit the model: %s",
                   entry->size_checks[check - 1]);
  if (check != 0)
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "these input sizes do not fit the model");
  for (int32_t i = 0; i < frame->num_out_dims; ++i)
    if (frame->out_dims[i] < 0)
      return qc_fail(model->error, QC_BAD_ARGUMENT,
                     "these input sizes make an output negative");
  return QC_OK;
}

static qc_status take_outputs(qc_model *model, const qc_entry *entry,
                              DLTensor *const *outputs, int32_t num_outputs,
                              qc_frame *frame) {
  if (num_outputs != entry->num_outputs)
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "entry '%s' has %d outputs, found %d", entry->name,
                   entry->num_outputs, num_outputs);
  const int64_t *dims = frame->out_dims;
  for (int32_t i = 0; i < num_outputs; ++i) {
    qc_tensor_desc desc = entry->outputs[i];
    desc.dims = dims;
    qc_status status = check_tensor(model, outputs[i], &desc);
    if (status != QC_OK)
      return status;
    if (!is_compact(outputs[i]))
      return qc_fail(model->error, QC_BAD_ARGUMENT,
                     "output '%s' is not compact", desc.name);
    frame->outputs[i] = (char *)outputs[i]->data + outputs[i]->byte_offset;
    frame->outputs_there[i] = (uint8_t)is_there(outputs[i]);
    dims += desc.rank;
  }
  return QC_OK;
}

static qc_status grow_arena(qc_model *model, int64_t bytes) {
  size_t needed = bytes > 0 ? ((size_t)bytes + 127) / 64 * 64 : 64;
  if (needed <= model->arena_bytes)
    return QC_OK;
  uint8_t *arena = bytes < INT64_MAX / 2 ? aligned_alloc(64, needed) : NULL;
  if (!arena)
    return qc_fail(model->error, QC_NO_MEMORY,
                   "no memory for an arena of %lld bytes", (long long)bytes);
  free(model->arena);
  model->arena = arena;
  model->arena_bytes = needed;
  return QC_OK;
}

static qc_status run_frame(qc_model *model, const qc_frame *frame) {
  qc_begin_run(model);
  int before = omp_get_max_threads();
  if (model->num_threads)
    omp_set_num_threads(model->num_threads);
  int32_t result =
      frame->code->run(model, model->arena, model->weights.data, frame->inputs,
                       frame->outputs, frame->in_dims, frame->out_dims);
  omp_set_num_threads(before);
  int32_t fault = model->fault_code;
  qc_end_run();
  if (fault)
    return qc_fail(model->error, QC_BAD_VALUE,
                   "index %lld lies outside its table",
                   (long long)model->fault_value);
  if (result)
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "the model ended with code %d", result);
  return QC_OK;
}

qc_status qc_call(qc_model *model, const qc_entry *entry, qc_state *state,
                  const DLTensor *const *inputs, int32_t num_inputs,
                  DLTensor *const *outputs, int32_t num_outputs) {
  qc_frame frame;
  qc_status status = prepare(model, entry, state, inputs, num_inputs, &frame);
  if (status == QC_OK)
    status = take_outputs(model, entry, outputs, num_outputs, &frame);
  if (status == QC_OK && model->device) {
    qc_device_run run = {
        .entry = entry,
        .code = frame.code,
        .inputs = frame.inputs,
        .outputs = frame.outputs,
        .inputs_there = frame.inputs_there,
        .outputs_there = frame.outputs_there,
        .in_dims = frame.in_dims,
        .out_dims = frame.out_dims,
        .arena_bytes = frame.arena_bytes,
    };
    status = qc_run_on_device(model, &run);
  } else if (status == QC_OK) {
    status = grow_arena(model, frame.arena_bytes);
    if (status == QC_OK)
      status = run_frame(model, &frame);
  }
  if (status == QC_OK && state)
    state->length += new_positions(&frame);
  free_frame(entry, &frame);
  return status;
}

qc_status qc_call_dims(qc_model *model, const qc_entry *entry, qc_state *state,
                       const DLTensor *const *inputs, int32_t num_inputs,
                       int64_t *dims, int32_t capacity, int32_t *count) {
  qc_frame frame;
  qc_status status = prepare(model, entry, state, inputs, num_inputs, &frame);
  if (status == QC_OK && capacity < frame.num_out_dims)
    status = qc_fail(model->error, QC_BAD_ARGUMENT,
                     "there are %d sizes, room is for %d", frame.num_out_dims,
                     capacity);
  if (status == QC_OK)
    memcpy(dims, frame.out_dims, (size_t)frame.num_out_dims * sizeof *dims);
  if (status == QC_OK && count)
    *count = frame.num_out_dims;
  free_frame(entry, &frame);
  return status;
}

/* --- The functions of runtime.h
 * ------------------------------------------------ */

qc_status qc_output_dims(qc_model *model, const char *name,
                         const DLTensor *const *inputs, int32_t num_inputs,
                         int64_t *dims, int32_t capacity, int32_t *count) {
  const qc_entry *entry = qc_find_entry(model, name);
  return entry ? qc_call_dims(model, entry, NULL, inputs, num_inputs, dims,
                              capacity, count)
               : QC_BAD_ARGUMENT;
}

qc_status qc_run(qc_model *model, const char *name,
                 const DLTensor *const *inputs, int32_t num_inputs,
                 DLTensor *const *outputs, int32_t num_outputs) {
  const qc_entry *entry = qc_find_entry(model, name);
  return entry ? qc_call(model, entry, NULL, inputs, num_inputs, outputs,
                         num_outputs)
               : QC_BAD_ARGUMENT;
}

qc_status qc_state_output_dims(qc_model *model, qc_state *state,
                               const DLTensor *const *inputs,
                               int32_t num_inputs, int64_t *dims,
                               int32_t capacity, int32_t *count) {
  if (!state)
    return qc_fail(model->error, QC_BAD_ARGUMENT, "the state is NULL");
  return qc_call_dims(model, state->entry, state, inputs, num_inputs, dims,
                      capacity, count);
}

qc_status qc_run_state(qc_model *model, qc_state *state,
                       const DLTensor *const *inputs, int32_t num_inputs,
                       DLTensor *const *outputs, int32_t num_outputs) {
  if (!state)
    return qc_fail(model->error, QC_BAD_ARGUMENT, "the state is NULL");
  return qc_call(model, state->entry, state, inputs, num_inputs, outputs,
                 num_outputs);
}
