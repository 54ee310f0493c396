/*===- Device.c - an NVIDIA GPU for the runtime -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* See Device.h. The driver is loaded when a model needs it, so that a library
 * for a GPU can be asked about its inputs on any machine. */

#include "Device.h"
#include "Graph.h"
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER_LIBRARY "libcuda.so.1"
#define MAX_WORDS 512 /* kernel parameters have at most 4096 bytes */
#define LINE 256      /* buffers start on as many bytes */
#define CHUNK 16      /* a kernel loads as many bytes at once */

/* Memory that grows. */
typedef struct {
  cu_address start;
  size_t bytes;
} device_memory;

/* A kernel that was looked up. Names are compared by address: each has one. */
typedef struct {
  const char *name;
  cu_handle function;
} device_kernel;

/* What kernels report a fault in: see qc_rt_report. */
typedef struct {
  int64_t code, value;
} device_fault;

struct qc_device {
  atomic_int users; /* the model and its states */
  qc_driver driver;
  cu_device number;
  cu_handle context, module, stream;
  cu_address fault; /* 0 when no kernel can fail */
  device_memory weights, arena, tensors;
  device_kernel *kernels;
  size_t num_kernels;
  int uses_graphs;
  qc_graph graph;
  char *error; /* of the run under way */
  qc_status status;
};

/* --- The driver --------------------------------------------------------------
 */

static qc_status fail(qc_device *device, cu_result result, const char *what,
                      char *error) {
  const char *reason = NULL;
  device->driver.error_string(result, &reason);
  return qc_fail(error,
                 result == CU_OUT_OF_MEMORY ? QC_NO_MEMORY : QC_NO_DEVICE,
                 "the GPU cannot %s: %s (error %d of the driver)", what,
                 reason ? reason : "unknown", result);
}

static qc_status load_driver(qc_driver *driver, char *error) {
  driver->library = dlopen(DRIVER_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!driver->library)
    return qc_fail(error, QC_NO_DEVICE,
                   "the model was compiled for an NVIDIA GPU, but this machine "
                   "has no driver for one: %s",
                   dlerror());
#define QC_LOOK_UP(field, name, parameters)                                    \
  *(void **)&driver->field = dlsym(driver->library, name);                     \
  if (!driver->field)                                                          \
    return qc_fail(error, QC_NO_DEVICE,                                        \
                   "the driver " DRIVER_LIBRARY " has no function '%s'",       \
                   name);
  QC_DRIVER_FUNCTIONS(QC_LOOK_UP)
#undef QC_LOOK_UP
  return QC_OK;
}

qc_status qc_device_use_graphs(qc_device *device, int on, char *error) {
#define QC_LOOK_UP(field, name, parameters)                                    \
  *(void **)&device->driver.field = dlsym(device->driver.library, name);       \
  if (on && !device->driver.field)                                             \
    return qc_fail(error, QC_NO_DEVICE,                                        \
                   "the driver " DRIVER_LIBRARY " has no function '%s'",       \
                   name);
  QC_GRAPH_FUNCTIONS(QC_LOOK_UP)
#undef QC_LOOK_UP
  device->uses_graphs = on;
  return QC_OK;
}

/* --- Opening -----------------------------------------------------------------
 */

static int runs_image(const qc_device_image *image, int architecture) {
  return image->architecture <= architecture &&
         (!image->is_machine_code ||
          image->architecture / 10 == architecture / 10);
}

/* Loads the newest kernels that the GPU runs. A driver that is older than what
 * made them may refuse some. */
static cu_result load_image(qc_device *device, const qc_program *program,
                            int architecture, int *num_tried) {
  cu_result result = 0;
  for (int32_t i = program->num_images - 1; i >= 0; --i) {
    const qc_device_image *image = &program->images[i];
    if (!runs_image(image, architecture))
      continue;
    ++*num_tried;
    result = device->driver.module_load(&device->module, image->code);
    if (!result)
      return 0;
    device->module = NULL;
  }
  return result;
}

