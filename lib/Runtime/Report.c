/*===- Report.c - what generated code tells during a run -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Faults and observations reach the model whose run is under way. Worker
 * threads report too, so the model is found through one pointer for the whole
 * library, which a lock protects: one run of a library at a time. */

#include "Internal.h"
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t run_lock = PTHREAD_MUTEX_INITIALIZER;
static qc_model *running;
static atomic_flag first_fault = ATOMIC_FLAG_INIT;

void qc_begin_run(qc_model *model) {
  pthread_mutex_lock(&run_lock);
  running = model;
  atomic_flag_clear(&first_fault);
  model->fault_code = 0;
}

void qc_end_run(void) {
  running = NULL;
  pthread_mutex_unlock(&run_lock);
}

qc_device *qc_running_device(void) { return running ? running->device : NULL; }

void qc_rt_report(int32_t code, int64_t value) {
  if (!running || atomic_flag_test_and_set(&first_fault))
    return;
  running->fault_code = code;
  running->fault_value = value;
}

int32_t qc_rt_precision(void) { return running ? running->precision : 0; }

void qc_rt_observe_rows(int64_t id, const float *data, int64_t rows,
                        int64_t cols) {
  if (running && running->observer)
    running->observer(running->observer_user, id, data, rows, cols);
}
