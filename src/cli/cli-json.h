/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CliJson:
 *
 * Writes one JSON text from its beginning to its end. Rows are put into it as they are, so that
 * their numbers keep every digit, which a tree of nodes would not allow.
 *
 * @name is the member's name inside an object, and %NULL inside an array.
 */
typedef struct
{
  GString *text;
  gboolean comma; /* the next value follows another one */
} CliJson;

CliJson *cli_json_new (void);
void cli_json_free (CliJson *json);

void cli_json_begin_object (CliJson *json, const char *name);
void cli_json_end_object (CliJson *json);
void cli_json_begin_array (CliJson *json, const char *name);
void cli_json_end_array (CliJson *json);

void cli_json_string (CliJson *json, const char *name, const char *value);
void cli_json_integer (CliJson *json, const char *name, gint64 value);
void cli_json_boolean (CliJson *json, const char *name, gboolean value);
void cli_json_real (CliJson *json, const char *name, double value);
void cli_json_null (CliJson *json, const char *name);
void cli_json_time (CliJson *json, const char *name, gint64 microseconds);
void cli_json_strings (CliJson *json, const char *name, const char *const *values);
void cli_json_raw (CliJson *json, const char *name, const char *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliJson, cli_json_free)

G_END_DECLS
