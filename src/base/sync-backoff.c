/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-backoff.h"

#define FIRST_MS 1000
#define CAP_MS (5 * 60 * 1000)

/* A server that asks for more patience than this is asked again all the same. */
#define MAX_RETRY_AFTER_SECONDS (60 * 60)

/**
 * sync_backoff_delay_ms:
 * @attempt: how many attempts have failed, from 1
 * @retry_after_seconds: what the other side asked for, or 0
 * @random: (nullable): spreads the clients; without it the delay is the longest possible
 *
 * How long to wait before the next attempt: 1 s after the first, twice as long after each further
 * one, at most 5 minutes, of which a random part of up to a half is left out, so that clients which
 * failed together do not come back together. Never earlier than @retry_after_seconds (an hour of
 * them at most).
 *
 * Returns: milliseconds
 */
guint
sync_backoff_delay_ms (guint attempt, guint retry_after_seconds, GRand *random)
{
  guint doublings = CLAMP (attempt, 1, 20) - 1;
  guint longest = MIN (FIRST_MS << doublings, CAP_MS);
  guint asked = MIN (retry_after_seconds, MAX_RETRY_AFTER_SECONDS) * 1000;
  guint spread = longest / 2;
  guint delay = longest;

  if (random != NULL)
    delay = longest - spread + g_rand_int_range (random, 0, spread + 1);
  if (delay >= asked)
    return delay;
  return asked + (delay - (longest - spread));
}
