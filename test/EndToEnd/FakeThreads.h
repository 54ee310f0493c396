/*===- FakeThreads.h - threads of a GPU without one -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* What FakeDriver.c runs launches with, and what kernels find in place of
 * NVVM's registers and operations. */

#ifndef QUANTC_TEST_ENDTOEND_FAKETHREADS_H
#define QUANTC_TEST_ENDTOEND_FAKETHREADS_H

#include <stdint.h>

enum { MAX_WORDS = 512 };

typedef struct {
  const char *name;
  void (*call)(void **arguments);
  int num_words;
  int works_together; /* its threads wait for each other */
} kernel_entry;

/* Runs a grid. The process ends with a message when threads wait for others
 * that never come. */
void fake_run(const kernel_entry *kernel, unsigned blocks, unsigned threads,
              void **arguments);

#endif /* QUANTC_TEST_ENDTOEND_FAKETHREADS_H */