static qc_status load_kernels(qc_device *device, const qc_program *program,
                              char *error) {
  qc_driver *driver = &device->driver;
  int major = 0, minor = 0;
  cu_result result = driver->device_attribute(
      &major, CU_COMPUTE_CAPABILITY_MAJOR, device->number);
  if (!result)
    result = driver->device_attribute(&minor, CU_COMPUTE_CAPABILITY_MINOR,
                                      device->number);
  if (result)
    return fail(device, result, "say what it can do", error);
  int num_tried = 0;
  result = load_image(device, program, 10 * major + minor, &num_tried);
  if (num_tried == 0)
    return qc_fail(
        error, QC_NO_DEVICE,
        "the GPU has compute capability %d.%d, the model needs %d.%d "
        "or more",
        major, minor, program->images[0].architecture / 10,
        program->images[0].architecture % 10);
  if (result)
    return fail(device, result, "load the kernels", error);
  size_t bytes = 0;
  if (driver->module_global(&device->fault, &bytes, device->module,
                            "qc_fault") ||
      bytes != sizeof(device_fault))
    device->fault = 0;
  return QC_OK;
}

/* From here on the context is current. */
static qc_status open_context(qc_device *device, const qc_program *program,
                              char *error) {
  qc_driver *driver = &device->driver;
  cu_result result = driver->init(0);
  if (!result)
    result = driver->device_get(&device->number, 0);
  if (!result)
    result = driver->context_retain(&device->context, device->number);
  if (!result)
    result = driver->context_push(device->context);
  if (result)
    return fail(device, result, "be opened", error);
  result = driver->stream_create(&device->stream, 0);
  qc_status status = result ? fail(device, result, "be used", error)
                            : load_kernels(device, program, error);
  driver->context_pop(&device->context);
  return status;
}

qc_status qc_open_device(const qc_program *program, qc_device **device,
                         char *error) {
  qc_device *made = calloc(1, sizeof *made);
  if (!made)
    return qc_fail(error, QC_NO_MEMORY, "no memory for a GPU");
  atomic_init(&made->users, 1);
  qc_status status = load_driver(&made->driver, error);
  if (status == QC_OK)
    status = open_context(made, program, error);
  if (status == QC_OK)
    *device = made;
  else
    qc_close_device(made);
  return status;
}

qc_device *qc_share_device(qc_device *device) {
  if (device)
    atomic_fetch_add(&device->users, 1);
  return device;
}

void qc_close_device(qc_device *device) {
  if (!device || atomic_fetch_sub(&device->users, 1) > 1)
    return;
  qc_driver *driver = &device->driver;
  if (device->context && driver->context_push(device->context) == 0) {
    const device_memory *memories[] = {&device->weights, &device->arena,
                                       &device->tensors};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; ++i)
      if (memories[i]->start)
        driver->free(memories[i]->start);
    qc_graph_free(&device->graph, driver);
    if (device->module)
      driver->module_unload(device->module);
    if (device->stream)
      driver->stream_destroy(device->stream);
    driver->context_pop(&device->context);
    driver->context_release(device->number);
  }
  if (driver->library)
    dlclose(driver->library);
  free(device->kernels);
  free(device);
}

/* --- Memory ------------------------------------------------------------------
 */

static qc_status grow(qc_device *device, device_memory *memory, size_t bytes,
                      char *error) {
  if (bytes <= memory->bytes)
    return QC_OK;
  if (memory->start)
    device->driver.free(memory->start);
  memset(memory, 0, sizeof *memory);
  cu_result result = device->driver.allocate(&memory->start, bytes);
  if (result)
    return fail(device, result, "give memory", error);
  memory->bytes = bytes;
  return QC_OK;
}

