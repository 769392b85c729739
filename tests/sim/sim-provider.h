/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim-cloud.h"

G_BEGIN_DECLS

typedef enum
{
  SIM_REQUEST_CONNECT,
  SIM_REQUEST_STATE,
  SIM_REQUEST_PULL,
  SIM_REQUEST_PUSH,
  SIM_REQUEST_FETCH,
  SIM_REQUEST_PUT_DEVICE,
  SIM_REQUEST_DIGEST,
} SimRequest;

/* What happens to a request. */
typedef enum
{
  SIM_FAULT_NONE,
  SIM_FAULT_REFUSED, /* it never arrives */
  SIM_FAULT_LOST,    /* it is carried out, its reply is lost */
  SIM_FAULT_TWICE,   /* it is carried out twice, the reply is that of the second time */
  SIM_FAULT_LATE,  /* a push: its sender gives up, and it arrives `much` requests later all the same
                    */
  SIM_FAULT_CUT,   /* the reply ends in the middle */
  SIM_FAULT_STALE, /* a read: answered by a replica that is `much` commits behind */
  SIM_FAULT_BUSY,  /* turned away: LATER */
  SIM_FAULT_OPEN,  /* a push: between its writes and its commit other things happen: what is said to
                      come after it */
  SIM_FAULT_HANGING, /* a push: its sender gives up, and it stays open until `much` others wanted to
                        write */
  SIM_FAULT_SCHEMA,  /* the cloud's schema is being changed */
  SIM_N_FAULTS,
} SimFault;

/* What somebody wants to be told of and asked. */
typedef struct
{
  SimFault (*before) (SimRequest request, int *much, gpointer data);
  void (*after) (SimRequest request, gpointer data);
  void (*trace) (SimRequest request,
                 GBytes *input,
                 GBytes *output,
                 const GError *error,
                 gpointer data);
  gpointer data;
} SimHooks;

#define SIM_TYPE_PROVIDER (sim_provider_get_type ())
G_DECLARE_FINAL_TYPE (SimProvider, sim_provider, SIM, PROVIDER, SyncProvider)

SyncProvider *sim_provider_new (SimCloud *cloud, const SimHooks *hooks);
void sim_provider_set_page_cap (SimProvider *provider, guint rows);
guint sim_provider_take_count (
    SimProvider *provider); /* requests since it was asked last, connecting left out */

/* Pushes that are still on their way: arrived, or dropped. */
void sim_provider_deliver_all (SimCloud *cloud);
void sim_provider_drop_all (void);

G_END_DECLS
