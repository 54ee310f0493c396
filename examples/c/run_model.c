/*===- run_model.c - runs a compiled model from C -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Loads a compiled model, runs it on constant inputs, and prints the shapes and
 * first numbers of its outputs. Needs libc only: the model is opened with
 * dlopen. A program for one model would link with its library instead and call
 * the same functions by name.
 *
 *   run_model MODEL.so ENTRY [TYPE:SIZE,SIZE,...=VALUE]... -- [TYPE:RANK]...
 *
 * One argument describes each input in the order of MODEL.h, and behind `--`
 * each output. A type is f32, i32 or i64. Example: run_model mnist.so main
 * f32:1,1,28,28=0.5 -- f32:2 */

#include "quantc-c/runtime.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TENSORS = 64, MAX_RANK = 8, SHOWN = 8 };

/* The functions that are used here, found by name. */
static struct {
  __typeof__(&qc_model_create) model_create;
  __typeof__(&qc_model_destroy) model_destroy;
  __typeof__(&qc_create_error) create_error;
  __typeof__(&qc_last_error) last_error;
  __typeof__(&qc_level_name) level_name;
  __typeof__(&qc_output_dims) output_dims;
  __typeof__(&qc_run) run;
} qc;

typedef struct {
  DLTensor tensor;
  int64_t shape[MAX_RANK];
} Tensor;

static void die(const char *what, const char *why) {
  fprintf(stderr, "run_model: %s: %s\n", what, why);
  exit(1);
}

static void *find(void *library, const char *name) {
  void *address = dlsym(library, name);
  if (!address)
    die("not a compiled model, it lacks", name);
  return address;
}

static void open_library(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    die("cannot load the model", dlerror());
  *(void **)&qc.model_create = find(library, "qc_model_create");
  *(void **)&qc.model_destroy = find(library, "qc_model_destroy");
  *(void **)&qc.create_error = find(library, "qc_create_error");
  *(void **)&qc.last_error = find(library, "qc_last_error");
  *(void **)&qc.level_name = find(library, "qc_level_name");
  *(void **)&qc.output_dims = find(library, "qc_output_dims");
  *(void **)&qc.run = find(library, "qc_run");
}

/* "f32:" and what follows. */
static const char *parse_type(const char *text, DLDataType *type) {
  if (strncmp(text, "f32:", 4) == 0)
    *type = (DLDataType){kDLFloat, 32, 1};
  else if (strncmp(text, "i32:", 4) == 0)
    *type = (DLDataType){kDLInt, 32, 1};
  else if (strncmp(text, "i64:", 4) == 0)
    *type = (DLDataType){kDLInt, 64, 1};
  else
    die("expected f32:, i32: or i64:, found", text);
  return text + 4;
}

static int64_t count_of(const DLTensor *tensor) {
  int64_t count = 1;
  for (int32_t i = 0; i < tensor->ndim; ++i)
    count *= tensor->shape[i];
  return count;
}

static void allocate(DLTensor *tensor) {
  tensor->device.device_type = kDLCPU;
  tensor->data = calloc((size_t)count_of(tensor) + 1, tensor->dtype.bits / 8u);
  if (!tensor->data)
    die("no memory", "a tensor is too large");
}

static void store(DLTensor *tensor, int64_t place, double value) {
  if (tensor->dtype.code == kDLFloat)
    ((float *)tensor->data)[place] = (float)value;
  else if (tensor->dtype.bits == 32)
    ((int32_t *)tensor->data)[place] = (int32_t)value;
  else
    ((int64_t *)tensor->data)[place] = (int64_t)value;
}

static double load(const DLTensor *tensor, int64_t place) {
  if (tensor->dtype.code == kDLFloat)
    return ((const float *)tensor->data)[place];
  if (tensor->dtype.bits == 32)
    return ((const int32_t *)tensor->data)[place];
  return (double)((const int64_t *)tensor->data)[place];
}

