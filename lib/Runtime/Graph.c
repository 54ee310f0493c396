/*===- Graph.c - the kernels of a run as one launch -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* See Graph.h. A token that a decoder adds changes sizes only, so that its
 * graph takes new arguments and is not made again. */

#include "Graph.h"
#include <stdlib.h>
#include <string.h>

int qc_graph_repeats(const qc_graph *graph, const int64_t *key, size_t words) {
  return graph->instance && graph->key && graph->key_words == words &&
         memcmp(graph->key, key, words * sizeof *key) == 0;
}

cu_result qc_graph_end_capture(qc_graph *graph, const qc_driver *driver,
                               cu_handle stream) {
  cu_handle captured = NULL, node = NULL;
  int reason = 0;
  free(graph->key);
  graph->key = NULL;
  cu_result result = driver->capture_end(stream, &captured);
  if (result)
    return result;
  if (graph->instance &&
      driver->graph_update(graph->instance, captured, &node, &reason)) {
    driver->graph_instance_free(graph->instance);
    graph->instance = NULL;
  }
  if (!graph->instance)
    result = driver->graph_instantiate(&graph->instance, captured, 0);
  if (result)
    graph->instance = NULL;
  driver->graph_free(captured);
  return result;
}

void qc_graph_remember(qc_graph *graph, const int64_t *key, size_t words) {
  free(graph->key);
  graph->key = malloc(words * sizeof *key);
  graph->key_words = words;
  if (graph->key)
    memcpy(graph->key, key, words * sizeof *key);
}

void qc_graph_free(qc_graph *graph, const qc_driver *driver) {
  if (graph->instance)
    driver->graph_instance_free(graph->instance);
  free(graph->key);
  memset(graph, 0, sizeof *graph);
}
