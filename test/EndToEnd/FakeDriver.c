/*===- FakeDriver.c - a CUDA driver without a GPU -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Stands in for libcuda.so.1 in cuda-driver.py, which links it with the kernels
 * of a model, compiled for the CPU. Memory of the GPU is out of reach outside
 * of its functions, so that a host that reads or writes it dies. Threads that
 * wait for each other are in FakeThreads.c. */

#include "FakeThreads.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FAILED = 999, INVALID = 1, MAX_BLOCKS = 4096 };

/* Written by cuda-driver.py. */
extern const kernel_entry fake_kernels[];
extern const int fake_num_kernels;

typedef struct {
  char *start;
  size_t bytes, mapped;
} allocation;
static allocation memory[MAX_BLOCKS];
static int num_allocations, depth, num_launches, context, stream, module;
static int graphs_left, num_copies, num_captures, num_graphs,
    num_graph_launches;
static struct {
  int64_t code, value;
} *fault;

/* What DeviceCode.cpp adds to the kernels. */
void qc_rt_report(int32_t code, int64_t value) {
  if (fault->code)
    return;
  fault->code = code;
  fault->value = value;
}

static void protect(int protection) {
  for (int i = 0; i < num_allocations; ++i)
    if (memory[i].start)
      mprotect(memory[i].start, memory[i].mapped, protection);
}
static void enter(void) { protect(PROT_READ | PROT_WRITE); }
static int leave(int result) {
  protect(PROT_NONE);
  return result;
}

/* True for bytes of one allocation. */
static int is_device(uint64_t address, size_t bytes) {
  for (int i = 0; i < num_allocations; ++i)
    if (memory[i].start && address >= (uint64_t)memory[i].start &&
        address + bytes <= (uint64_t)memory[i].start + memory[i].bytes)
      return 1;
  return 0;
}

/* FAKE_CUDA_FAILS names a function that fails. */
static int fails(const char *name) {
  const char *wish = getenv("FAKE_CUDA_FAILS");
  return wish && strcmp(wish, name) == 0;
}
#define CHECK_CONTEXT()                                                        \
  if (fails(__func__) || depth != 1)                                           \
  return FAILED

int cuInit(unsigned flags) { return fails(__func__) ? FAILED : (int)flags; }
int cuGetErrorString(int result, const char **text) {
  *text = result == 2 ? "out of memory" : "the fake failed";
  return 0;
}
int cuDeviceGet(int *device, int number) {
  *device = 7;
  return number;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  const char *wish = getenv("FAKE_CUDA_CAPABILITY");
  int capability = wish ? atoi(wish) : 86;
  *value = attribute == 75 ? capability / 10 : capability % 10;
  return device == 7 ? 0 : INVALID;
}
int cuDevicePrimaryCtxRetain(void **result, int device) {
  *result = &context;
  return device == 7 ? 0 : INVALID;
}
/* The last function of a library that closes the GPU: everything is freed. */
int cuDevicePrimaryCtxRelease_v2(int device) {
  int left = 0;
  for (int i = 0; i < num_allocations; ++i)
    left += memory[i].start != NULL;
  fprintf(stderr, "fake driver: %d copies from and to the host\n", num_copies);
  if (num_captures)
    fprintf(stderr,
            "fake driver: %d captures, %d graphs made, %d launched, %d left\n",
            num_captures, num_graphs, num_graph_launches, graphs_left);
  fprintf(stderr, "fake driver: %d launches, %d allocations left\n",
          num_launches, left);
  return device == 7 ? 0 : INVALID;
}
int cuCtxPushCurrent_v2(void *which) {
  ++depth;
  return which == &context ? 0 : INVALID;
}
int cuCtxPopCurrent_v2(void **which) {
  --depth;
  *which = &context;
  return 0;
}

static int allocate(uint64_t *address, size_t bytes) {
  const char *limit = getenv("FAKE_CUDA_BYTES");
  if (limit && bytes > strtoul(limit, NULL, 10))
    return 2;
  size_t mapped = (bytes + 4095) / 4096 * 4096;
  char *start =
      mmap(NULL, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == 0 || start == MAP_FAILED || num_allocations == MAX_BLOCKS)
    return INVALID;
  memory[num_allocations++] = (allocation){start, bytes, mapped};
  /* What was there before is anything. */
  enter();
  memset(start, 0xa5, bytes);
  *address = (uint64_t)start;
  return leave(0);
}
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  CHECK_CONTEXT();
  return allocate(address, bytes);
}
int cuMemFree_v2(uint64_t address) {
  CHECK_CONTEXT();
  for (int i = 0; i < num_allocations; ++i)
    if (memory[i].start == (char *)address) {
      munmap(memory[i].start, memory[i].mapped);
      memory[i].start = NULL;
      return 0;
    }
  return INVALID;
}
int cuMemsetD8Async(uint64_t address, unsigned char value, size_t bytes,
                    void *on) {
  CHECK_CONTEXT();
  if (on != &stream || !is_device(address, bytes))
    return INVALID;
  enter();
  memset((void *)address, value, bytes);
  return leave(0);
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes,
                         void *on) {
  CHECK_CONTEXT();
  if (on != &stream || !is_device(to, bytes) ||
      is_device((uint64_t)from, bytes))
    return INVALID;
  ++num_copies;
  enter();
  memcpy((void *)to, from, bytes);
  return leave(0);
}
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *on) {
  CHECK_CONTEXT();
  if (on != &stream || !is_device(to, bytes) || !is_device(from, bytes))
    return INVALID;
  enter();
  memcpy((void *)to, (void *)from, bytes);
  return leave(0);
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *on) {
  CHECK_CONTEXT();
  if (on != &stream || !is_device(from, bytes) ||
      is_device((uint64_t)to, bytes))
    return INVALID;
  ++num_copies;
  enter();
  memcpy(to, (void *)from, bytes);
  return leave(0);
}

