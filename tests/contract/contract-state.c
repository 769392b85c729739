/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"
#include "test-provider.h"

/* What connecting, validating and the state promise; devices. */

static SyncCloudState *
get_state (SyncProvider *provider, gboolean strong)
{
  g_autoptr (GError) error = NULL;
  SyncCloudState *state = test_get_state (provider, strong, &error);

  g_assert_no_error (error);
  g_assert_nonnull (state);
  return state;
}

static void
an_empty_cloud_has_heads_of_zero (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncCloudState) state = get_state (contract->first, FALSE);
  const SyncEntity *entities[]
      = { contract->notes, contract->pairs, contract->numbers, contract->blobs };

  for (guint i = 0; i < G_N_ELEMENTS (entities); i++)
    {
      const char *table = entities[i]->cloud_table;

      g_assert_true (sync_cloud_state_has_table (state, table));
      g_assert_cmpint (sync_cloud_state_get_head (state, table), ==, 0);
      g_assert_cmpint (sync_cloud_state_get_horizon (state, table), ==, 0);
    }
  g_assert_cmpuint (state->devices->len, ==, 0);
}

static void
the_state_names_schema_epoch_user_and_time (Contract *contract, gconstpointer data)
{
  const gint64 hour = 60 * 60 * G_TIME_SPAN_SECOND;
  g_autoptr (SyncCloudState) state = get_state (contract->first, FALSE);

  g_assert_cmpint (state->schema_version, ==, SYNC_CLOUD_SCHEMA_VERSION);
  g_assert_nonnull (state->epoch);
  g_assert_cmpstr (state->epoch, !=, "");
  g_assert_nonnull (state->user);
  g_assert_cmpstr (state->user, !=, "");
  g_assert_cmpint (ABS (state->server_time - g_get_real_time ()), <, hour);
}

static void
all_clients_see_one_cloud (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncCloudState) one = get_state (contract->first, FALSE);
  g_autoptr (SyncCloudState) other = get_state (contract->second, FALSE);

  g_assert_cmpstr (one->epoch, ==, other->epoch);
  g_assert_cmpstr (one->user, ==, other->user);
  g_assert_cmpstr (sync_provider_get_name (contract->first), ==,
                   sync_provider_get_name (contract->second));
  g_assert_cmpstr (sync_provider_get_location (contract->first), ==,
                   sync_provider_get_location (contract->second));
}

static void
the_state_does_not_change_by_being_read (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncCloudState) one = NULL;
  g_autoptr (SyncCloudState) other = NULL;

  contract_put (contract->first, contract->notes, "{'id':'a'}", 0);
  one = get_state (contract->first, FALSE);
  other = get_state (contract->first, TRUE);
  g_assert_cmpstr (one->epoch, ==, other->epoch);
  g_assert_cmpint (sync_cloud_state_get_head (one, contract->notes->cloud_table), ==,
                   sync_cloud_state_get_head (other, contract->notes->cloud_table));
  g_assert_cmpint (one->server_time, <=, other->server_time);
}

static void
a_head_is_the_newest_version (Contract *contract, gconstpointer data)
{
  GString *batch = contract_batch_new ();
  g_autoptr (GPtrArray) reply = NULL;
  gint64 newest = 0;

  contract_batch_add (batch, contract->notes, "{'id':'a'}", &(ContractStamps) { 0 });
  contract_batch_add (batch, contract->notes, "{'id':'b'}", &(ContractStamps) { 0 });
  contract_batch_add (batch, contract->notes, "{'id':'c'}", &(ContractStamps) { 0 });
  reply = contract_push (contract->first, contract->notes, batch);
  g_assert_cmpuint (reply->len, ==, 3);
  for (guint i = 0; i < reply->len; i++)
    newest = MAX (newest, ((ContractRow *) g_ptr_array_index (reply, i))->version);
  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, newest);
  g_assert_cmpint (contract_head (contract->first, contract->pairs), ==, 0);
}

static void
a_head_moves_with_each_winner_only (Contract *contract, gconstpointer data)
{
  gint64 first = contract_put (contract->first, contract->notes, "{'id':'a'}", 0);
  gint64 second = contract_put (contract->first, contract->notes, "{'id':'a','title':'b'}", first);

  g_assert_cmpint (first, >, 0);
  g_assert_cmpint (second, >, first);
  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, second);
  g_assert_cmpint (contract_put (contract->first, contract->notes, "{'id':'a'}", first), ==, 0);
  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, second);
}

static void
a_strong_read_sees_what_another_client_has_just_written (Contract *contract, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *row = g_strdup_printf ("{'id':'row %u'}", i);
      gint64 version = contract_put (contract->first, contract->notes, row, 0);

      g_assert_cmpint (version, >, 0);
      g_assert_cmpint (contract_head (contract->second, contract->notes), ==, version);
    }
}

