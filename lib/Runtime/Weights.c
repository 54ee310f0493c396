/*===- Weights.c - the stored weights of a model -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Maps the weights file and proves that it is the one that the program was
 * compiled with. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr */
#endif
#include "Internal.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PATH_BYTES 4096
#define MAX_HEADER_BYTES (100u << 20)

/* Path of `name` beside this library. */
static qc_status beside_library(const char *name, char *path, char *error) {
  Dl_info info;
  if (!dladdr((const void *)&qc_abi_version, &info) || !info.dli_fname)
    return qc_fail(error, QC_BAD_WEIGHTS,
                   "cannot tell where the library of the model is");
  const char *slash = strrchr(info.dli_fname, '/');
  int folder = slash ? (int)(slash - info.dli_fname + 1) : 0;
  int length =
      snprintf(path, MAX_PATH_BYTES, "%.*s%s", folder, info.dli_fname, name);
  if (length < 0 || length >= MAX_PATH_BYTES)
    return qc_fail(error, QC_BAD_WEIGHTS,
                   "the path of the weights file is too long");
  return QC_OK;
}

/* FNV-1a over 8-byte words. The data section is a multiple of 8 bytes long, or
 * its last word is filled with zeros. */
static uint64_t checksum(const uint8_t *data, uint64_t bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint64_t i = 0; i < bytes; i += 8) {
    uint64_t word = 0;
    memcpy(&word, data + i, bytes - i < 8 ? bytes - i : 8);
    hash = (hash ^ word) * 0x100000001b3u;
  }
  return hash;
}

static qc_status map_file(const char *path, qc_weights *weights, char *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return qc_fail(error, QC_BAD_WEIGHTS, "cannot open weights file '%s': %s",
                   path, strerror(errno));
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < 8) {
    close(file);
    return qc_fail(error, QC_BAD_WEIGHTS,
                   "weights file '%s' is no file of 8 bytes or more", path);
  }
  size_t bytes = (size_t)info.st_size;
  void *mapping = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0);
  int reason = errno;
  close(file);
  if (mapping == MAP_FAILED)
    return qc_fail(error, QC_BAD_WEIGHTS, "cannot map weights file '%s': %s",
                   path, strerror(reason));
  madvise(mapping, bytes, MADV_WILLNEED); /* a hint: its failure is none */
  weights->mapping = mapping;
  weights->mapping_bytes = bytes;
  return QC_OK;
}

/* Finds the data section behind the header. */
static qc_status find_data(const qc_program *program, const char *path,
                           qc_weights *weights, char *error) {
  uint64_t header;
  memcpy(&header, weights->mapping, sizeof header);
  if (header > MAX_HEADER_BYTES || header + 8 > weights->mapping_bytes)
    return qc_fail(
        error, QC_BAD_WEIGHTS,
        "weights file '%s' has %zu bytes and a header of %llu: it is damaged",
        path, weights->mapping_bytes, (unsigned long long)header);
  if ((header + 8) % 64 != 0)
    return qc_fail(error, QC_BAD_WEIGHTS,
                   "the data of weights file '%s' starts at byte %llu, "
                   "expected a multiple of 64: "
                   "it was not written by quantc",
                   path, (unsigned long long)header + 8);
  uint64_t bytes = weights->mapping_bytes - 8 - header;
  if (bytes != program->weights_bytes)
    return qc_fail(error, QC_BAD_WEIGHTS,
                   "weights file '%s' holds %llu bytes, the model expects "
                   "%llu: it belongs to "
                   "another compilation or is cut off",
                   path, (unsigned long long)bytes,
                   (unsigned long long)program->weights_bytes);
  weights->data = (const uint8_t *)weights->mapping + 8 + header;
  return QC_OK;
}

/* Finds the data and compares its checksum. */
static qc_status verify(const qc_program *program, const char *path,
                        int skip_checksum, qc_weights *weights, char *error) {
  qc_status status = find_data(program, path, weights, error);
  if (status == QC_OK && !skip_checksum &&
      checksum(weights->data, program->weights_bytes) !=
          program->weights_checksum)
    status = qc_fail(error, QC_BAD_WEIGHTS,
                     "the checksum of weights file '%s' is wrong: it is "
                     "damaged or belongs to "
                     "another compilation",
                     path);
  return status;
}

qc_status qc_open_weights(const qc_program *program, const char *path,
                          int skip_checksum, qc_weights *weights, char *error) {
  char beside[MAX_PATH_BYTES];
  memset(weights, 0, sizeof *weights);
  if (program->embedded_weights && !path) {
    weights->data = program->embedded_weights;
    return QC_OK;
  }
  if (!path && !program->weights_name)
    return QC_OK;
  if (!path) {
    qc_status status = beside_library(program->weights_name, beside, error);
    if (status != QC_OK)
      return status;
    path = beside;
  }
  qc_status status = map_file(path, weights, error);
  if (status == QC_OK)
    status = verify(program, path, skip_checksum, weights, error);
  if (status != QC_OK)
    qc_close_weights(weights);
  return status;
}

qc_status qc_borrow_weights(const qc_program *program, const void *data,
                            size_t bytes, int skip_checksum,
                            qc_weights *weights, char *error) {
  const char *name = "(in memory)";
  memset(weights, 0, sizeof *weights);
  if (!data || bytes < 8)
    return qc_fail(error, QC_BAD_WEIGHTS,
                   "weights file '%s' is no file of 8 bytes or more", name);
  weights->mapping = (void *)(uintptr_t)data;
  weights->mapping_bytes = bytes;
  qc_status status = verify(program, name, skip_checksum, weights, error);
  weights->mapping = NULL; /* the caller's, who gives it back */
  return status;
}

void qc_close_weights(qc_weights *weights) {
  if (weights->mapping)
    munmap(weights->mapping, weights->mapping_bytes);
  memset(weights, 0, sizeof *weights);
}
