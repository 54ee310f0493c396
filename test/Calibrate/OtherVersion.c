/*===- OtherVersion.c - an artifact of another version -*- C -*-===*\
|*                                                                            *|
|* Part of quantc, under the Apache License v2.0 with LLVM Exceptions.        *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* The names of quantc-c/runtime.h and version 2. None but the first may be
 * called. */

int qc_abi_version(void) { return 2; }
void qc_signature_json(void) {}
void qc_model_create(void) {}
void qc_model_create_in_memory(void) {}
void qc_model_destroy(void) {}
void qc_create_error(void) {}
void qc_last_error(void) {}
void qc_set_num_threads(void) {}
void qc_set_precision(void) {}
void qc_precision(void) {}
void qc_level_name(void) {}
void qc_arena_bytes(void) {}
void qc_output_dims(void) {}
void qc_run(void) {}
void qc_state_create(void) {}
void qc_state_destroy(void) {}
void qc_state_length(void) {}
void qc_state_capacity(void) {}
void qc_state_truncate(void) {}
void qc_state_output_dims(void) {}
void qc_run_state(void) {}
void qc_set_observer(void) {}
