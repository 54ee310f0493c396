/*===- Driver.h - the part of the CUDA driver that is used -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Functions of libcuda.so.1 by their names in the library, with the types of
 * NVIDIA's documentation of the driver API. No header of CUDA is needed. */

#ifndef QUANTC_LIB_RUNTIME_DRIVER_H
#define QUANTC_LIB_RUNTIME_DRIVER_H

#include <stddef.h>
#include <stdint.h>

typedef int cu_result; /* 0: success */
typedef int cu_device;
typedef uint64_t cu_address;
typedef void *cu_handle; /* a context, module, function or stream */

enum {
  CU_OUT_OF_MEMORY = 2,
  CU_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_COMPUTE_CAPABILITY_MINOR = 76,
  CU_CAPTURE_RELAXED = 2 /* a kernel may be loaded meanwhile */
};

/* X(field, name in the library, parameters) */
#define QC_DRIVER_FUNCTIONS(X)                                                 \
  X(init, "cuInit", (unsigned))                                                \
  X(error_string, "cuGetErrorString", (cu_result, const char **))              \
  X(device_get, "cuDeviceGet", (cu_device *, int))                             \
  X(device_attribute, "cuDeviceGetAttribute", (int *, int, cu_device))         \
  X(context_retain, "cuDevicePrimaryCtxRetain", (cu_handle *, cu_device))      \
  X(context_release, "cuDevicePrimaryCtxRelease_v2", (cu_device))              \
  X(context_push, "cuCtxPushCurrent_v2", (cu_handle))                          \
  X(context_pop, "cuCtxPopCurrent_v2", (cu_handle *))                          \
  X(module_load, "cuModuleLoadData", (cu_handle *, const void *))              \
  X(module_unload, "cuModuleUnload", (cu_handle))                              \
  X(module_function, "cuModuleGetFunction",                                    \
    (cu_handle *, cu_handle, const char *))                                    \
  X(module_global, "cuModuleGetGlobal_v2",                                     \
    (cu_address *, size_t *, cu_handle, const char *))                         \
  X(stream_create, "cuStreamCreate", (cu_handle *, unsigned))                  \
  X(stream_destroy, "cuStreamDestroy_v2", (cu_handle))                         \
  X(stream_wait, "cuStreamSynchronize", (cu_handle))                           \
  X(allocate, "cuMemAlloc_v2", (cu_address *, size_t))                         \
  X(free, "cuMemFree_v2", (cu_address))                                        \
  X(fill, "cuMemsetD8Async", (cu_address, unsigned char, size_t, cu_handle))   \
  X(to_device, "cuMemcpyHtoDAsync_v2",                                         \
    (cu_address, const void *, size_t, cu_handle))                             \
  X(to_host, "cuMemcpyDtoHAsync_v2", (void *, cu_address, size_t, cu_handle))  \
  X(inside, "cuMemcpyDtoDAsync_v2",                                            \
    (cu_address, cu_address, size_t, cu_handle))                               \
  X(launch, "cuLaunchKernel",                                                  \
    (cu_handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,    \
     unsigned, cu_handle, void **, void **))

/* The same of graphs, which CUDA 11.4 and later have. */
#define QC_GRAPH_FUNCTIONS(X)                                                  \
  X(capture_begin, "cuStreamBeginCapture_v2", (cu_handle, int))                \
  X(capture_end, "cuStreamEndCapture", (cu_handle, cu_handle *))               \
  X(graph_instantiate, "cuGraphInstantiateWithFlags",                          \
    (cu_handle *, cu_handle, unsigned long long))                              \
  X(graph_update, "cuGraphExecUpdate",                                         \
    (cu_handle, cu_handle, cu_handle *, int *))                                \
  X(graph_launch, "cuGraphLaunch", (cu_handle, cu_handle))                     \
  X(graph_free, "cuGraphDestroy", (cu_handle))                                 \
  X(graph_instance_free, "cuGraphExecDestroy", (cu_handle))

typedef struct {
  void *library;
#define QC_DECLARE(field, name, parameters) cu_result(*field) parameters;
  QC_DRIVER_FUNCTIONS(QC_DECLARE)
  QC_GRAPH_FUNCTIONS(QC_DECLARE)
#undef QC_DECLARE
} qc_driver;

#endif /* QUANTC_LIB_RUNTIME_DRIVER_H */