qc_status qc_upload_weights(qc_device *device, const uint8_t *data,
                            size_t bytes, char *error) {
  qc_driver *driver = &device->driver;
  if (bytes == 0)
    return QC_OK;
  driver->context_push(device->context);
  qc_status status = grow(device, &device->weights, bytes, error);
  if (status == QC_OK) {
    cu_result result =
        driver->to_device(device->weights.start, data, bytes, device->stream);
    if (!result)
      result = driver->stream_wait(device->stream);
    if (result)
      status = fail(device, result, "take the weights", error);
  }
  driver->context_pop(&device->context);
  return status;
}

qc_status qc_device_allocate(qc_device *device, size_t bytes, void **memory,
                             char *error) {
  qc_driver *driver = &device->driver;
  cu_address start = 0;
  driver->context_push(device->context);
  cu_result result = driver->allocate(&start, bytes ? bytes : 1);
  if (!result && bytes)
    result = driver->fill(start, 0, bytes, device->stream);
  driver->context_pop(&device->context);
  *memory = (void *)(uintptr_t)start;
  return result ? fail(device, result, "give memory", error) : QC_OK;
}

void qc_device_free(qc_device *device, void *memory) {
  device->driver.context_push(device->context);
  device->driver.free((cu_address)(uintptr_t)memory);
  device->driver.context_pop(&device->context);
}

/* --- Kernels -----------------------------------------------------------------
 */

static cu_handle find_kernel(qc_device *device, const char *name) {
  for (size_t i = 0; i < device->num_kernels; ++i)
    if (device->kernels[i].name == name)
      return device->kernels[i].function;
  cu_handle function = NULL;
  cu_result result =
      device->driver.module_function(&function, device->module, name);
  if (result) {
    device->status = fail(device, result, "find a kernel", device->error);
    return NULL;
  }
  device_kernel *more =
      realloc(device->kernels, (device->num_kernels + 1) * sizeof *more);
  if (more) {
    device->kernels = more;
    more[device->num_kernels++] = (device_kernel){name, function};
  }
  return function;
}

void qc_rt_launch(const char *kernel, int64_t blocks, int64_t threads,
                  const int64_t *words, int64_t num_words) {
  qc_device *device = qc_running_device();
  if (!device || device->status != QC_OK || blocks <= 0)
    return;
  if (blocks > INT32_MAX || num_words > MAX_WORDS) {
    device->status = qc_fail(device->error, QC_NO_DEVICE,
                             "kernel '%s' has %lld blocks and %lld words of "
                             "arguments, more than a GPU takes",
                             kernel, (long long)blocks, (long long)num_words);
    return;
  }
  void *arguments[MAX_WORDS];
  for (int64_t i = 0; i < num_words; ++i)
    arguments[i] = (void *)(uintptr_t)&words[i];
  cu_handle function = find_kernel(device, kernel);
  cu_result result =
      function ? device->driver.launch(function, (unsigned)blocks, 1, 1,
                                       (unsigned)threads, 1, 1, 0,
                                       device->stream, arguments, NULL)
               : 0;
  if (result)
    device->status = fail(device, result, "launch a kernel", device->error);
}

/* --- Runs --------------------------------------------------------------------
 */

/* The tensors of a run in the memory of the GPU. */
typedef struct {
  size_t bytes;
  void **inputs, **outputs;
} device_tensors;

static size_t tensor_bytes(const qc_tensor_desc *desc, const int64_t *dims) {
  return (size_t)qc_count(dims, desc->rank) * qc_element_bytes(desc);
}

/* True for a tensor that kernels can use where it is. */
static int stays(int there, const void *data) {
  return there && (uintptr_t)data % CHUNK == 0;
}

/* The place of a tensor that the caller has at `data`. */
static void *place_one(int there, void *data, size_t bytes, cu_address start,
                       size_t *used) {
  if (stays(there, data))
    return data;
  cu_address address = start + *used;
  *used += (bytes + LINE - 1) / LINE * LINE;
  return (void *)(uintptr_t)address;
}