/* The code itself is not run; its target says which image was chosen. What
 * stands for machine code is "\x7fELF" and the PTX. */
int cuModuleLoadData(void **result, const void *code) {
  CHECK_CONTEXT();
  int is_machine_code = memcmp(code,
                               "\x7f"
                               "ELF",
                               4) == 0;
  const char *target = strstr(code, ".target ");
  if (!target || (is_machine_code && getenv("FAKE_CUDA_IS_OLD")))
    return INVALID;
  fprintf(stderr, "fake driver: loads %s%.5s\n",
          is_machine_code ? "machine code of " : "", target + 8);
  *result = &module;
  if (!strstr(code, "qc_fault"))
    return 0;
  uint64_t address = 0;
  int status = allocate(&address, sizeof *fault);
  fault = (void *)address;
  return status;
}
int cuModuleUnload(void *which) {
  CHECK_CONTEXT();
  if (fault)
    cuMemFree_v2((uint64_t)fault);
  fault = NULL;
  return which == &module ? 0 : INVALID;
}
int cuModuleGetGlobal_v2(uint64_t *address, size_t *bytes, void *which,
                         const char *name) {
  *address = (uint64_t)fault;
  *bytes = sizeof *fault;
  return fault && which == &module && strcmp(name, "qc_fault") == 0 ? 0 : 500;
}
int cuModuleGetFunction(void **function, void *which, const char *name) {
  CHECK_CONTEXT();
  for (int i = 0; i < fake_num_kernels; ++i)
    if (strcmp(fake_kernels[i].name, name) == 0) {
      *function = (void *)&fake_kernels[i];
      return which == &module ? 0 : INVALID;
    }
  return 500;
}

int cuStreamCreate(void **result, unsigned flags) {
  CHECK_CONTEXT();
  *result = &stream;
  return (int)flags;
}
int cuStreamDestroy_v2(void *which) { return which == &stream ? 0 : INVALID; }
int cuStreamSynchronize(void *which) {
  CHECK_CONTEXT();
  return which == &stream ? 0 : INVALID;
}

/* One launch, with the words of its arguments. */
typedef struct {
  const kernel_entry *kernel;
  unsigned blocks, threads;
  int64_t words[MAX_WORDS];
} launch;
typedef struct {
  int count;
  launch *launches;
} graph;
static graph *captured; /* under way */

static int run_launch(const launch *what) {
  void *arguments[MAX_WORDS];
  for (int i = 0; i < what->kernel->num_words; ++i)
    arguments[i] = (void *)&what->words[i];
  ++num_launches;
  enter();
  fake_run(what->kernel, what->blocks, what->threads, arguments);
  return leave(0);
}
int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z,
                   unsigned tx, unsigned ty, unsigned tz, unsigned shared,
                   void *on, void **arguments, void **extra) {
  CHECK_CONTEXT();
  if (!x || y != 1 || z != 1 || !tx || ty != 1 || tz != 1 || shared ||
      on != &stream || extra)
    return INVALID;
  launch what = {function, x, tx, {0}};
  for (int i = 0; i < what.kernel->num_words; ++i)
    what.words[i] = *(int64_t *)arguments[i];
  if (!captured)
    return run_launch(&what);
  captured->launches =
      realloc(captured->launches, (captured->count + 1) * sizeof(launch));
  captured->launches[captured->count++] = what;
  return 0;
}

/* --- Graphs ------------------------------------------------------------------
 */

int cuStreamBeginCapture_v2(void *on, int mode) {
  CHECK_CONTEXT();
  if (on != &stream || captured || mode != 2)
    return INVALID;
  captured = calloc(1, sizeof *captured);
  ++num_captures;
  ++graphs_left;
  return 0;
}
int cuStreamEndCapture(void *on, void **result) {
  CHECK_CONTEXT();
  if (on != &stream || !captured)
    return INVALID;
  *result = captured;
  captured = NULL;
  return 0;
}
static graph *copy_of(const graph *from) {
  graph *made = malloc(sizeof *made);
  made->count = from->count;
  made->launches = malloc((from->count + 1) * sizeof(launch));
  memcpy(made->launches, from->launches, from->count * sizeof(launch));
  return made;
}
int cuGraphInstantiateWithFlags(void **result, void *from,
                                unsigned long long flags) {
  CHECK_CONTEXT();
  *result = copy_of(from);
  ++num_graphs;
  ++graphs_left;
  return (int)flags;
}
int cuGraphExecUpdate(void *instance, void *from, void **node, int *reason) {
  CHECK_CONTEXT();
  graph *old = instance;
  const graph *new = from;
  *node = NULL;
  *reason = 1;
  if (old->count != new->count)
    return 910;
  for (int i = 0; i < old->count; ++i)
    if (old->launches[i].kernel != new->launches[i].kernel)
      return 910;
  memcpy(old->launches, new->launches, old->count * sizeof(launch));
  return *reason = 0;
}
int cuGraphLaunch(void *instance, void *on) {
  CHECK_CONTEXT();
  if (on != &stream)
    return INVALID;
  ++num_graph_launches;
  int result = 0;
  for (int i = 0; !result && i < ((graph *)instance)->count; ++i)
    result = run_launch(&((graph *)instance)->launches[i]);
  return result;
}
static int free_graph(graph *which) {
  free(which->launches);
  free(which);
  --graphs_left;
  return 0;
}
int cuGraphDestroy(void *which) { return free_graph(which); }
int cuGraphExecDestroy(void *which) { return free_graph(which); }