static void
connecting_again_has_no_effect (Contract *contract, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  contract_head (contract->first, contract->notes);
  g_assert_true (test_connect (contract->first, &error));
  g_assert_no_error (error);
  g_assert_true (sync_provider_get_connected (contract->first));
}

static void
a_good_configuration_validates (Contract *contract, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (test_validate (contract->first, &error));
  g_assert_no_error (error);
}

static void
usage_counts_requests_and_bytes (Contract *contract, gconstpointer data)
{
  SyncProviderUsage before, after;
  g_autoptr (GPtrArray) page = NULL;

  sync_provider_get_usage (contract->first, &before);
  contract_put (contract->first, contract->notes, "{'id':'a','title':'some title'}", 0);
  page = contract_pull_all (contract->first, contract->notes);
  sync_provider_get_usage (contract->first, &after);
  g_assert_cmpuint (after.requests, ==, before.requests + 2);
  g_assert_cmpuint (after.bytes_sent, >, before.bytes_sent + 100);
  g_assert_cmpuint (after.bytes_received, >, before.bytes_received + 100);
}

static void
put_device (SyncProvider *provider, const SyncDevice *device)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (test_put_device (provider, device, &error));
  g_assert_no_error (error);
}

static SyncDevice *
desk_new (void)
{
  SyncDevice *device = sync_device_new ("6f1c1c1e-8f0f-4a53-9d4e-0f5f0a3b7a01", "Desk");

  device->platform = g_strdup ("linux");
  device->app_version = g_strdup ("1.2.3");
  device->last_version = 42;
  return device;
}

static void
a_registered_device_is_listed (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncDevice) desk = desk_new ();
  g_autoptr (SyncCloudState) state = NULL;
  SyncDevice *listed;

  put_device (contract->first, desk);
  state = get_state (contract->second, TRUE);
  g_assert_cmpuint (state->devices->len, ==, 1);
  listed = sync_cloud_state_find_device (state, desk->id);
  g_assert_nonnull (listed);
  g_assert_cmpstr (listed->name, ==, "Desk");
  g_assert_cmpstr (listed->platform, ==, "linux");
  g_assert_cmpstr (listed->app_version, ==, "1.2.3");
  g_assert_cmpint (listed->last_sync_at, ==, G_MININT64);
  g_assert_cmpint (listed->last_version, ==, 42);
  g_assert_true (listed->active);
  g_assert_cmpint (listed->registered_at, !=, G_MININT64);
  g_assert_cmpint (ABS (listed->registered_at - state->server_time), <, G_TIME_SPAN_MINUTE);
}

static void
a_device_can_be_renamed_and_keeps_its_registration (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncDevice) desk = desk_new ();
  g_autoptr (SyncCloudState) before = NULL;
  g_autoptr (SyncCloudState) after = NULL;
  SyncDevice *listed;

  put_device (contract->first, desk);
  before = get_state (contract->first, TRUE);
  g_free (desk->name);
  desk->name = g_strdup ("The \"desk\" of 'Žofie', 日本");
  desk->last_sync_at = G_GINT64_CONSTANT (1767225600123000);
  desk->last_version = 43;
  put_device (contract->second, desk);
  after = get_state (contract->first, TRUE);
  g_assert_cmpuint (after->devices->len, ==, 1);
  listed = sync_cloud_state_find_device (after, desk->id);
  g_assert_cmpstr (listed->name, ==, "The \"desk\" of 'Žofie', 日本");
  g_assert_cmpint (listed->last_sync_at, ==, desk->last_sync_at);
  g_assert_cmpint (listed->last_version, ==, 43);
  g_assert_cmpint (listed->registered_at, ==,
                   sync_cloud_state_find_device (before, desk->id)->registered_at);
}

static void
a_revoked_device_stays_listed_as_such (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncDevice) desk = desk_new ();
  g_autoptr (SyncDevice) laptop
      = sync_device_new ("6f1c1c1e-8f0f-4a53-9d4e-0f5f0a3b7a02", "Laptop");
  g_autoptr (SyncCloudState) state = NULL;

  put_device (contract->first, desk);
  put_device (contract->second, laptop);
  desk->active = FALSE;
  put_device (contract->second, desk);
  state = get_state (contract->first, TRUE);
  g_assert_cmpuint (state->devices->len, ==, 2);
  g_assert_false (sync_cloud_state_find_device (state, desk->id)->active);
  g_assert_true (sync_cloud_state_find_device (state, laptop->id)->active);
}

static void
delete_all (SyncProvider *provider)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (test_delete_all (provider, &error));
  g_assert_no_error (error);
}

