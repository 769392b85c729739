/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-error.h"

#include "sync-json.h"

/* The one place where an answer becomes an error. PostgREST's texts hold row contents ("Failing row
 * contains …"), so they are looked at where the code alone does not decide, and never kept. */

/* What to wait when the server's clock is behind the one that issued our token. */
#define CLOCK_RETRY_AFTER 5

typedef struct
{
  char *code;    /* (owned) (nullable) */
  char *message; /* (owned) (nullable): not to be kept */
} Fault;

static void
fault_clear (Fault *fault)
{
  g_free (fault->code);
  g_free (fault->message);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fault, fault_clear)

/* A code is a short word: anything else may be somebody's row. */
static char *
dup_code (const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;

  if (length == 0 || length > 64)
    return NULL;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '_' && text[i] != '-')
      return NULL;
  return g_strdup (text);
}

static char *
dup_member (SyncSpan object, const char *name)
{
  SyncSpan value;

  return sync_json_get_member (object, name, &value) ? sync_json_dup_string (value) : NULL;
}

/* Returns: whether the body is one JSON object */
static gboolean
get_object (const SyncHttpReply *reply, SyncSpan *object)
{
  SyncJsonReader reader;

  object->text = g_bytes_get_data (reply->body, &object->length);
  if (object->length == 0)
    return FALSE;
  sync_json_reader_init (&reader, object->text, object->length);
  return sync_json_read_value (&reader, object) && sync_json_at_end (&reader)
         && sync_json_type (*object) == SYNC_JSON_OBJECT;
}

static gboolean
is_one_of (const char *code, const char *const *list)
{
  return g_strv_contains (list, code);
}

static gboolean
is_sqlstate (const char *code)
{
  gsize i;

  for (i = 0; code[i] != '\0'; i++)
    if (!g_ascii_isdigit (code[i]) && !g_ascii_isupper (code[i]))
      return FALSE;
  return i == 5;
}

static gboolean
says (const Fault *fault, const char *text)
{
  return fault->message != NULL && strstr (fault->message, text) != NULL;
}

/* The standard reserves classes that begin with 0-4 and A-H; PostgreSQL adds those named here. What
 * is left are codes that a trigger of the cloud's owner made up: a row's fault. */
static gboolean
is_class_of_owners (const char *code)
{
  static const char *const taken[] = { "53", "54", "55", "57", "58", "XX", "P0", NULL };
  const char class[] = { code[0], code[1], '\0' };

  return ((code[0] >= '5' && code[0] <= '9') || code[0] >= 'I') && !is_one_of (class, taken);
}

static SyncError
from_sqlstate (const Fault *fault, guint status)
{
  static const char *const rows[] = { "21", "22", "23", "44", "P0", NULL };
  static const char *const later[] = { "08", "40", "53", "55", "57", "58", "XX", NULL };
  static const char *const schema[] = { "0A", "28", "3D", "3F", "42", NULL };
  const char *code = fault->code;
  const char class[] = { code[0], code[1], '\0' };

  if (g_str_equal (code, "42501"))
    return says (fault, "row-level security") ? SYNC_ERROR_ROW_REFUSED : SYNC_ERROR_SCHEMA;
  if (g_str_equal (code, "42P01") || g_str_equal (code, "42883"))
    return SYNC_ERROR_SCHEMA_MISSING;
  if (g_str_equal (code, "25006"))
    return SYNC_ERROR_STORAGE_FULL;
  if (g_str_equal (code, "57014") || g_str_equal (code, "54001"))
    return SYNC_ERROR_TOO_LARGE;
  if (g_str_equal (code, "54000") || is_one_of (class, rows))
    return SYNC_ERROR_ROW_REFUSED;
  if (is_one_of (class, later))
    return SYNC_ERROR_LATER;
  if (is_one_of (class, schema) || g_str_equal (class, "54"))
    return SYNC_ERROR_SCHEMA;
  if (is_class_of_owners (code) && status < 500)
    return SYNC_ERROR_ROW_REFUSED;
  return status >= 500 ? SYNC_ERROR_LATER : SYNC_ERROR_FAILED;
}

