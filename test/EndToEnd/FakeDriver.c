/*===- FakeDriver.c - a CUDA driver without a GPU -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Stands in for libcuda.so.1 in cuda-driver.py, which links it with the kernels
 * of a model, compiled for the CPU. Memory of the GPU is out of reach outside
 * of its functions, so that a host that reads or writes it dies. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FAILED = 999, INVALID = 1, MAX_BLOCKS = 4096 };

typedef struct {
  const char *name;
  void (*call)(void **arguments);
} kernel_entry;
/* Written by cuda-driver.py. */
extern const kernel_entry fake_kernels[];
extern const int fake_num_kernels;

typedef struct {
  char *start;
  size_t bytes, mapped;
} allocation;
static allocation memory[MAX_BLOCKS];
static int num_allocations, depth, num_launches, context, stream, module;
static int32_t block, thread, threads;
static struct {
  int64_t code, value;
} *fault;

int32_t fake_ctaid(void) { return block; }
int32_t fake_tid(void) { return thread; }
int32_t fake_ntid(void) { return threads; }

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
  enter();
  memcpy((void *)to, from, bytes);
  return leave(0);
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *on) {
  CHECK_CONTEXT();
  if (on != &stream || !is_device(from, bytes) ||
      is_device((uint64_t)to, bytes))
    return INVALID;
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
int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z,
                   unsigned tx, unsigned ty, unsigned tz, unsigned shared,
                   void *on, void **arguments, void **extra) {
  CHECK_CONTEXT();
  if (!x || y != 1 || z != 1 || !tx || ty != 1 || tz != 1 || shared ||
      on != &stream || extra)
    return INVALID;
  ++num_launches;
  threads = (int32_t)tx;
  enter();
  for (block = 0; block < (int32_t)x; ++block)
    for (thread = 0; thread < threads; ++thread)
      ((const kernel_entry *)function)->call(arguments);
  return leave(0);
}