/* "f32:1,28,28=0.5" */
static void read_input(const char *text, Tensor *input) {
  DLTensor *tensor = &input->tensor;
  const char *at = parse_type(text, &tensor->dtype);
  tensor->shape = input->shape;
  while (*at && *at != '=' && tensor->ndim < MAX_RANK) {
    char *end;
    int64_t size = strtoll(at, &end, 10);
    if (end == at || size < 0 || size > 1 << 28)
      die("not a shape", text);
    input->shape[tensor->ndim++] = size;
    at = *end == ',' ? end + 1 : end;
  }
  allocate(tensor);
  double value = *at == '=' ? atof(at + 1) : 0;
  for (int64_t i = 0; i < count_of(tensor); ++i)
    store(tensor, i, value);
}

/* "f32:2" */
static void read_output(const char *text, Tensor *output) {
  output->tensor.shape = output->shape;
  output->tensor.ndim = atoi(parse_type(text, &output->tensor.dtype));
  if (output->tensor.ndim < 0 || output->tensor.ndim > MAX_RANK)
    die("not a rank", text);
}

static void print(int number, const DLTensor *tensor) {
  printf("output %d [", number);
  for (int32_t i = 0; i < tensor->ndim; ++i)
    printf("%s%lld", i ? "," : "", (long long)tensor->shape[i]);
  printf("]:");
  for (int64_t i = 0; i < count_of(tensor) && i < SHOWN; ++i)
    printf(" %g", load(tensor, i));
  printf("%s\n", count_of(tensor) > SHOWN ? " ..." : "");
}

static void run(qc_model *model, const char *entry, Tensor *inputs,
                int32_t num_inputs, Tensor *outputs, int32_t num_outputs) {
  const DLTensor *in[MAX_TENSORS];
  DLTensor *out[MAX_TENSORS];
  int64_t dims[MAX_TENSORS * MAX_RANK], *next = dims;
  for (int32_t i = 0; i < num_inputs; ++i)
    in[i] = &inputs[i].tensor;
  int32_t count = 0;
  if (qc.output_dims(model, entry, in, num_inputs, dims, MAX_TENSORS * MAX_RANK,
                     &count) != QC_OK)
    die("cannot run", qc.last_error(model));
  for (int32_t i = 0; i < num_outputs; ++i) {
    out[i] = &outputs[i].tensor;
    if (out[i]->ndim > count - (next - dims))
      die("the outputs have fewer dimensions than", "the arguments behind --");
    for (int32_t d = 0; d < out[i]->ndim; ++d)
      out[i]->shape[d] = *next++;
    allocate(out[i]);
  }
  if (qc.run(model, entry, in, num_inputs, out, num_outputs) != QC_OK)
    die("cannot run", qc.last_error(model));
  for (int32_t i = 0; i < num_outputs; ++i)
    print(i, out[i]);
}

int main(int argc, char **argv) {
  static Tensor inputs[MAX_TENSORS], outputs[MAX_TENSORS];
  int32_t num_inputs = 0, num_outputs = 0;
  int is_output = 0;
  if (argc < 3)
    die("usage", "run_model MODEL.so ENTRY [TYPE:SIZES=VALUE]... -- "
                 "[TYPE:RANK]...");
  for (int i = 3; i < argc; ++i) {
    if (strcmp(argv[i], "--") == 0)
      is_output = 1;
    else if (num_inputs == MAX_TENSORS || num_outputs == MAX_TENSORS)
      die("too many tensors", argv[i]);
    else if (is_output)
      read_output(argv[i], &outputs[num_outputs++]);
    else
      read_input(argv[i], &inputs[num_inputs++]);
  }
  open_library(argv[1]);
  qc_model *model;
  if (qc.model_create(NULL, NULL, &model) != QC_OK)
    die("cannot start the model", qc.create_error());
  printf("code for level %s\n", qc.level_name(model));
  run(model, argv[2], inputs, num_inputs, outputs, num_outputs);
  qc.model_destroy(model);
  for (int32_t i = 0; i < num_inputs; ++i)
    free(inputs[i].tensor.data);
  for (int32_t i = 0; i < num_outputs; ++i)
    free(outputs[i].tensor.data);
  return 0;
}