static SyncError
from_postgrest (const Fault *fault, guint status)
{
  static const char *const later[] = { "PGRST000", "PGRST001", "PGRST002", "PGRST003", NULL };
  static const char *const missing[] = { "PGRST205", "PGRST202", NULL };

  if (is_one_of (fault->code, later))
    return SYNC_ERROR_LATER;
  if (is_one_of (fault->code, missing))
    return SYNC_ERROR_SCHEMA_MISSING;
  if (g_str_has_prefix (fault->code, "PGRST3") && status == 401)
    return says (fault, "issued at future") || says (fault, "not yet valid") ? SYNC_ERROR_CLOCK
                                                                             : SYNC_ERROR_SIGN_IN;
  if (status >= 500)
    return SYNC_ERROR_LATER;
  if (g_str_has_prefix (fault->code, "PGRST1") || g_str_has_prefix (fault->code, "PGRST2"))
    return SYNC_ERROR_SCHEMA;
  return SYNC_ERROR_FAILED;
}

/* What the status says when the service behind the gateway did not speak, or said something new. */
static SyncError
from_status (guint status)
{
  switch (status)
    {
    case 401:
      return SYNC_ERROR_WRONG_KEY;
    case 402:
      return SYNC_ERROR_QUOTA;
    case 413:
    case 414:
    case 431:
    case 504:
    case 520:
    case 522:
    case 524:
    case 544:
      return SYNC_ERROR_TOO_LARGE;
    case 407:
    case 530:
      return SYNC_ERROR_OFFLINE;
    case 408:
    case 409:
    case 425:
    case 429:
      return SYNC_ERROR_LATER;
    case 511:
      return SYNC_ERROR_PROTOCOL;
    case 540:
      return SYNC_ERROR_PAUSED;
    default:
      return status >= 500 ? SYNC_ERROR_LATER : SYNC_ERROR_PROTOCOL;
    }
}

/* Whose rows these are was deleted while the token is good still. */
static gboolean
is_account_gone (const Fault *fault, const char *table)
{
  g_autofree char *constraint = g_strdup_printf ("\"%s_user_id_fkey\"", table);

  return g_strcmp0 (fault->code, "23503") == 0 && says (fault, constraint);
}

static SyncError
from_fault (const Fault *fault, const char *resource, guint status)
{
  SyncError code = from_status (status);

  if (fault->code == NULL)
    return code;
  if (resource != NULL && is_account_gone (fault, resource))
    return SYNC_ERROR_SIGN_IN;
  if (g_str_has_prefix (fault->code, "PGRST"))
    return from_postgrest (fault, status);
  if (is_sqlstate (fault->code))
    return from_sqlstate (fault, status);
  return code == SYNC_ERROR_PROTOCOL ? SYNC_ERROR_FAILED : code;
}

/* Returns: (transfer none) (nullable): the column of @entity, or of ours, with that name */
static const char *
find_column (const SyncEntity *entity, const char *name, gsize length)
{
  static const char *const stamps[] = { "user_id",      "deleted_at", "edited_at", "sync_version",
                                        "base_version", "device_id",  "run_id" };
  int i = sync_entity_find_cloud_column (entity, name, length);

  if (i >= 0)
    return entity->columns[i].name;
  for (guint j = 0; j < G_N_ELEMENTS (stamps); j++)
    if (strlen (stamps[j]) == length && strncmp (stamps[j], name, length) == 0)
      return stamps[j];
  return NULL;
}

/* `column notifications.title does not exist` has no quotes. */
static const char *
find_bare_column (const SyncEntity *entity, const char *message)
{
  const char *start = g_str_has_prefix (message, "column ") ? message + strlen ("column ") : NULL;
  const char *dot, *end;

  if (start == NULL || (end = strchr (start, ' ')) == NULL)
    return NULL;
  dot = memchr (start, '.', end - start);
  start = dot != NULL ? dot + 1 : start;
  return find_column (entity, start, end - start);
}

/* PostgreSQL names constraints TABLE_COLUMN_key, _check, _fkey, _idx. */
static const char *
find_constraint_column (const SyncEntity *entity, const char *name, gsize length)
{
  gsize table = strlen (entity->cloud_table);
  const char *end = name + length;

  while (end > name && *end != '_')
    end--;
  if (length <= table + 1 || strncmp (name, entity->cloud_table, table) != 0 || name[table] != '_'
      || end <= name + table + 1)
    return NULL;
  return find_column (entity, name + table + 1, end - (name + table + 1));
}

/* Only names that are columns of @entity pass, so nothing of a row can. The first quoted one is it.
 */
