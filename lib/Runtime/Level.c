/*===- Level.c - which instruction sets this machine has -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Asks the processor and the operating system, which must save the wide
 * registers. */

#include "Internal.h"
#include <stdlib.h>
#include <string.h>

enum { GENERIC = 0, V3 = 1, V4 = 2 };

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

static int32_t detect(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return GENERIC;
  uint32_t basic = c;
  uint32_t needed =
      bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C | bit_POPCNT;
  if ((basic & needed) != needed || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
    return GENERIC;
  uint32_t v3 = bit_AVX2 | bit_BMI | bit_BMI2;
  uint64_t saved = saved_registers();
  if ((b & v3) != v3 || (saved & 0x6) != 0x6)
    return GENERIC;
  uint32_t v4 =
      bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ | bit_AVX512CD;
  if ((b & v4) != v4 || !(c & bit_AVX512VNNI) || (saved & 0xe6) != 0xe6)
    return V3;
  return V4;
}
#else
static int32_t detect(void) { return GENERIC; }
#endif

const char *qc_name_of_level(int32_t level) {
  return level == V4 ? "v4" : level == V3 ? "v3" : "generic";
}

int32_t qc_machine_level(void) {
  int32_t level = detect();
  const char *wish = getenv("QUANTC_LEVEL");
  if (!wish || !*wish)
    return level;
  for (int32_t i = GENERIC; i <= V4; ++i)
    if (strcmp(wish, qc_name_of_level(i)) == 0)
      return i < level ? i : level;
  return -1;
}

const qc_level_code *qc_code_for(const qc_entry *entry, int32_t level) {
  const qc_level_code *best = NULL;
  for (int32_t i = 0; i < entry->num_levels; ++i)
    if (entry->levels[i].level <= level)
      best = &entry->levels[i];
  return best;
}
