/*===- Graph.h - the kernels of a run as one launch -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* A CUDA graph and what it was captured for. What is launched, and when, is up
 * to Device.c. */

#ifndef QUANTC_LIB_RUNTIME_GRAPH_H
#define QUANTC_LIB_RUNTIME_GRAPH_H

#include "Driver.h"

typedef struct {
  cu_handle instance; /* or NULL */
  int64_t *key;       /* sizes and addresses of the run that it repeats */
  size_t key_words;
} qc_graph;

/* Not 0 when the graph repeats the run of this key. */
int qc_graph_repeats(const qc_graph *graph, const int64_t *key, size_t words);

/* Makes a graph of what was launched since capture_begin. One that is there
 * already gets new arguments where its kernels are the same ones. */
cu_result qc_graph_end_capture(qc_graph *graph, const qc_driver *driver,
                               cu_handle stream);

/* Keeps a copy of the key; without memory for it the next run captures again.
 */
void qc_graph_remember(qc_graph *graph, const int64_t *key, size_t words);

void qc_graph_free(qc_graph *graph, const qc_driver *driver);

#endif /* QUANTC_LIB_RUNTIME_GRAPH_H */