static const char *
find_named_column (const SyncEntity *entity, const Fault *fault)
{
  static const char *const naming[] = { "PGRST204", "42703", "23502", "428C9", NULL };
  static const char *const constraining[] = { "23505", "23514", "23503", NULL };
  gboolean constraint = is_one_of (fault->code, constraining);
  const char *start, *end;
  char quote;

  if (!constraint && !is_one_of (fault->code, naming))
    return NULL;
  quote = g_str_equal (fault->code, "PGRST204") ? '\'' : '"';
  start = fault->message;
  if (constraint)
    start = strstr (start, "constraint \"");
  start = start != NULL ? strchr (start, quote) : NULL;
  end = start != NULL ? strchr (start + 1, quote) : NULL;
  if (end == NULL)
    return constraint ? NULL : find_bare_column (entity, fault->message);
  start++;
  if (constraint)
    return find_constraint_column (entity, start, end - start);
  return find_column (entity, start, end - start);
}

static GError *
new_error (SyncError code, const Fault *fault, const SyncHttpReply *reply, const char *subject,
           gint64 now)
{
  GError *error = sync_error_new (code, subject, "HTTP status %u%s%s", reply->status,
                                  fault->code != NULL ? ", code " : "",
                                  fault->code != NULL ? fault->code : "");
  guint retry_after = sync_http_reply_get_retry_after (reply, now);

  if (code == SYNC_ERROR_CLOCK && retry_after == 0)
    retry_after = CLOCK_RETRY_AFTER;
  sync_error_set_reason (error, fault->code, reply->status);
  sync_error_set_retry_after (error, retry_after);
  return error;
}

/* A server that is compatible with PostgREST may pass PostgreSQL's words on under a code of its own. Its words for
 * these are fixed, and a row's fault must not be mistaken for a busy server, which would be asked for ever. */
static const char *
find_sqlstate (const Fault *fault)
{
  static const struct
  {
    const char *words;
    const char *sqlstate;
  } known[] = {
    { "violates check constraint", "23514" },
    { "violates not-null constraint", "23502" },
    { "violates unique constraint", "23505" },
    { "violates foreign key constraint", "23503" },
    { "violates row-level security policy", "42501" },
    { "invalid input syntax for type", "22P02" },
    { "is out of range for type", "22003" },
    { "deadlock detected", "40P01" },
    { "canceling statement due to lock timeout", "55P03" },
    { "canceling statement due to statement timeout", "57014" },
  };

  if (fault->code == NULL || is_sqlstate (fault->code) || g_str_has_prefix (fault->code, "PGRST"))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (says (fault, known[i].words))
      return known[i].sqlstate;
  return NULL;
}

/**
 * sync_supabase_error_from_rest:
 * @reply: an answer of PostgREST, or of what is before it, that is no success
 * @host: (nullable): the host, for errors that are about it
 * @resource: (nullable): the table, view or function that was asked, for the others
 * @entity: (nullable): whose rows they were
 * @now: the time, in microseconds since 1970
 *
 * Returns: (transfer full): the reaction it asks for
 */
GError *
sync_supabase_error_from_rest (const SyncHttpReply *reply, const char *host, const char *resource,
                               const SyncEntity *entity, gint64 now)
{
  g_auto (Fault) fault = { 0 };
  SyncSpan object;
  const char *sqlstate;
  SyncError code;
  GError *error;

  if (get_object (reply, &object))
    {
      g_autofree char *name = dup_member (object, "code");

      fault.code = dup_code (name);
      fault.message = dup_member (object, "message");
    }
  sqlstate = reply->status >= 500 ? find_sqlstate (&fault) : NULL;
  if (sqlstate != NULL)
    {
      g_free (fault.code);
      fault.code = g_strdup (sqlstate);
    }
  code = from_fault (&fault, resource, reply->status);
  /* Without rows there is no smaller batch: the cloud is busy, or its gateway waited for it in vain. */
  if (code == SYNC_ERROR_TOO_LARGE && entity == NULL && reply->status >= 500)
    code = SYNC_ERROR_LATER;
  error = new_error (code, &fault, reply, fault.code != NULL ? resource : host, now);
  if (entity != NULL && fault.code != NULL && fault.message != NULL)
    sync_error_set_column (error, find_named_column (entity, &fault));
  return error;
}