/* Places of all tensors that are not caches, from `start` on. */
static void place(const qc_device_run *run, cu_address start,
                  device_tensors *tensors) {
  size_t used = 0;
  const int64_t *dims = run->in_dims;
  for (int32_t i = 0; i < run->entry->num_inputs; ++i) {
    const qc_tensor_desc *desc = &run->entry->inputs[i];
    tensors->inputs[i] = desc->role == 0
                             ? place_one(run->inputs_there[i], run->inputs[i],
                                         tensor_bytes(desc, dims), start, &used)
                             : run->inputs[i];
    dims += desc->rank;
  }
  dims = run->out_dims;
  for (int32_t i = 0; i < run->entry->num_outputs; ++i) {
    const qc_tensor_desc *desc = &run->entry->outputs[i];
    tensors->outputs[i] = place_one(run->outputs_there[i], run->outputs[i],
                                    tensor_bytes(desc, dims), start, &used);
    dims += desc->rank;
  }
  tensors->bytes = used;
}

static qc_status copy_inputs(qc_device *device, const qc_device_run *run,
                             const device_tensors *tensors) {
  const qc_driver *driver = &device->driver;
  const int64_t *dims = run->in_dims;
  for (int32_t i = 0; i < run->entry->num_inputs; ++i) {
    const qc_tensor_desc *desc = &run->entry->inputs[i];
    size_t bytes = tensor_bytes(desc, dims);
    dims += desc->rank;
    cu_address to = (cu_address)tensors->inputs[i];
    if (bytes == 0 || tensors->inputs[i] == run->inputs[i])
      continue;
    cu_result result =
        run->inputs_there[i]
            ? driver->inside(to, (cu_address)run->inputs[i], bytes,
                             device->stream)
            : driver->to_device(to, run->inputs[i], bytes, device->stream);
    if (result)
      return fail(device, result, "take the inputs", device->error);
  }
  return QC_OK;
}

static qc_status copy_outputs(qc_device *device, const qc_device_run *run,
                              const device_tensors *tensors) {
  const qc_driver *driver = &device->driver;
  const int64_t *dims = run->out_dims;
  for (int32_t i = 0; i < run->entry->num_outputs; ++i) {
    const qc_tensor_desc *desc = &run->entry->outputs[i];
    size_t bytes = tensor_bytes(desc, dims);
    dims += desc->rank;
    cu_address from = (cu_address)tensors->outputs[i];
    if (bytes == 0 || tensors->outputs[i] == run->outputs[i])
      continue;
    cu_result result =
        run->outputs_there[i]
            ? driver->inside((cu_address)run->outputs[i], from, bytes,
                             device->stream)
            : driver->to_host(run->outputs[i], from, bytes, device->stream);
    if (result)
      return fail(device, result, "give the outputs", device->error);
  }
  return QC_OK;
}

/* Runs the generated code: it launches the kernels. */
static void run_code(qc_model *model, const qc_device_run *run,
                     const device_tensors *tensors) {
  qc_device *device = model->device;
  run->code->run(model, (uint8_t *)(uintptr_t)device->arena.start,
                 (const uint8_t *)(uintptr_t)device->weights.start,
                 tensors->inputs, tensors->outputs, run->in_dims,
                 run->out_dims);
}

/* All that decides what a run launches, for the caller to free, or NULL. */
static int64_t *key_of(const qc_model *model, const qc_device_run *run,
                       const device_tensors *tensors, size_t *words) {
  const qc_device *device = model->device;
  const qc_entry *entry = run->entry;
  size_t used = 0, count = 5 + (size_t)entry->num_inputs + entry->num_outputs;
  for (int32_t i = 0; i < entry->num_inputs; ++i)
    count += (size_t)entry->inputs[i].rank;
  int64_t *key = malloc(count * sizeof *key);
  if (!key)
    return NULL;
  key[used++] = (int64_t)(uintptr_t)entry;
  key[used++] = (int64_t)device->arena.start;
  key[used++] = (int64_t)device->weights.start;
  key[used++] = model->precision;
  for (int32_t i = 0; i < entry->num_inputs; ++i)
    key[used++] = (int64_t)(uintptr_t)tensors->inputs[i];
  for (int32_t i = 0; i < entry->num_outputs; ++i)
    key[used++] = (int64_t)(uintptr_t)tensors->outputs[i];
  /* Behind the sizes of the inputs: the positions that caches hold. */
  for (size_t i = 0; used < count; ++i)
    key[used++] = run->in_dims[i];
  *words = used;
  return key;
}

