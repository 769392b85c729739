/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  contract_add_state_rules ();
  contract_add_push_rules ();
  contract_add_pull_rules ();
  contract_add_value_rules ();
  contract_add_digest_rules ();
  contract_add_client_rules ();
  if (contract_backend.begin != NULL)
    contract_backend.begin ();
  status = g_test_run ();
  if (contract_backend.end != NULL)
    contract_backend.end ();
  return status;
}