static char *
dup_auth_code (const SyncHttpReply *reply, SyncSpan object)
{
  static const char *const members[] = { "error_code", "code", "error" };
  const char *header = sync_http_reply_get_header (reply, "x-sb-error-code");
  char *code = dup_code (header);

  for (guint i = 0; code == NULL && object.length > 0 && i < G_N_ELEMENTS (members); i++)
    {
      g_autofree char *value = dup_member (object, members[i]);

      code = dup_code (value);
    }
  return code;
}

static SyncError
from_auth_code (const char *code, guint status)
{
  static const struct
  {
    const char *code;
    SyncError error;
  } codes[] = {
    { "invalid_credentials", SYNC_ERROR_CREDENTIALS },
    { "invalid_grant", SYNC_ERROR_CREDENTIALS },
    { "email_not_confirmed", SYNC_ERROR_CONFIRM_EMAIL },
    { "user_already_exists", SYNC_ERROR_EXISTS },
    { "email_exists", SYNC_ERROR_EXISTS },
    { "weak_password", SYNC_ERROR_WEAK_PASSWORD },
    { "email_address_invalid", SYNC_ERROR_INVALID },
    { "validation_failed", SYNC_ERROR_INVALID },
    { "refresh_token_already_used", SYNC_ERROR_SIGN_IN },
    { "refresh_token_not_found", SYNC_ERROR_SIGN_IN },
    { "session_not_found", SYNC_ERROR_SIGN_IN },
    { "session_expired", SYNC_ERROR_SIGN_IN },
    { "bad_jwt", SYNC_ERROR_SIGN_IN },
    { "no_authorization", SYNC_ERROR_SIGN_IN },
  };

  if (status >= 500 || status == 429 || status == 409 || status == 402)
    return from_status (status);
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_str_equal (codes[i].code, code))
      return codes[i].error;
  return SYNC_ERROR_FAILED;
}

/**
 * sync_supabase_error_from_auth:
 * @reply: an answer of the Auth service, or of what is before it, that is no success
 * @host: the host, for errors that are about it
 * @now: the time, in microseconds since 1970
 *
 * Returns: (transfer full): the reaction it asks for; `reason` is Auth's code
 */
GError *
sync_supabase_error_from_auth (const SyncHttpReply *reply, const char *host, gint64 now)
{
  g_auto (Fault) fault = { 0 };
  SyncSpan object;
  SyncError code;

  if (!get_object (reply, &object))
    object.length = 0;
  fault.code = dup_auth_code (reply, object);
  code = fault.code != NULL ? from_auth_code (fault.code, reply->status)
                            : from_status (reply->status);
  if (code == SYNC_ERROR_INVALID)
    host = "email";
  /* Signing in sends next to nothing: there is no smaller batch. */
  if (code == SYNC_ERROR_TOO_LARGE)
    code = SYNC_ERROR_LATER;
  return new_error (code, &fault, reply, host, now);
}

/**
 * sync_supabase_error_not_json:
 * @reply: a success that is not what was asked for
 * @host: the host
 *
 * Somebody between us and the cloud answered: the sign-in page of a hotel, say.
 *
 * Returns: (transfer full): a SYNC_ERROR_PROTOCOL
 */
GError *
sync_supabase_error_not_json (const SyncHttpReply *reply, const char *host)
{
  GError *error = sync_error_new (SYNC_ERROR_PROTOCOL, host, "The answer is not JSON");

  sync_error_set_reason (error, "not-json", reply->status);
  return error;
}

/**
 * sync_supabase_error_is_expired_token:
 * @error: (nullable): an error from [func@supabase_error_from_rest]
 *
 * Returns: whether another access token may help
 */
gboolean
sync_supabase_error_is_expired_token (const GError *error)
{
  SyncErrorDetail *detail = sync_error_get_detail (error);

  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN) && detail->status == 401
         && detail->reason != NULL && g_str_has_prefix (detail->reason, "PGRST3");
}

/**
 * sync_supabase_error_ends_session:
 * @error: (nullable): an error from [func@supabase_error_from_auth] for a refresh
 *
 * Returns: whether the session is over for good; nothing else ends one
 */
gboolean
sync_supabase_error_ends_session (const GError *error)
{
  static const char *const ends[] = { "refresh_token_already_used", "refresh_token_not_found",
                                      "session_not_found", "session_expired", NULL };
  SyncErrorDetail *detail = sync_error_get_detail (error);

  return detail != NULL && detail->status == 400 && detail->reason != NULL
         && g_strv_contains (ends, detail->reason);
}
