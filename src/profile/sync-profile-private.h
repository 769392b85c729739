/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-profile.h"
#include "sync-secret-store.h"
#include "sync-store.h"

G_BEGIN_DECLS

/* The kind of secret that a session is. */
#define SYNC_PROFILE_SESSION_SECRET "session"

struct _SyncProfile
{
  GObject parent_instance;

  SyncStore *store;         /* (owned) */
  SyncClock *clock;         /* (owned) */
  SyncSettings *settings;   /* (owned) */
  SyncSecretStore *secrets; /* (owned) */
  gboolean file_for_session; /* who opened it says that the session may be kept in a file */
  SyncManager *manager;     /* (owned) */
  SyncScheduler *scheduler; /* (owned) */
  SyncQueue *queue;         /* (owned) */
  SyncConflicts *conflicts; /* (owned) */
  SyncHistory *history;     /* (owned) */
  SyncDevices *devices;     /* (owned) */
  SyncEntities *entities;   /* (owned) */
  SyncSnapshots *snapshots; /* (owned) */
  char *id;                 /* (owned): names the profile's secrets */
  char *last_email;         /* (owned) (nullable): who is signed in, or was */
  char *cloud;              /* (owned) (nullable): the settings that the provider was made from */
  GError *cloud_error;      /* (owned) (nullable): why the configured cloud cannot be used */
  guint connecting;         /* calls under way that change the cloud's settings themselves */
  gboolean closed;
};

/* sync-profile-cloud.c */
void sync_profile_watch_settings (SyncProfile *self);
/* Makes the provider that the settings ask for, unless it is there already. */
void sync_profile_make_provider (SyncProfile *self);
/* Everything is queued anew, for a cloud that the database does not know. */
gboolean sync_profile_forget_cloud (SyncStore *store, GError **error);

/* sync-profile-session.c */
/* Reads who is signed in, if the cloud has accounts. Never fails: what is wrong is found out
 * when the cloud is used. */
void sync_profile_load_session_async (SyncProfile *self, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
void sync_profile_load_session_finish (SyncProfile *self, GAsyncResult *result);

G_END_DECLS