/* Tombstones too; and what is written afterwards is above everything that was there. */
static void
everything_can_be_deleted (Contract *contract, gconstpointer data)
{
  const ContractStamps buried = { .base = 0, .deleted = TRUE };
  g_autoptr (SyncCloudState) before = NULL;
  g_autoptr (SyncCloudState) after = NULL;
  g_autoptr (GPtrArray) notes = NULL;
  g_autoptr (GPtrArray) pairs = NULL;
  gint64 version;

  contract_put (contract->first, contract->notes, "{'id':'a','title':'x'}", 0);
  contract_send (contract->first, contract->notes, "{'id':'b','title':'y'}", &buried);
  version = contract_put (contract->second, contract->pairs, "{'area':'z','place':1,'value':'v'}", 0);
  before = get_state (contract->first, TRUE);
  delete_all (contract->first);
  after = get_state (contract->second, TRUE);
  g_assert_cmpstr (after->user, ==, before->user);
  g_assert_cmpstr (after->epoch, !=, before->epoch);
  g_assert_cmpint (contract_head (contract->second, contract->notes), ==, 0);
  g_assert_cmpint (contract_head (contract->second, contract->pairs), ==, 0);
  notes = contract_pull_all (contract->second, contract->notes);
  pairs = contract_pull_all (contract->second, contract->pairs);
  g_assert_cmpuint (notes->len + pairs->len, ==, 0);
  g_assert_cmpint (contract_put (contract->second, contract->notes, "{'id':'a','title':'z'}", 0), >, version);
}

/* Of the devices only what makes them stop. It can be done again, when nothing is left. */
static void
who_deletes_everything_revokes_every_device (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncDevice) desk = desk_new ();
  g_autoptr (SyncCloudState) state = NULL;
  SyncDevice *listed;

  desk->last_sync_at = G_GINT64_CONSTANT (1767225600123000);
  put_device (contract->first, desk);
  delete_all (contract->second);
  delete_all (contract->second);
  state = get_state (contract->second, TRUE);
  g_assert_cmpuint (state->devices->len, ==, 1);
  listed = sync_cloud_state_find_device (state, desk->id);
  g_assert_false (listed->active);
  g_assert_cmpstr (listed->name, ==, "");
  g_assert_null (listed->platform);
  g_assert_null (listed->app_version);
  g_assert_cmpint (listed->last_version, ==, 0);
  g_assert_cmpint (listed->last_sync_at, ==, G_MININT64);
  /* A run that was under way ends: it stays revoked. */
  put_device (contract->first, desk);
  g_clear_pointer (&state, sync_cloud_state_free);
  state = get_state (contract->first, TRUE);
  g_assert_false (sync_cloud_state_find_device (state, desk->id)->active);
  /* Whoever has read that comes back on purpose. */
  desk->last_sync_at = sync_cloud_state_find_device (state, desk->id)->last_sync_at;
  put_device (contract->first, desk);
  g_clear_pointer (&state, sync_cloud_state_free);
  state = get_state (contract->first, TRUE);
  g_assert_true (sync_cloud_state_find_device (state, desk->id)->active);
}

void
contract_add_state_rules (void)
{
  contract_add ("state/an-empty-cloud-has-heads-of-zero", an_empty_cloud_has_heads_of_zero);
  contract_add ("state/names-schema-epoch-user-and-time",
                the_state_names_schema_epoch_user_and_time);
  contract_add ("state/all-clients-see-one-cloud", all_clients_see_one_cloud);
  contract_add ("state/does-not-change-by-being-read", the_state_does_not_change_by_being_read);
  contract_add ("state/a-head-is-the-newest-version", a_head_is_the_newest_version);
  contract_add ("state/a-head-moves-with-each-winner-only", a_head_moves_with_each_winner_only);
  contract_add ("state/a-strong-read-sees-what-another-client-has-just-written",
                a_strong_read_sees_what_another_client_has_just_written);
  contract_add ("connect/again-has-no-effect", connecting_again_has_no_effect);
  contract_add ("connect/a-good-configuration-validates", a_good_configuration_validates);
  contract_add ("usage/counts-requests-and-bytes", usage_counts_requests_and_bytes);
  contract_add ("devices/a-registered-one-is-listed", a_registered_device_is_listed);
  contract_add ("devices/a-renamed-one-keeps-its-registration",
                a_device_can_be_renamed_and_keeps_its_registration);
  contract_add ("devices/a-revoked-one-stays-listed-as-such",
                a_revoked_device_stays_listed_as_such);
  contract_add ("delete-all/rows-and-tombstones-go-and-another-epoch-begins", everything_can_be_deleted);
  contract_add ("delete-all/every-device-is-revoked", who_deletes_everything_revokes_every_device);
}
