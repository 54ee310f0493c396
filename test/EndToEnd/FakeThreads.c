/*===- FakeThreads.c - threads of a GPU without one -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Every thread of a block has a stack of its own and runs until it waits. When
 * all lanes of a warp have come to the same operation, or all threads of a
 * block to a barrier, they go on. Operations are those of the PTX ISA. */

#include "FakeThreads.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { LANES = 32, MAX_THREADS = 1024, STACK = 64 * 1024 };
enum { READY, RUNNING, DONE, BARRIER, SHUFFLE_XOR, SHUFFLE_INDEX, MMA };

typedef struct {
  int state;
  int32_t in[10], out[4];
  jmp_buf place;
  ucontext_t start;
} fake_thread;

static fake_thread fakes[MAX_THREADS];
static char *stacks;
static jmp_buf scheduler;
static int32_t block, thread, threads;
static const kernel_entry *running;
static void **running_arguments;

int32_t fake_ctaid(void) { return block; }
int32_t fake_tid(void) { return thread; }
int32_t fake_ntid(void) { return threads; }

/* Leaves the thread until the scheduler comes back to it. */
static void wait_for(int what) {
  fake_thread *self = &fakes[thread];
  self->state = what;
  if (!_setjmp(self->place))
    _longjmp(scheduler, 1);
}

void fake_barrier(int32_t number) {
  if (number)
    abort();
  wait_for(BARRIER);
}

static int32_t shuffle(int what, int32_t mask, int32_t value, int32_t offset,
                       int32_t clamp) {
  fake_thread *self = &fakes[thread];
  if (mask != -1 || clamp != LANES - 1)
    abort();
  self->in[0] = value;
  self->in[1] = offset;
  wait_for(what);
  return self->out[0];
}
int32_t fake_shuffle_xor(int32_t mask, int32_t value, int32_t offset,
                         int32_t clamp) {
  return shuffle(SHUFFLE_XOR, mask, value, offset, clamp);
}
int32_t fake_shuffle_index(int32_t mask, int32_t value, int32_t offset,
                           int32_t clamp) {
  return shuffle(SHUFFLE_INDEX, mask, value, offset, clamp);
}

/* mma.m16n8k32 of unsigned and signed bytes: A in words 0 to 3, B in 4 and 5, C
 * in 6 to 9. */
void fake_mma(int32_t *result, const int32_t *words) {
  fake_thread *self = &fakes[thread];
  memcpy(self->in, words, sizeof self->in);
  wait_for(MMA);
  memcpy(result, self->out, sizeof self->out);
}

int32_t fake_dot(int32_t x, int32_t y, int32_t sum) {
  for (int i = 0; i < 4; ++i)
    sum += (uint8_t)(x >> 8 * i) * (int8_t)(y >> 8 * i);
  return sum;
}

/* The matrices as a whole, from and to the places that the PTX ISA gives. */
static void multiply(fake_thread *lanes) {
  int a[16][32], b[32][8];
  for (int lane = 0; lane < LANES; ++lane) {
    int group = lane / 4, number = lane % 4;
    for (int i = 0; i < 16; ++i) {
      int row = i / 4 % 2 ? group + 8 : group;
      int column = number * 4 + i % 4 + (i < 8 ? 0 : 16);
      a[row][column] = (uint8_t)(lanes[lane].in[i / 4] >> i % 4 * 8);
    }
    for (int i = 0; i < 8; ++i)
      b[number * 4 + i % 4 + (i < 4 ? 0 : 16)][group] =
          (int8_t)(lanes[lane].in[4 + i / 4] >> i % 4 * 8);
  }
  for (int lane = 0; lane < LANES; ++lane)
    for (int i = 0; i < 4; ++i) {
      int row = i < 2 ? lane / 4 : lane / 4 + 8;
      int column = lane % 4 * 2 + i % 2, sum = lanes[lane].in[6 + i];
      for (int k = 0; k < 32; ++k)
        sum += a[row][k] * b[k][column];
      lanes[lane].out[i] = sum;
    }
}

static void exchange(fake_thread *lanes) {
  if (lanes[0].state == MMA)
    multiply(lanes);
  for (int lane = 0; lane < LANES; ++lane) {
    int other = lanes[lane].in[1];
    if (lanes[0].state == SHUFFLE_XOR)
      other ^= lane;
    if (lanes[0].state != MMA)
      lanes[lane].out[0] = lanes[other & (LANES - 1)].in[0];
  }
}

/* True when `count` threads stand at the same place, of those from `first` on.
 */
static int all_at(const fake_thread *first, int count) {
  for (int i = 1; i < count; ++i)
    if (first[i].state != first[0].state)
      return 0;
  return 1;
}

static void start_thread(void) {
  running->call(running_arguments);
  fakes[thread].state = DONE;
  _longjmp(scheduler, 1);
}

static void resume(int32_t which) {
  thread = which;
  fake_thread *self = &fakes[which];
  int is_new = self->state == READY;
  self->state = RUNNING;
  if (_setjmp(scheduler))
    return;
  if (!is_new)
    _longjmp(self->place, 1);
  getcontext(&self->start);
  self->start.uc_stack.ss_sp = stacks + (size_t)which * STACK;
  self->start.uc_stack.ss_size = STACK;
  self->start.uc_link = NULL;
  makecontext(&self->start, start_thread, 0);
  setcontext(&self->start);
}

/* Lets those go on who need not wait any more; 0 when nobody can. */
static int go_on(void) {
  int moved = 0;
  if (all_at(fakes, threads) &&
      (fakes[0].state == BARRIER || fakes[0].state == READY)) {
    for (int32_t i = 0; i < threads; ++i)
      resume(i);
    return 1;
  }
  for (int32_t warp = 0; warp < threads; warp += LANES) {
    if (!all_at(&fakes[warp], LANES) || fakes[warp].state < SHUFFLE_XOR)
      continue;
    exchange(&fakes[warp]);
    for (int32_t i = warp; i < warp + LANES; ++i)
      resume(i);
    moved = 1;
  }
  return moved;
}

static void run_together(void) {
  if (!stacks)
    stacks = malloc((size_t)MAX_THREADS * STACK);
  for (int32_t i = 0; i < threads; ++i)
    fakes[i].state = READY;
  while (go_on())
    ;
  if (all_at(fakes, threads) && fakes[0].state == DONE)
    return;
  fprintf(stderr, "fake driver: threads of '%s' wait for ever\n",
          running->name);
  abort();
}

void fake_run(const kernel_entry *kernel, unsigned blocks, unsigned count,
              void **arguments) {
  running = kernel;
  running_arguments = arguments;
  threads = (int32_t)count;
  if (kernel->works_together && (count % LANES || count > MAX_THREADS))
    abort();
  for (block = 0; block < (int32_t)blocks; ++block)
    if (kernel->works_together)
      run_together();
    else
      for (thread = 0; thread < threads; ++thread)
        kernel->call(arguments);
}