/* The same as one graph, which is captured anew when anything has changed. */
static qc_status run_graph(qc_model *model, const qc_device_run *run,
                           const device_tensors *tensors) {
  qc_device *device = model->device;
  qc_driver *driver = &device->driver;
  size_t words = 0;
  int64_t *key = key_of(model, run, tensors, &words);
  if (!key)
    return qc_fail(device->error, QC_NO_MEMORY, "no memory for a graph");
  cu_result result = 0;
  if (!qc_graph_repeats(&device->graph, key, words)) {
    result = driver->capture_begin(device->stream, CU_CAPTURE_RELAXED);
    if (!result) {
      run_code(model, run, tensors);
      result = qc_graph_end_capture(&device->graph, driver, device->stream);
    }
    if (!result && device->status == QC_OK)
      qc_graph_remember(&device->graph, key, words);
  }
  free(key);
  if (device->status != QC_OK)
    return device->status;
  if (!result)
    result = driver->graph_launch(device->graph.instance, device->stream);
  return result ? fail(device, result, "run a graph", device->error) : QC_OK;
}

/* Launches everything and waits for it. */
static qc_status launch_all(qc_model *model, const qc_device_run *run,
                            const device_tensors *tensors,
                            device_fault *fault) {
  qc_device *device = model->device;
  qc_driver *driver = &device->driver;
  if (device->fault)
    driver->fill(device->fault, 0, sizeof *fault, device->stream);
  device->status = copy_inputs(device, run, tensors);
  if (device->status == QC_OK && device->uses_graphs)
    device->status = run_graph(model, run, tensors);
  else if (device->status == QC_OK)
    run_code(model, run, tensors);
  qc_status status = device->status;
  if (status == QC_OK)
    status = copy_outputs(device, run, tensors);
  if (status == QC_OK && device->fault)
    driver->to_host(fault, device->fault, sizeof *fault, device->stream);
  cu_result result = driver->stream_wait(device->stream);
  if (status == QC_OK && result)
    status = fail(device, result, "finish a run", device->error);
  return status;
}

qc_status qc_run_on_device(qc_model *model, const qc_device_run *run) {
  qc_device *device = model->device;
  device_tensors tensors = {0, NULL, NULL};
  device_fault fault = {0, 0};
  tensors.inputs = calloc((size_t)run->entry->num_inputs + 1, sizeof(void *));
  tensors.outputs = calloc((size_t)run->entry->num_outputs + 1, sizeof(void *));
  qc_status status = QC_OK;
  if (!tensors.inputs || !tensors.outputs)
    status = qc_fail(model->error, QC_NO_MEMORY, "no memory for a call");
  if (status == QC_OK) {
    qc_begin_run(model);
    device->error = model->error;
    device->driver.context_push(device->context);
    place(run, 0, &tensors);
    status = grow(device, &device->tensors, tensors.bytes, model->error);
    if (status == QC_OK)
      status = grow(device, &device->arena,
                    run->arena_bytes > 0 ? (size_t)run->arena_bytes : 1,
                    model->error);
    place(run, device->tensors.start, &tensors);
    if (status == QC_OK)
      status = launch_all(model, run, &tensors, &fault);
    device->driver.context_pop(&device->context);
    qc_end_run();
  }
  free(tensors.inputs);
  free(tensors.outputs);
  if (status == QC_OK && fault.code)
    return qc_fail(model->error, QC_BAD_VALUE,
                   "index %lld lies outside its table", (long long)fault.value);
  return status;
}
