/*===- Model.c - models and what can be asked about them -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Creation, options and error texts. Running is in Call.c. */

#include "Device.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char create_error[QC_MAX_ERROR];

qc_status qc_fail(char *buffer, qc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(buffer, QC_MAX_ERROR, format, arguments);
  va_end(arguments);
  return status;
}

int32_t qc_abi_version(void) { return (int32_t)QC_PROGRAM_ABI; }

const char *qc_signature_json(void) { return qc_the_program.signature_json; }

const char *qc_create_error(void) { return create_error; }

static qc_status check_program(int32_t level) {
  const qc_program *program = &qc_the_program;
  if (level < 0)
    return qc_fail(create_error, QC_BAD_ARGUMENT,
                   "QUANTC_LEVEL names no level, expected generic, v3 or v4");
  if (program->magic != QC_PROGRAM_MAGIC ||
      program->abi_version != QC_PROGRAM_ABI)
    return qc_fail(create_error, QC_BAD_ARGUMENT,
                   "the library holds no program of version %u",
                   QC_PROGRAM_ABI);
  for (int32_t i = 0; i < program->num_entries; ++i)
    if (!qc_code_for(&program->entries[i], level))
      return qc_fail(create_error, QC_BAD_ARGUMENT,
                     "the model was not compiled for this machine, which runs "
                     "level %s: compile "
                     "it with a lower --target",
                     qc_name_of_level(level));
  return QC_OK;
}

/* A model without its weights, or NULL. */
static qc_status make_model(const qc_options *options, qc_model **model) {
  create_error[0] = 0;
  if (!model)
    return qc_fail(create_error, QC_BAD_ARGUMENT,
                   "the place for the model is NULL");
  *model = NULL;
  int32_t level = qc_machine_level();
  qc_status status = check_program(level);
  if (status != QC_OK)
    return status;
  qc_model *made = calloc(1, sizeof *made);
  if (!made)
    return qc_fail(create_error, QC_NO_MEMORY, "no memory for a model");
  made->level = level;
  if (qc_the_program.num_precisions)
    made->precision = qc_the_program.precisions[0];
  made->num_threads =
      options && options->num_threads > 0 ? options->num_threads : 0;
  if (qc_the_program.num_images)
    status = qc_open_device(&qc_the_program, &made->device, create_error);
  *model = made;
  return status;
}

/* Takes the model back when it cannot run. */
static qc_status finish_model(qc_status status, qc_model **model) {
  if (status == QC_OK && (*model)->device)
    status = qc_upload_weights((*model)->device, (*model)->weights.data,
                               qc_the_program.weights_bytes, create_error);
  if (status != QC_OK && model) {
    qc_model_destroy(*model);
    *model = NULL;
  }
  return status;
}

qc_status qc_model_create(const char *weights_path, const qc_options *options,
                          qc_model **model) {
  qc_status status = make_model(options, model);
  if (status != QC_OK)
    return finish_model(status, model);
  status = qc_open_weights(&qc_the_program, weights_path,
                           options && options->skip_checksum,
                           &(*model)->weights, create_error);
  return finish_model(status, model);
}

qc_status qc_model_create_in_memory(const void *weights, size_t bytes,
                                    const qc_options *options,
                                    qc_model **model) {
  qc_status status = make_model(options, model);
  if (status != QC_OK)
    return finish_model(status, model);
  status = qc_borrow_weights(&qc_the_program, weights, bytes,
                             options && options->skip_checksum,
                             &(*model)->weights, create_error);
  return finish_model(status, model);
}

void qc_model_destroy(qc_model *model) {
  if (!model)
    return;
  qc_close_weights(&model->weights);
  qc_close_device(model->device);
  free(model->arena);
  free(model);
}

const char *qc_last_error(const qc_model *model) { return model->error; }

qc_status qc_set_num_threads(qc_model *model, int32_t num_threads) {
  if (num_threads < 0)
    return qc_fail(model->error, QC_BAD_ARGUMENT, "%d is no number of threads",
                   num_threads);
  model->num_threads = num_threads;
  return QC_OK;
}

/* "8, 4 or 2" */
static void list_precisions(char *text, size_t room) {
  int32_t count = qc_the_program.num_precisions;
  size_t used = 0;
  text[0] = 0;
  for (int32_t i = 0; i < count && used < room; ++i) {
    const char *between = i == 0 ? "" : i + 1 == count ? " or " : ", ";
    used += (size_t)snprintf(text + used, room - used, "%s%d", between,
                             qc_the_program.precisions[i]);
  }
}

qc_status qc_set_precision(qc_model *model, int32_t bits) {
  char known[64];
  for (int32_t i = 0; i < qc_the_program.num_precisions; ++i)
    if (qc_the_program.precisions[i] == bits) {
      model->precision = bits;
      return QC_OK;
    }
  if (!qc_the_program.num_precisions)
    return qc_fail(model->error, QC_BAD_ARGUMENT,
                   "the model has no weights in planes, so that no precision "
                   "can be chosen");
  list_precisions(known, sizeof known);
  return qc_fail(model->error, QC_BAD_ARGUMENT,
                 "weights cannot be read at %d bits, expected %s", bits, known);
}

int32_t qc_precision(const qc_model *model) { return model->precision; }

qc_status qc_use_graphs(qc_model *model, int32_t on) {
  if (!model->device)
    return qc_fail(model->error, QC_NO_DEVICE,
                   "the model runs on the CPU, which has no graphs");
  return qc_device_use_graphs(model->device, on, model->error);
}

const char *qc_level_name(const qc_model *model) {
  if (model->device)
    return "cuda";
  const qc_entry *entry =
      qc_the_program.num_entries ? &qc_the_program.entries[0] : NULL;
  const qc_level_code *code = entry ? qc_code_for(entry, model->level) : NULL;
  return qc_name_of_level(code ? code->level : 0);
}

size_t qc_arena_bytes(const qc_model *model) { return model->arena_bytes; }

void qc_set_observer(qc_model *model, qc_observer observer, void *user) {
  model->observer = observer;
  model->observer_user = user;
}

const qc_entry *qc_find_entry(qc_model *model, const char *name) {
  for (int32_t i = 0; i < qc_the_program.num_entries; ++i)
    if (name && strcmp(qc_the_program.entries[i].name, name) == 0)
      return &qc_the_program.entries[i];
  qc_fail(model->error, QC_BAD_ARGUMENT, "the model has no entry '%s'",
          name ? name : "(NULL)");
  return NULL;
}
